"""The whole product as people use it: the real demo, a real browser. All in one file, because a demo takes a minute."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from tests.browser.demo import Demo, steps
from tests.browser.soundness import Watch

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SignIn = Callable[..., Page]
LANGUAGES = ("zh-hans", "en")
LINE = "410105-WW-0001"
WORST_FIRST = ("finding", "warn", "unknown", "exempt", "info", "pass")


def address_of_line(page: Page, number: str) -> str:
    page.goto(f"/lines/?q={number}")
    return href(page, "[data-rows] a.b")


def href(page: Page, selector: str) -> str:
    found = page.locator(selector).first.get_attribute("href")
    assert found, selector
    return found


def menu_of(page: Page) -> list[str]:
    page.goto("/")
    return [link.get_attribute("href") or "" for link in page.locator("nav.side a.nav-a, nav.hall-nav a").all()]


def describe(page: Page, line: str, text: str, reason: str) -> None:
    """Write a line's description by its form."""
    page.goto(f"{line}edit/")
    page.fill("input[name=description]", text)
    page.fill("textarea[name=change_reason]", reason)
    page.click("button[name=save]")
    page.wait_for_url(f"**{line}")


# Every page


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("account", ["engineer", "secadmin", "department"])
def test_every_page_of_the_menu_is_sound(sign_in: SignIn, account: str, language: str) -> None:
    page = sign_in(account, language=language)
    watch = Watch(page, language)
    addresses = menu_of(page)
    assert len(addresses) > 5
    for address in addresses:
        watch.look_at(address)
    assert not watch.problems, "\n".join(watch.problems)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_of_page_is_sound(sign_in: SignIn, language: str) -> None:
    page = sign_in("engineer", language=language)
    page.goto("/lines/")
    line = href(page, "[data-rows] a.b")
    free = address_of_line(page, "410105-WW-0005")
    page.goto("/devices/states/?state=up")
    device = href(page, "[data-rows] a.b")
    page.goto("/findings/")
    finding = href(page, "[data-rows] a.b")
    watch = Watch(page, language)
    for address in (
        line,
        f"{line}edit/",
        f"{line}history/",
        f"{line}delete/",
        "/circuits/circuits/add/",
        "/circuits/circuits/import/",
        "/rings/1/",
        device,
        finding,
        "/coverage/?tier=township",
        "/lines/?q=no+such+line",
        "/search/?q=410105",
        "/account/",
    ):
        watch.look_at(address)
    # A line that nothing holds: here the deletion asks for a reason, where the one above is refused.
    watch.look_at(f"{free}delete/")
    expect(page.locator("textarea[name=change_reason]")).to_be_visible()
    watch.look_at("/circuits/circuits/999999/", status=404)
    watch.look_at("/no-such-page/", status=404)
    assert not watch.problems, "\n".join(watch.problems)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_log_in_page_is_sound(open_browser: Callable[..., Page], language: str) -> None:
    watch = Watch(open_browser(language=language), language)
    watch.look_at("/login/")
    assert not watch.problems, "\n".join(watch.problems)


# The job


def test_a_broken_line_becomes_a_finding_and_closes_on_evidence(sign_in: SignIn, demo: Demo) -> None:
    page = sign_in("engineer", language="en")
    page.goto("/lines/")
    chips = page.locator("[data-rows] td:first-child .v").evaluate_all("all => all.map((e) => e.className)")
    ranks = [WORST_FIRST.index(re.findall(r"v-(\w+)", chip)[0]) for chip in chips]
    assert ranks == sorted(ranks)
    assert ranks[0] == 0
    line = address_of_line(page, LINE)
    row = page.locator("[data-rows] tr")
    expect(row.locator(".v-pass")).to_have_count(1)

    demo.manage("simulate", "--down", LINE)
    demo.observe()
    page.goto(f"/lines/?q={LINE}")
    expect(row).to_have_count(1)
    expect(row.locator(".v-finding")).to_have_count(1)
    expect(row.locator(".rule-id")).to_have_text("P02")

    row.locator("a.b").click()
    page.wait_for_url(f"**{line}")
    rule = page.locator("details.rule", has=page.locator(".rule-id", has_text="P02"))
    expect(rule).to_have_attribute("open", "")
    expect(rule.locator("summary .v-finding")).to_be_visible()
    expect(rule.locator(".body .evi").nth(1)).to_contain_text("down")
    expect(rule.locator(".clause, .body").first).to_be_visible()

    page.goto(f"/findings/?q={LINE}")
    expect(page.locator("[data-rows] tr").first).to_contain_text("P02")
    finding = href(page, "[data-rows] a.b")
    page.goto(finding)
    expect(page.locator(".banner.finding")).to_contain_text("down")

    demo.manage("simulate", "--up", LINE)
    demo.observe()
    page.goto(finding)
    expect(page.locator(".banner.pass")).to_contain_text("by evidence")
    closed_by = page.locator("section", has=page.get_by_role("heading", name="Closed by"))
    expect(closed_by.locator(".evi").first).to_contain_text("up")
    page.goto(f"/lines/?q={LINE}")
    expect(row.locator(".v-pass")).to_have_count(1)


