"""The pages that people audit lines on: what they show, to whom, and at what cost."""

from __future__ import annotations

import datetime as dt
import html
import io
import json
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse
from django.utils import timezone, translation
from openpyxl import load_workbook

from collectors.models import PortRateDay, PortRateHour, Target
from collectors.ports import normal_port_name
from collectors.series import Step, series_store
from compliance.models import Finding, LineVerdict
from compliance.services import load_policy
from compliance.web import maps, menu, recheck
from compliance.web.figures import bandwidth, lasting
from compliance.web.panels import CIRCUIT_PANELS, DEVICE_PANELS, FINDING_PANELS
from compliance.web.recheck import Recheck, RecheckView
from compliance.web.ring_pictures import cut_off
from inventory.models import CircuitTermination, ClassifiedCount, Device, Egress, Location, Region, Tenant
from kernel.ports import ports
from kernel.registry import registry
from kernel.web_addresses import WebAddress
from tests.compliance.world import World, saved, verdict
from tests.servers import free_port

pytestmark = pytest.mark.django_db(databases="__all__")
BOARD_QUERIES = 15
ALL = ("*",)
DEPARTMENT = (
    "circuits.view_*",
    "compliance.view_board",
    "compliance.view_finding",
    "tenancy.view_tenant",
    "network.view_network",
    "dcim.view_device",
    "dcim.view_interface",
)


@pytest.fixture(autouse=True)
def _english(client: Client) -> Any:
    client.cookies["django_language"] = "en"
    with translation.override("en"):
        yield


@pytest.fixture
def world(db: None) -> World:
    load_policy(actor=None)
    made = World()
    made.now = timezone.now().replace(microsecond=0)
    return made


def slow_line(world: World, **values: Any) -> Any:
    """A line whose port runs at a tenth of what is declared, seen twice and judged."""
    line, near, far = world.bound_line(**values)
    for _ in range(2):
        world.see(near, speed=10)
        world.see(far, speed=1000)
        world.later(seconds=30)
    world.join(near, far)
    world.judge()
    return line, near, far


def other_tenant(world: World, code: str = "410122") -> tuple[Tenant, Region]:
    region = world.county(code)
    return saved(Tenant(name=f"Bureau of {code}", slug=f"b-{code}", region=region)), region


def text_of(answer: Any) -> str:
    assert answer.status_code == 200, answer.content[:400]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_panels_are_on_the_pages_of_their_models() -> None:
    by_type = {"circuits.circuit": CIRCUIT_PANELS, "dcim.device": DEVICE_PANELS, "compliance.finding": FINDING_PANELS}
    for object_type, panels in by_type.items():
        spec = registry.by_type(object_type)
        assert spec is not None
        assert spec.panels == panels


# Board


def test_the_board_lists_the_worst_line_first_and_says_what_is_wrong(client: Client, login: Any, world: World) -> None:
    good, near, far = world.bound_line()
    world.see(near)
    world.see(far)
    world.join(near, far)
    bad, _near, _far = slow_line(world)
    login(*ALL)
    answer = client.get(reverse("board"))
    assert [row.line.pk for row in answer.context["rows"]] == [bad.pk, good.pk]
    shown = text_of(answer)
    assert "runs at 10M, 90M below the 100M declared" in shown
    assert answer.context["rows"][0].observed_tone == "diff"
    assert answer.context["rows"][1].observed_tone == ""


def test_the_counts_of_the_switch_add_up_and_each_leads_to_as_many_lines(
    client: Client, login: Any, world: World
) -> None:
    slow_line(world)
    world.line()
    world.line(status="planned")
    world.judge()
    login(*ALL)
    tabs = client.get(reverse("board")).context["switch"]
    assert tabs[0]["count"] == sum(tab["count"] for tab in tabs[1:]) == 3
    for tab in tabs:
        assert client.get(reverse("board") + tab["url"]).context["pager"]["total"] == tab["count"], tab["code"]


