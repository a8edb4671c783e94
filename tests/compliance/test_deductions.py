"""The deductions page, the sheet and the command: the same figures by three doors."""

from __future__ import annotations

import datetime as dt
import io
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation
from openpyxl import load_workbook

from collectors.models import ProbeState
from compliance.deduction_sheets import workbook
from compliance.deductions import reckon
from inventory.models import Circuit, MaintenanceWindow
from tests.compliance.service import CUT, OCTOBER, contract, measured, on
from tests.compliance.world import World, saved

pytestmark = pytest.mark.django_db(databases="__all__")
LATER = dt.datetime(2026, 11, 24, 9, tzinfo=dt.UTC)
READ = ("compliance.view_board", "network.view_linecontract", "circuits.view_circuit")


@pytest.fixture
def city() -> World:
    """One line that was down for 5 hours, one whose outage was announced, one that a single probe blames."""
    world = World()
    agreed = contract(world)
    bad, announced, alone = (
        world.line(contract=agreed, monthly_fee=Decimal("1234.50"), line_no=f"410105-WW-900{n}") for n in (1, 2, 3)
    )
    for line in (bad, announced):
        measured(line, "one", CUT)
        measured(line, "second", CUT)
    measured(alone, "one", CUT)
    measured(alone, "second")
    saved(MaintenanceWindow(name="Cable works", document_no="T-1", starts_at=CUT[0], ends_at=CUT[1], circuit=announced))
    return world


def book(at: dt.datetime = LATER) -> Any:
    with translation.override("en"):
        return load_workbook(io.BytesIO(workbook(reckon(Circuit.objects.all(), OCTOBER, at))))


def rows(sheet: Any) -> list[dict[str, Any]]:
    lines = list(sheet.iter_rows(values_only=True))
    head = next(n for n, line in enumerate(lines) if sum(v is not None for v in line) > 3)
    return [dict(zip(lines[head], line, strict=True)) for line in lines[head + 1 :]]


def test_every_amount_of_the_sheet_can_be_reckoned_again_from_its_cells(city: World) -> None:
    found = book()
    lines = rows(found["Lines"])
    assert [line["Deduction, yuan"] for line in lines] == [246.9, 0, 0]
    for line in lines:
        fee, percent = Decimal(str(line["Fee, yuan"])), Decimal(str(line["Deduction, %"]))
        amount = (fee * percent / 100).quantize(Decimal("0.01"), ROUND_HALF_UP)
        assert amount == Decimal(str(line["Deduction, yuan"])).quantize(Decimal("0.01"))
        up, down = line["Up, s"], line["Down, s"]
        assert round(up / (up + down) * 100, 3) == line["Availability, %"]
        assert line["Check"].startswith("=IF(AND(ABS(ROUND(P")
        measured_s = sum(
            line[name] for name in ("Up, s", "Down, s", "Maintenance, s", "One probe alone, s", "Not known, s")
        )
        assert measured_s == 31 * 86_400
    total = rows(found["Summary"])[-1]
    assert (total["Deduction, yuan"], total["Lines with deduction"], total["Lines measured"]) == (246.9, 1, 3)


def test_each_outage_is_listed_with_why_it_counts_or_not(city: World) -> None:
    listed = rows(book()["Outages"])
    assert [(o["Line number"], o["Counted or left out"], o["Of it counted, s"]) for o in listed] == [
        ("410105-WW-9001", "counted", 18_000),
        ("410105-WW-9002", "left out: announced maintenance", 0),
    ]
    assert listed[1]["Maintenance window"] == "Cable works T-1"
    assert listed[0]["Probes"].count(": down") == 2
    assert (listed[0]["Start"], listed[0]["Duration, s"]) == (dt.datetime(2026, 10, 5, 8), 18_000)


def test_the_sheet_quotes_the_contract_and_tells_its_gaps(city: World) -> None:
    probe_id = ProbeState.objects.filter(ended_at=None).order_by("pk").first().probe_id
    ProbeState.objects.filter(probe_id=probe_id, ended_at=None).update(ended_at=on(20))
    ProbeState.objects.create(
        probe_id=probe_id, state="unknown", cause="cut_off", first_seen_at=on(20), ended_at=on(21)
    )
    found = book()
    words = [str(value) for line in found["How it is reckoned"].iter_rows(values_only=True) for value in line]
    assert "Below 99.9 %: 5 %; below 99.5 %: 20 %." in words
    gaps = [row for row in rows(found["Completeness"]) if row["Why"]]
    assert [(g["Not known from"], g["Why"]) for g in gaps] == [(dt.datetime(2026, 10, 20), "the collector was cut off")]