def test_a_department_sees_its_own_lines_alone(sign_in: SignIn) -> None:
    engineer = sign_in("engineer", language="en")
    foreign = address_of_line(engineer, LINE)
    page = sign_in("department", language="en")
    expect(page.locator(".hall-hero h1")).to_have_text("郑州市自然资源和规划局")
    expect(page.locator("nav.side")).to_have_count(0)
    page.goto("/lines/")
    names = page.locator("[data-rows] a.b").all_inner_texts()
    assert names
    assert set(names) == {"市自然资源和规划局"}
    answer = page.goto(foreign)
    assert answer is not None
    assert answer.status == 404


def test_the_board_is_filtered_by_a_department_that_is_suggested(sign_in: SignIn) -> None:
    page = sign_in("engineer", language="en")
    page.goto("/lines/")
    page.locator("details.pop-l > summary").click()
    box = page.get_by_label("Department", exact=True)
    box.press_sequentially("水利")
    options = page.locator("datalist option")
    expect(options.first).to_be_attached()
    offered = options.evaluate_all("all => all.map((e) => e.value)")
    assert offered
    assert all("水利" in name for name in offered)
    box.fill(offered[0])
    page.get_by_role("button", name="Apply filters").click()
    page.wait_for_url("**/lines/?*tenant=*")
    expect(page.locator(".chip.on")).to_contain_text(offered[0])
    shown = page.locator("[data-rows] a.b").all_inner_texts()
    assert shown
    assert all("水利" in name for name in shown)
    assert "network=" not in page.url, "empty conditions are left out of the address"


def test_an_edit_stands_in_the_history_with_its_difference_and_reason(sign_in: SignIn) -> None:
    page = sign_in("engineer", language="en")
    line = address_of_line(page, "410105-WW-0002")
    describe(page, line, "moved to the second floor", "the office moved")
    expect(page.locator(".banner.info")).to_contain_text("Saved")
    page.goto(f"{line}history/")
    latest = page.locator("article.change").first
    expect(latest.locator(".why")).to_contain_text("the office moved")
    row = latest.locator("tr", has=page.get_by_role("rowheader", name="Description"))
    expect(row.locator("td").nth(0)).to_have_text("示例数据")
    expect(row.locator("td").nth(1)).to_have_text("moved to the second floor")


def test_a_stale_save_is_refused_and_shows_both_values(sign_in: SignIn) -> None:
    first = sign_in("engineer", language="en")
    line = address_of_line(first, "410105-WW-0003")
    first.goto(f"{line}edit/")
    second = first.context.new_page()
    describe(second, line, "written first", "first")
    first.fill("input[name=description]", "written second")
    with first.expect_response(lambda answer: answer.url.endswith("/edit/")) as said:
        first.click("button[name=save]")
    assert said.value.status == 409
    stale = first.locator("section.stale")
    expect(stale.get_by_role("row", name="Description")).to_contain_text("written second")
    expect(stale.get_by_role("row", name="Description")).to_contain_text("written first")
    stale.get_by_label("written second").check()
    first.click("button[name=save]")
    first.wait_for_url(f"**{line}")
    first.goto(f"{line}edit/")
    expect(first.locator("input[name=description]")).to_have_value("written second")


