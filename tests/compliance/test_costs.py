"""What lines cost and where money can be saved, through the page that says it."""

from __future__ import annotations

import datetime as dt
import io
from decimal import Decimal
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation
from openpyxl import load_workbook

from collectors.models import PortRateDay
from collectors.ports import normal_port_name
from compliance.selectors.costs import idle_lines, line_costs, lines_down, over_bought, summed
from inventory.models import Interface, Region, Tenant
from tests.compliance.world import World, saved

pytestmark = pytest.mark.django_db(databases="__all__")
DEPARTMENT = ("circuits.view_*", "compliance.view_board", "tenancy.view_tenant")
MBIT = 1_000_000


@pytest.fixture(autouse=True)
def _english(client: Client) -> Any:
    client.cookies["django_language"] = "en"
    with translation.override("en"):
        yield


def carry(port: Interface, bps: int | None, days: int = 30, first: int = 0) -> None:
    """Days of traffic, today's first."""
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    PortRateDay.objects.bulk_create(
        PortRateDay(
            device_id=port.device_id, port=normal_port_name(port.name), start=midnight - dt.timedelta(days=back),
            in_avg=bps, out_avg=bps, in_max=bps, out_max=bps, in_p95=bps, out_p95=0, samples=288,
        )
        for back in range(first, first + days)
    )  # fmt: skip


def rented(world: World, mbps: int | None = 100, fee: Any = 1000, **values: Any) -> Any:
    return world.bound_line(bandwidth_approved_mbps=mbps, monthly_fee=fee, **values)


def rows_of(client: Client, tab: str) -> list[dict[str, Any]]:
    answer = client.get(reverse("costs"), {"by": tab})
    assert answer.status_code == 200
    return answer.context["rows"]


def test_a_group_adds_up_its_lines_and_says_what_it_does_not_know(world: World, client: Client, login: Any) -> None:
    _line, near, _far = rented(world, 100, 1000)
    carry(near, 40 * MBIT)
    rented(world, 50, None)
    login("*")
    (row,) = rows_of(client, "department")
    assert (row["label"], row["lines"], row["fee"], row["without_fee"]) == ("Resources bureau", 2, "1,000", 1)
    assert (row["approved"], row["used"], row["without_usage"]) == ("150M", "40.0", 1)
    assert (row["per_approved"], row["per_used"]) == ("10.00", "25.00")


def test_unknown_use_is_never_shown_as_nothing(world: World, client: Client, login: Any) -> None:
    rented(world, None, 500)
    login("*")
    (row,) = rows_of(client, "carrier")
    assert (row["used"], row["per_used"], row["approved"], row["per_approved"]) == ("", "", "", "")
    page = client.get(reverse("costs"), {"by": "carrier"}).content.decode()
    assert page.count("unknown") >= 3


@pytest.mark.parametrize("tab", ["department", "carrier", "network", "division"])
def test_every_group_leads_to_a_list_of_as_many_lines(world: World, client: Client, login: Any, tab: str) -> None:
    city = saved(Region(code="990100000000", name="City", level=2, kind="city"))
    other = saved(Tenant(name="Finance bureau", slug="finance", region=city))
    rented(world)
    rented(world, status="suspended")
    rented(world, tenant=other, region=city)
    rented(world, tenant=None, network=None, region=None)
    rented(world, status="planned")  # not rented yet
    login("*")
    rows = rows_of(client, tab)
    assert sum(row["lines"] for row in rows) == 4
    for row in rows:
        assert client.get(row["url"]).context["pager"]["total"] == row["lines"], row["label"]
    total = client.get(reverse("costs"), {"by": tab}).context["total"]
    assert client.get(total["url"]).context["pager"]["total"] == total["lines"] == 4


def test_a_department_sees_its_own_lines_alone(world: World, client: Client, login: Any) -> None:
    rented(world)
    other = saved(Tenant(name="Finance bureau", slug="finance", region=world.region))
    rented(world, tenant=other)
    login(*DEPARTMENT, tenant=other)
    (row,) = rows_of(client, "department")
    assert (row["label"], row["lines"]) == ("Finance bureau", 1)
    login("circuits.view_circuit")
    assert client.get(reverse("costs")).status_code == 403