def test_a_closed_month_gives_the_same_file_again_and_another_one_when_the_record_changed(city: World) -> None:
    def made(at: dt.datetime) -> bytes:
        return workbook(reckon(Circuit.objects.all(), OCTOBER, at))

    first = made(LATER)
    ProbeState.objects.filter(ended_at=None).update(ended_at=LATER)  # what happens later changes nothing
    assert made(LATER + dt.timedelta(days=9)) == first
    saved(_moved(MaintenanceWindow.objects.get()))
    assert made(LATER) != first


def _moved(window: MaintenanceWindow) -> MaintenanceWindow:
    window.ends_at = on(5, 9)
    return window


def test_a_name_that_looks_like_a_formula_stays_text(city: World) -> None:
    line = Circuit.objects.get(line_no="410105-WW-9001")
    line.tenant = saved(type(city.tenant)(name="=HYPERLINK(1)", slug="evil"))
    saved(line)
    assert rows(book()["Lines"])[0]["Department"] == "'=HYPERLINK(1)"


def test_the_page_shows_what_is_deducted_and_all_that_was_measured(city: World, client: Any, login: Any) -> None:
    login(*READ)
    page = client.get("/deductions/?month=2026-10", headers={"accept-language": "en"}).content.decode()
    assert "410105-WW-9001" in page
    assert "246.90" in page
    assert "410105-WW-9002" not in page
    page = client.get("/deductions/?month=2026-10&show=all").content.decode()
    assert "410105-WW-9002" in page
    answer = client.get("/deductions/?month=2026-10&export=xlsx")
    assert len(load_workbook(io.BytesIO(answer.content)).sheetnames) == 5
    assert client.get("/deductions/?month=nonsense&contract=x").status_code == 200


def test_the_page_asks_for_both_rights_and_shows_only_ones_own_lines(city: World, client: Any, login: Any) -> None:
    login("compliance.view_board")
    assert client.get("/deductions/").status_code == 403
    login("network.view_linecontract")
    assert client.get("/deductions/").status_code == 403
    other = saved(type(city.tenant)(name="Other", slug="other"))
    login(*READ, tenant=other)
    assert "410105-WW-9001" not in client.get("/deductions/?month=2026-10&show=all").content.decode()


def test_the_page_costs_the_same_queries_for_3_lines_and_for_30(
    city: World, client: Any, login: Any, django_assert_max_num_queries: Any
) -> None:
    login(*READ)
    url = "/deductions/?month=2026-10&show=all"
    client.get(url)
    for n in range(27):
        line = city.line(contract=Circuit.objects.get(line_no="410105-WW-9001").contract, line_no=f"410105-WW-8{n:03}")
        measured(line, "one", CUT)
        measured(line, "second", CUT)
    with django_assert_max_num_queries(30):
        client.get(url)


def test_the_command_writes_the_same_figures(city: World, tmp_path: Path, capsys: Any) -> None:
    out = tmp_path / "october.xlsx"
    call_command("deductions", "2026-10", output=out, contract="C-1")
    assert "3 lines measured, 1 with a deduction, 246.90 yuan" in capsys.readouterr().out
    assert len(load_workbook(out).sheetnames) == 5
    with pytest.raises(CommandError, match="is no month"):
        call_command("deductions", "2026-13", output=out)
    with pytest.raises(CommandError, match="no contract"):
        call_command("deductions", "2026-10", output=out, contract="none")
    with pytest.raises(CommandError, match="can't be written"):
        call_command("deductions", "2026-10", output=tmp_path / "missing" / "x.xlsx")


def test_the_line_page_shows_this_month_and_nothing_without_probes(client: Any, login: Any) -> None:
    world = World()
    line, bare = world.line(contract=contract(world)), world.line()
    login(*READ)
    measured(line, "one")
    page = client.get(f"/circuits/circuits/{line.pk}/")
    assert 'id="service-level"' in page.content.decode()
    assert 'id="service-level"' not in client.get(f"/circuits/circuits/{bare.pk}/").content.decode()