def test_an_import_with_a_wrong_row_says_where_and_writes_nothing(sign_in: SignIn, tmp_path: Path) -> None:
    page = sign_in("engineer", language="en")
    sheet = tmp_path / "carriers.csv"

    def check(second_slug: str) -> None:
        sheet.write_text(f"name,slug\nCarrier one,carrier-one\nCarrier two,{second_slug}\n", encoding="utf-8")
        page.goto("/circuits/providers/import/")
        page.set_input_files("input[name=file]", sheet)
        page.click("button[name=check]")

    def written() -> int:
        page.goto("/circuits/providers/?q=Carrier")
        return page.locator("[data-rows] tr").count()

    check("not a slug!")
    row = page.locator("#rows tbody tr")
    expect(row).to_have_count(1)
    expect(row.locator("td").nth(0)).to_have_text("3")
    expect(row.locator(".err")).to_contain_text("slug")
    expect(row.locator("td.diff")).to_have_text("not a slug!")
    expect(page.locator(".banner.finding")).to_contain_text("1 row is wrong")
    expect(page.locator("button[name=write]")).to_have_count(0)
    assert written() == 0

    check("carrier-two")
    page.fill("textarea[name=change_reason]", "two new carriers")
    page.click("button[name=write]")
    expect(page.locator(".empty h2")).to_contain_text("Added 2")
    assert written() == 2


def test_the_exported_board_has_as_many_rows_as_lines(sign_in: SignIn, tmp_path: Path) -> None:
    page = sign_in("engineer", language="en")
    page.goto("/lines/")
    lines = int(page.locator(".vswitch a b").first.inner_text())
    with page.expect_download() as download:
        page.get_by_role("link", name="Export .xlsx").click()
    path = tmp_path / "board.xlsx"
    download.value.save_as(path)
    sheet = load_workbook(path, read_only=True).worksheets[0]
    rows = [row for row in sheet.iter_rows(values_only=True) if any(row)]
    assert len(rows) == lines + 1, "one row of headings"


# Language, keyboard, no JavaScript


def test_the_chosen_language_stays_on_the_page_and_survives(sign_in: SignIn) -> None:
    page = sign_in("engineer")
    page.goto("/lines/?verdict=FINDING")
    expect(page.locator("h1")).to_have_text("线路核查")
    page.locator(".top > .lang").get_by_role("button", name="English").click()
    expect(page.locator("h1")).to_have_text("Line audit")
    assert page.url.endswith("/lines/?verdict=FINDING")
    page.goto("/findings/")
    expect(page.locator("h1")).to_have_text("Findings")
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_both_languages_can_be_chosen_in_the_hall(sign_in: SignIn) -> None:
    page = sign_in("department")
    for width in (1440, 1024, 390):
        page.set_viewport_size({"width": width, "height": 900})
        for name in ("中文", "English"):
            expect(page.locator(".hall-top .lang").get_by_role("button", name=name)).to_be_in_viewport(ratio=1)


def test_a_slash_goes_to_the_search_box(sign_in: SignIn) -> None:
    page = sign_in("engineer", language="en")
    page.keyboard.press("/")
    expect(page.get_by_label("Search everything")).to_be_focused()
    page.keyboard.type(LINE)
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/?q=*")
    expect(page.locator(".hits a.b").first).to_contain_text(LINE)


def test_pages_work_without_javascript(sign_in: SignIn) -> None:
    page = sign_in("engineer", language="en", java_script_enabled=False)
    page.goto("/lines/")
    page.locator("details.pop-l > summary").click()
    page.get_by_label("Department", exact=True).fill("郑州市水利局")
    page.get_by_role("button", name="Apply filters").click()
    rows = page.locator("[data-rows] a.b")
    expect(rows.first).to_contain_text("水利局")
    rows.first.click()
    expect(page.get_by_role("heading", name="Three ledgers")).to_be_visible()


# The process: these come last, because they stop the demo


def test_a_second_demo_on_the_same_port_is_refused(demo: Demo, tmp_path: Path) -> None:
    refused = demo.start_another(tmp_path / "other")
    assert refused.returncode != 0
    assert re.search(r"Port \d+/tcp, \d+/udp is in use\. Choose another one", refused.stderr)
    assert "Traceback" not in refused.stderr
    assert demo.is_running


def test_a_second_start_is_short_and_keeps_what_was_written(sign_in: SignIn, demo: Demo) -> None:
    page = sign_in("engineer", language="en")
    line = address_of_line(page, "410105-WW-0004")
    describe(page, line, "written before the stop", "to see that it stays")
    first = demo.said()
    demo.stop()
    second = demo.start()
    assert "载入示例城市" in first
    assert "载入示例城市" not in second
    assert steps(second) <= steps(first) - 3
    page = sign_in("engineer", language="en")
    page.goto(f"{line}edit/")
    expect(page.locator("input[name=description]")).to_have_value("written before the stop")