def test_a_line_that_nobody_judged_is_unknown_and_never_passes(client: Client, login: Any, world: World) -> None:
    world.line()
    login(*ALL)
    answer = client.get(reverse("board"))
    assert [row.verdict for row in answer.context["rows"]] == ["UNKNOWN"]
    assert answer.context["rows"][0].observed == ""


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("rule=T01", {"slow"}),
        ("proof=both", {"slow"}),
        ("proof=none", {"other"}),
        ("region=410122000000", {"other"}),
        ("region=410105000000", {"slow"}),
        ("tier=county", {"other"}),
        ("status=planned", {"other"}),
        ("q=county", {"other"}),
        ("verdict=FINDING&verdict=WARN", {"slow"}),
        ("verdict=nonsense&network=x&tenant=%00", {"slow", "other"}),
        ("q=%00", {"slow", "other"}),
        ("page=999", {"slow", "other"}),
        ("sort=nonsense", {"slow", "other"}),
    ],
)
def test_the_board_is_narrowed_by_each_condition(
    client: Client, login: Any, world: World, query: str, found: set[str]
) -> None:
    slow, _near, _far = slow_line(world)
    tenant, region = other_tenant(world)
    tenant.name, tenant.tier = "A county bureau", "county"
    saved(tenant)
    other = world.line(tenant=tenant, region=region, status="planned")
    world.judge()
    login(*ALL)
    rows = client.get(f"{reverse('board')}?{query}").context["rows"]
    assert {row.line.pk for row in rows} == {{"slow": slow.pk, "other": other.pk}[name] for name in found}


def test_the_board_costs_the_same_for_2_lines_and_for_40(client: Client, login: Any, world: World) -> None:
    slow_line(world)
    world.bound_line()
    login(*ALL)
    with CaptureQueriesContext(connection) as few:
        client.get(reverse("board"))
    for _ in range(40):
        world.bound_line()
    world.judge()
    with CaptureQueriesContext(connection) as many:
        assert len(client.get(reverse("board")).context["rows"]) == 42
    assert len(many) == len(few)
    assert len(many) <= BOARD_QUERIES


def test_the_sheet_holds_every_line_of_the_filter_in_plain_words(client: Client, login: Any, world: World) -> None:
    line, _near, _far = slow_line(world)
    world.line()
    login(*ALL)
    answer = client.get(reverse("board") + "?verdict=FINDING&export=xlsx")
    rows = list(load_workbook(io.BytesIO(answer.content)).active.iter_rows(values_only=True))
    assert len(rows) == 2
    shown = dict(zip(rows[0], rows[1], strict=True))
    assert shown["Verdict"] == "Finding"
    assert shown["Line number"] == line.line_no
    assert "90M below" in shown["What is wrong"]
    assert shown["Recorded, Mbit/s"] == 100
    assert shown["Observed port, Mbit/s"] == 10


@pytest.mark.parametrize("name", ["board", "rings", "findings", "rules", "roles", "device-states", "coverage"])
def test_a_page_wants_its_own_permission(client: Client, login: Any, world: World, name: str) -> None:
    assert client.get(reverse(name)).status_code == 302
    login()
    assert client.get(reverse(name)).status_code == 403
    login(*ALL)
    assert client.get(reverse(name)).status_code == 200


# Scope


def test_a_department_sees_its_own_lines_and_nothing_else(client: Client, login: Any, world: World) -> None:
    own, _near, _far = slow_line(world)
    tenant, region = other_tenant(world)
    foreign, _near, _far = slow_line(world, tenant=tenant, region=region)
    finding = Finding.objects.get(circuit=foreign)
    login(*DEPARTMENT, tenant=world.tenant)
    assert [row.line.pk for row in client.get(reverse("board")).context["rows"]] == [own.pk]
    sheet = client.get(reverse("board") + "?export=xlsx")
    lines = [row[4].value for row in load_workbook(io.BytesIO(sheet.content)).active.iter_rows(min_row=2)]
    assert lines == [own.line_no]
    assert [row["finding"].circuit_id for row in client.get(reverse("findings")).context["rows"]] == [own.pk]
    assert client.get(reverse("finding", args=[finding.pk])).status_code == 404
    assert client.get(reverse("circuits-circuit-detail", args=[foreign.pk])).status_code == 404
    home = client.get(reverse("home"))
    assert "compliance/home_department.html" in [template.name for template in home.templates]
    assert foreign.line_no not in text_of(home)
    assert own.line_no in text_of(home)
    assert client.get(reverse("rings")).status_code == 403


def test_a_county_operator_gets_the_overview_of_the_county_alone(client: Client, login: Any, world: World) -> None:
    slow_line(world)
    tenant, region = other_tenant(world)
    slow_line(world, tenant=tenant, region=region)
    world.line(tenant=tenant, region=region, install_date=timezone.localdate())
    world.judge()
    login(*DEPARTMENT, "dcim.view_*", "network.view_*", region=region)
    home = client.get(reverse("home")).context
    assert home["counts"]["FINDING"] == 1
    assert home["total"]["lines"] == 2
    assert {row["code"]: row["lines"] for row in home["divisions"] if row["lines"]} == {region.code: 2}
    assert home["findings"]["open"] == 1
    assert menu.menu_badges(home["user"]) == {"finding_lines": 1, "findings": 1}