def test_a_quiet_line_is_idle_only_with_enough_data_and_when_it_is_not_meant_to_be_quiet(
    world: World, make_user: Any
) -> None:
    quiet, near, _far = rented(world, fee=900)
    carry(near, 9_999)
    dear, near, _far = rented(world, fee=2000)
    carry(near, 0)
    _brief, near, _far = rented(world)
    carry(near, 0, days=27)
    _busy_once, near, _far = rented(world)
    carry(near, 0, days=29)
    carry(near, 10_000, days=1, first=29)
    for role in ("standby", "ring"):
        _spare, near, _far = rented(world, role=role)
        carry(near, 0)
    rented(world)  # nothing was counted
    user = make_user("*")
    lines = line_costs(user)
    assert [one.line.pk for one in idle_lines(lines, lines_down(lines))] == [dear.pk, quiet.pk]


def test_a_line_that_is_down_at_both_ends_is_idle_unless_it_carried_traffic_this_month(
    world: World, client: Client, login: Any
) -> None:
    dead, *dead_ports = rented(world)
    broken, *broken_ports = rented(world)
    carry(broken_ports[0], 20 * MBIT)
    for port in (*dead_ports, *broken_ports):
        world.see(port, oper="up")
    for _reading in range(3):
        world.later()
        for port in (*dead_ports, *broken_ports):
            world.see(port, oper="down")
    world.judge()
    user = login("*")
    lines = line_costs(user)
    assert {broken.pk, dead.pk} == set(lines_down(lines))
    (row,) = rows_of(client, "idle")
    assert row["number"] == dead.line_no
    assert row["is_down"]
    assert row["why"]


def test_an_over_bought_line_is_ranked_by_what_the_next_lower_speed_saves(world: World, make_user: Any) -> None:
    little, near, _far = rented(world, 100, 1500)
    carry(near, 5 * MBIT)
    much, near, _far = rented(world, 500, 5000)
    carry(near, 60 * MBIT)
    _used, near, _far = rented(world, 200, 2600)
    carry(near, 40 * MBIT)
    _brief, near, _far = rented(world, 100, 1500)
    carry(near, MBIT, days=19)
    unpriced, near, _far = rented(world, 100, None)
    carry(near, MBIT)
    for fee in (800, 900, 1000):
        rented(world, 50, fee)
    found = over_bought(line_costs(make_user("*")))
    assert [(one.line.pk, one.next_mbps, one.saving) for one in found] == [
        (much.pk, 200, Decimal(2400)),
        (little.pk, 50, Decimal(600)),
        (unpriced.pk, 50, None),
    ]
    assert found[1].price is not None
    assert (found[1].price.fee, found[1].price.lines, found[1].price.is_of_speed) == (Decimal(900), 3, True)


def test_without_a_line_of_the_speed_the_price_of_a_mbit_tells(world: World, client: Client, login: Any) -> None:
    _line, near, _far = rented(world, 100, 1500)
    carry(near, MBIT)
    login("*")
    (row,) = rows_of(client, "overbought")
    assert (row["next"], row["saving"], row["share"], row["days"]) == ("50M", "750", "1.0", 30)
    assert "per Mbit/s" in row["why"]


def test_a_trunk_that_several_lines_share_tells_nothing_of_one_of_them(world: World, make_user: Any) -> None:
    line, port = world.line(bandwidth_approved_mbps=100, monthly_fee=1000), world.port()
    world.bind(line, "A", port, is_shared=True)
    carry(port, 0)
    (found,) = line_costs(make_user("*"))
    assert found.usage is None
    assert summed([found]).used_mbps is None


@pytest.mark.parametrize(("tab", "rows"), [("department", 1), ("division", 1), ("idle", 1), ("overbought", 1)])
def test_each_list_goes_out_as_a_workbook(world: World, client: Client, login: Any, tab: str, rows: int) -> None:
    _idle, near, _far = rented(world)
    carry(near, 0)
    _over, near, _far = rented(world)
    carry(near, MBIT)
    login("*")
    answer = client.get(reverse("costs"), {"by": tab, "export": "xlsx"})
    sheet = load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    assert sheet.max_row == rows + 1


def test_the_page_costs_the_same_queries_whatever_the_number_of_lines(world: World, client: Client, login: Any) -> None:
    login("*")
    costs = []
    for _round in range(2):
        for _n in range(4):
            _line, near, _far = rented(world)
            carry(near, MBIT, days=2)
        for tab in ("department", "carrier", "network", "division", "idle", "overbought"):
            client.get(reverse("costs"), {"by": tab})
            cost = 0
            with CaptureQueriesContext(connections["default"]) as seen:
                client.get(reverse("costs"), {"by": tab})
                cost += len(seen)
            costs.append((tab, cost))
    assert costs[:6] == costs[6:]
    assert max(cost for _tab, cost in costs) <= 16