def test_somebody_without_the_board_gets_a_start_page(client: Client, login: Any, world: World) -> None:
    login("users.view_role")
    answer = client.get(reverse("home"))
    assert "compliance/home_other.html" in [template.name for template in answer.templates]


# Overview


def test_each_figure_of_the_overview_leads_to_as_many_lines(client: Client, login: Any, world: World) -> None:
    slow_line(world)
    world.line()
    world.judge()
    login(*ALL)
    context = client.get(reverse("home")).context
    cells = [cell for row in [*context["networks"], context["total"]] for cell in row["cells"]]
    assert sum(cell["count"] for cell in context["total"]["cells"]) == 2
    for cell in cells:
        assert client.get(cell["url"]).context["pager"]["total"] == cell["count"], cell
    for row in context["divisions"]:
        assert client.get(row["todo_url"]).context["pager"]["total"] == row["todo"]
    for row in context["rules"]:
        assert client.get(row["url"]).context["pager"]["total"] == row["count"]
    for tier in context["tiers"]:
        for name in ("connected", "missing", "total"):
            url = tier["url"] if name == "total" else tier[f"{name}_url"]
            assert client.get(url).context["pager"]["total"] == tier[name]


def test_the_classified_network_is_two_numbers_without_a_link_to_any_line(
    client: Client, login: Any, world: World
) -> None:
    saved(ClassifiedCount(as_of=dt.date(2026, 11, 1), organisations=25, lines=26))
    login(*ALL)
    answer = client.get(reverse("home"))
    assert answer.context["classified"]["count"].lines == 26
    assert "Classified network" in text_of(answer)


def test_the_map_names_every_division_that_has_an_outline(client: Client, login: Any, world: World) -> None:
    slow_line(world)
    login(*ALL)
    outlines = json.loads(client.get(reverse("outlines")).content)
    names = {feature["properties"]["name"] for feature in outlines["features"]}
    data = client.get(reverse("home")).context["map"]["data"]
    assert {row["name"] for row in data["rows"]} <= names
    row = next(row for row in data["rows"] if row["url"].endswith("region=410105000000"))
    assert row["value"] == 100
    assert set(data["inset"]["names"]) <= names
    assert maps.has_map()


def test_a_silent_city_still_has_an_overview(client: Client, login: Any, db: None) -> None:
    login(*ALL)
    context = client.get(reverse("home")).context
    assert context["conforming"] == ""
    assert context["judged"] == 0


# Line


def test_the_page_of_a_line_sets_the_ledgers_side_by_side(client: Client, login: Any, world: World) -> None:
    line, _near, far = slow_line(world, bandwidth_approved_mbps=50)
    login(*ALL)
    answer = client.get(reverse("circuits-circuit-detail", args=[line.pk]))
    shown = text_of(answer)
    assert "≠ port 10M" in shown
    assert "90M less than recorded" in shown
    assert "≠ 100M" in shown
    assert "both ends proved" in shown
    assert f"It sees {far.device.name} / {far.name}" in shown
    finding = Finding.objects.get(circuit=line)
    assert finding.number in shown
    assert "sha256" in shown


def test_the_page_of_an_unbound_line_says_unknown_and_what_to_do(client: Client, login: Any, world: World) -> None:
    line = world.line(install_date=timezone.localdate())
    world.judge()
    login(*ALL)
    shown = text_of(client.get(reverse("circuits-circuit-detail", args=[line.pk])))
    assert "No port is bound to this end" in shown
    assert "not seen (unknown)" in shown


def test_the_chart_shows_the_end_that_tells_most_of_the_period(client: Client, login: Any, world: World) -> None:
    line, near, far = world.bound_line()
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    rate = {"in_avg": 1, "out_avg": 1, "in_max": 1, "out_max": 1, "in_p95": 1, "out_p95": 1, "samples": 12}
    for port, hours, mbps in ((near, 2, 7), (far, 100, 40)):
        for back in range(1, hours + 1):
            PortRateHour.objects.create(
                device_id=port.device_id,
                port=normal_port_name(port.name),
                start=hour - dt.timedelta(hours=back),
                **{**rate, "in_avg": mbps * 1_000_000},
            )
    login(*ALL)
    answer = client.get(reverse("circuits-circuit-detail", args=[line.pk]), {"period": "week"})
    found = re.search(r'<script id="traffic-data" type="application/json">(.*?)</script>', answer.content.decode())
    assert found
    values = [value for value in json.loads(found.group(1))["series"][0]["values"] if value is not None]
    assert (len(values), set(values)) == (100, {40.0})


def test_silence_is_a_gap_in_the_chart_and_sample_data_says_so(client: Client, login: Any, world: World) -> None:
    line, near, _far = world.bound_line()
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    for back in (2, 5):
        PortRateHour.objects.create(
            device_id=near.device_id,
            port=normal_port_name(near.name),
            start=hour - dt.timedelta(hours=back),
            in_avg=40_000_000,
            out_avg=0,
            in_max=60_000_000,
            out_max=0,
            in_p95=50_000_000,
            out_p95=0,
            samples=12,
            is_sample=True,
        )
    login(*ALL)
    answer = client.get(reverse("circuits-circuit-detail", args=[line.pk]))
    found = re.search(r'<script id="traffic-data" type="application/json">(.*?)</script>', answer.content.decode())
    assert found
    chart = json.loads(found.group(1))
    values = chart["series"][0]["values"]
    assert len(values) == len(chart["at"]) >= 167
    assert [value for value in values if value is not None] == [40.0, 40.0]
    assert chart["series"][1]["values"].count(0) == 2
    assert {limit["value"] for limit in chart["limits"]} == {100, 40.0}
    assert '<span class="demo">sample</span>' in answer.content.decode()


@pytest.mark.parametrize("period", ["day", "week", "month", "year"])
def test_every_period_has_a_chart_with_gaps_and_a_running_step(
    client: Client, login: Any, world: World, period: str
) -> None:
    line, near, _far = world.bound_line()
    now = timezone.now()
    step, since = {
        "day": (Step.MINUTES_5, Step.HOUR.floor(now - dt.timedelta(days=1))),
        "week": (Step.HOUR, Step.DAY.floor(now - dt.timedelta(days=7))),
        "month": (Step.HOUR, Step.DAY.floor(now - dt.timedelta(days=30))),
        "year": (Step.DAY, Step.DAY.floor(now - dt.timedelta(days=365))),
    }[period]
    starts = step.starts(since, now)
    kept = [start for at, start in enumerate(starts) if at % 5]
    rows = [(near.device_id, normal_port_name(near.name), at, *[7_000_000] * 6, 12, False) for at in kept]
    series_store().write(step, rows, now)
    login(*ALL)
    answer = client.get(reverse("circuits-circuit-detail", args=[line.pk]), {"traffic": period})
    found = re.search(r'<script id="traffic-data" type="application/json">(.*?)</script>', answer.content.decode())
    assert found
    chart = json.loads(found.group(1))
    assert [value is None for value in chart["series"][0]["values"]] == [at % 5 == 0 for at in range(len(starts))]
    assert len(chart["at"]) == len(starts)
    assert [label.endswith("so far") for label in chart["at"]] == [False] * (len(starts) - 1) + [True]
    assert {limit["value"] for limit in chart["limits"]} == {100, 7.0}


def test_pages_stand_while_the_history_cannot_be_read(client: Client, login: Any, world: World, settings: Any) -> None:
    line, _near, _far = world.bound_line()
    settings.VICTORIAMETRICS = WebAddress(f"http://127.0.0.1:{free_port()}", "netops", "s3cret-word")
    login(*ALL)
    answer = client.get(reverse("circuits-circuit-detail", args=[line.pk]))
    assert "The history of traffic can't be read just now" in html.unescape(text_of(answer))
    assert "s3cret-word" not in answer.content.decode()
    assert "can't be read now" in html.unescape(text_of(client.get(reverse("board"))))


def test_the_sparkline_has_a_value_a_day_and_gaps(client: Client, login: Any, world: World) -> None:
    _line, near, _far = world.bound_line()
    today = timezone.make_aware(dt.datetime.combine(timezone.localdate(), dt.time()))
    PortRateDay.objects.create(
        device_id=near.device_id,
        port=normal_port_name(near.name),
        start=today - dt.timedelta(days=3),
        in_avg=1,
        out_avg=1,
        in_max=1,
        out_max=1,
        in_p95=9_600_000,
        out_p95=1,
        samples=288,
    )
    login(*ALL)
    row = client.get(reverse("board")).context["rows"][0]
    assert len(row.spark) == 30
    assert row.spark.count(None) == 29
    assert row.p95 == "9.6"


def test_a_recheck_tells_what_answered_and_comes_back_to_the_line(
    client: Client, login: Any, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    line, _near, _far = world.bound_line()
    asked = []

    def work(pk: int) -> Recheck:
        asked.append(pk)
        return Recheck(asked=2, answered=1, busy=0, is_judged=True)

    monkeypatch.setattr(RecheckView, "work", staticmethod(work))
    url = reverse("recheck", args=[line.pk])
    login("circuits.view_*")
    assert client.post(url).status_code == 403
    login(*ALL)
    assert client.get(url).status_code == 405
    shown = text_of(client.post(url, follow=True))
    assert asked == [line.pk]
    assert "1 of 2 devices answered. The line was judged again" in shown


def test_a_recheck_of_an_unbound_line_polls_nobody_and_judges(world: World) -> None:
    line = world.line(install_date=dt.date(2020, 1, 1))
    done = recheck.poll_and_judge(line.pk)
    assert (done.asked, done.busy, done.is_judged) == (0, 0, True)
    assert verdict(line).verdict == "FINDING"


def test_a_recheck_of_a_foreign_line_is_not_there(client: Client, login: Any, world: World) -> None:
    tenant, region = other_tenant(world)
    line = world.line(tenant=tenant, region=region)
    login("circuits.*", "collect.poll", tenant=world.tenant)
    assert client.post(reverse("recheck", args=[line.pk])).status_code == 404


# Rings


def test_a_broken_segment_shows_on_the_ring_with_who_lost_the_second_path(
    client: Client, login: Any, world: World
) -> None:
    ring, lines = world.ring(4)
    room = Location.objects.get(slug="idc-2")
    behind = world.line()
    saved(CircuitTermination(circuit=behind, term_side="Z", location=room))
    for _ in range(2):
        for number, (_line, near, far) in enumerate(lines):
            for port in (near, far):
                world.see(port, oper="down" if number == 1 else "up")
        world.later(seconds=30)
    world.judge()
    login(*ALL)
    answer = client.get(reverse("ring", args=[ring.pk]))
    picture = answer.context["picture"]
    assert [segment.state for segment in picture.segments] == ["up", "down", "up", "up"]
    assert picture.has_lost_reserve
    assert picture.what_if == ()
    assert picture.exposed_lines == 1
    assert client.get(picture.exposed_url).context["pager"]["total"] == 1
    assert "1 line of 1 department have lost" in text_of(answer).replace("  ", " ")
    assert client.get(reverse("rings")).context["pictures"][0].ring == ring


def test_the_loss_of_one_more_segment_is_told_once_an_exit_is_recorded(
    client: Client, login: Any, world: World
) -> None:
    ring, lines = world.ring(4)
    exit_line, behind = world.line(role="egress"), world.line()
    for line, slug in ((exit_line, "idc-0"), (behind, "idc-2")):
        saved(CircuitTermination(circuit=line, term_side="Z", location=Location.objects.get(slug=slug)))
    saved(Egress(name="Exit A", circuit=exit_line))
    for _ in range(2):
        for number, (_line, near, far) in enumerate(lines):
            for port in (near, far):
                world.see(port, oper="down" if number == 1 else "up")
        world.later(seconds=30)
    world.judge()
    login(*ALL)
    picture = client.get(reverse("ring", args=[ring.pk])).context["picture"]
    assert {row["segment"].sequence: row["lines"] for row in picture.what_if} == {1: 0, 3: 1, 4: 1}
    for row in picture.what_if[:2]:
        assert client.get(row["url"]).context["pager"]["total"] == row["lines"]


def test_rooms_are_cut_off_when_no_link_joins_them_to_an_exit() -> None:
    rooms, links = [1, 2, 3, 4], [(1, 2), (2, 3), (3, 4), (4, 1)]
    assert cut_off(rooms, links, {1}) == set()
    assert cut_off(rooms, links[1:], {1}) == set()
    assert cut_off(rooms, [(2, 3), (4, 1)], {1}) == {2, 3}
    assert cut_off(rooms, [], set()) == set()


# Devices, findings, rules, roles


def test_the_page_of_a_device_marks_what_differs(client: Client, login: Any, world: World) -> None:
    line, near, _far = slow_line(world)
    device = near.device
    device.serial = "S-1"
    saved(device)
    world.see(world.port("GigabitEthernet0/0/9", device))
    saved(type(near)(device=device, name="GigabitEthernet0/0/8", type="1000base-t"))
    login(*ALL)
    shown = text_of(client.get(reverse("dcim-device-detail", args=[device.pk])))
    assert "≠ 10M" in shown
    assert "slower than its line" in shown
    assert "recorded, not seen" in shown
    assert "as recorded" in shown
    assert line.line_no in shown


def test_a_silent_device_stands_first_and_says_what_to_check(client: Client, login: Any, world: World) -> None:
    _line, near, far = slow_line(world)
    world.silence(far.device)
    Target.objects.filter(device_id=far.device_id).update(error_code="unreachable", error_message="Nothing answered.")
    login(*ALL)
    rows = client.get(reverse("device-states")).context["rows"]
    assert [row["device"].pk for row in rows] == [far.device_id, near.device_id]
    shown = text_of(client.get(reverse("dcim-device-detail", args=[far.device_id])))
    assert "Does not answer" in shown
    assert "Check its power and uplink" in shown


def test_a_finding_has_its_evidence_its_ground_and_its_end(client: Client, login: Any, world: World) -> None:
    line, near, far = slow_line(world)
    finding = Finding.objects.get(circuit=line)
    login(*ALL)
    assert finding.evidence[0]["source"] in text_of(client.get(reverse("finding", args=[finding.pk])))
    for _ in range(2):
        world.see(near, speed=1000)
        world.see(far, speed=1000)
        world.later(seconds=30)
    world.judge()
    shown = text_of(client.get(reverse("finding", args=[finding.pk])))
    assert "Closed by" in shown
    assert "no slower than the 100M declared" in shown
    assert client.get(reverse("findings") + "?state=open").context["rows"] == []
    derived = client.get(reverse("compliance-finding-detail", args=[finding.pk]))
    assert "Closed by" in text_of(derived)


@pytest.mark.parametrize(
    "query", ["rule=T01", "severity=major", "state=open", "q=WT", "network=abc", "tenant=%00", "sort=-rule"]
)
def test_the_findings_are_narrowed_without_an_error(client: Client, login: Any, world: World, query: str) -> None:
    slow_line(world)
    login(*ALL)
    assert client.get(f"{reverse('findings')}?{query}").status_code == 200


def test_the_rules_tell_what_they_do_now(client: Client, login: Any, world: World) -> None:
    slow_line(world)
    login(*ALL)
    rows = {row["rule"].code: row for row in client.get(reverse("rules")).context["rows"]}
    assert rows["T01"]["findings"] == 1
    assert rows["T01"]["hits"] == client.get(rows["T01"]["hits_url"]).context["pager"]["total"] == 1
    assert client.get(rows["T01"]["findings_url"]).context["pager"]["total"] == 1


def test_the_roles_are_told_in_words_and_two_powers_in_one_hand_are_named(
    client: Client, login: Any, make_user: Any, world: World
) -> None:
    from inventory.models import RoleGrant
    from kernel.models import Role

    both = make_user(name="both")
    for power in ("system", "audit"):
        role = saved(Role(name=power, slug=power, power=power, permissions=["circuits.*", "compliance.view_board"]))
        saved(RoleGrant(user=both, role=role))
    login(*ALL)
    shown = text_of(client.get(reverse("roles")))
    assert "See, add, change and delete: lines" in shown
    assert "Open the line audit" in shown
    assert "both holds more than one of the three powers" in shown


# Menu and figures


def test_every_entry_of_the_menu_leads_somewhere() -> None:
    for group in ports.menu_groups:
        for item in group.items:
            try:
                reverse(item.route)
            except NoReverseMatch:  # pragma: no cover
                pytest.fail(f"no page for {item.route}")
    assert [g.key for g in ports.menu_groups if g.key != "alerts"] == [g.key for g in menu.MENU]


def test_figures_read_as_people_say_them() -> None:
    assert [bandwidth(n) for n in (10, 100, 1000, 2500, 10_000, None)] == ["10M", "100M", "1G", "2.5G", "10G", ""]
    now = timezone.now()
    assert lasting(now - dt.timedelta(days=5, hours=3), now) == "5 days"
    assert lasting(now - dt.timedelta(hours=1), now) == "1 hour"


def test_a_planned_line_is_not_judged_rather_than_unknown(client: Client, login: Any, world: World) -> None:
    line = world.line(status="planned")
    world.judge()
    assert LineVerdict.objects.get(circuit=line).verdict == "NOT_APPLICABLE"
    login(*ALL)
    assert client.get(reverse("board")).context["rows"][0].verdict == "NA"
    assert Device.objects.count() == 0
