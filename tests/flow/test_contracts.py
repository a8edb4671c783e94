"""Contracts on their pages: lines, price, promises, renewals, and lines put under one together."""

from __future__ import annotations

import datetime as dt
import io
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from openpyxl import load_workbook

from compliance.web.menu import menu_badges
from inventory.models import Circuit, ContractDeduction, LineContract, Provider, Tenant
from kernel.models import ChangeRecord
from tests.compliance.world import World, saved

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture(autouse=True)
def _english(client: Client) -> Any:
    client.cookies["django_language"] = "en"
    with translation.override("en"):
        yield


@pytest.fixture
def world(db: None) -> World:
    return World()


def contract(world: World, number: str = "SL-1", left: int = 400, **values: Any) -> LineContract:
    today = timezone.localdate()
    defaults = {
        "provider": world.provider, "payer": world.tenant, "start_on": today + dt.timedelta(days=left - 731),
        "end_on": today + dt.timedelta(days=left),
    }  # fmt: skip
    return saved(LineContract(contract_no=number, **{**defaults, **values}))


def page_of(client: Client, made: LineContract) -> str:
    answer = client.get(reverse("network-linecontract-detail", args=[made.pk]))
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_page_of_a_contract_shows_its_lines_price_and_promises(world: World, client: Client, login: Any) -> None:
    made = contract(
        world, amount=Decimal(36_000), sla_availability=Decimal("99.9"), restore_h=4, deduction_cap=Decimal(30)
    )
    saved(ContractDeduction(contract=made, measure="availability", threshold=Decimal("99.9"), percent=Decimal(5)))
    saved(ContractDeduction(contract=made, measure="restore", threshold=Decimal(8), percent=Decimal("12.5")))
    line = world.line(contract=made, monthly_fee=Decimal(1500), bandwidth_approved_mbps=100)
    other = world.line(monthly_fee=Decimal(7))
    login("*")
    page = page_of(client, made)
    assert line.line_no in page
    assert other.line_no not in page
    for words in (
        "36,000 yuan",
        "1,500 yuan a month",
        "15.00 yuan a month (100M approved)",
        "Availability below 99.9 %: 5 %",
        "An outage longer than 8 h: 12.5 %",
        "to 30 % at most",
        "400 days left",
    ):
        assert words in page, words
    assert "differs from the amount agreed" not in page


def test_fees_that_don_t_add_up_to_the_amount_are_marked(world: World, client: Client, login: Any) -> None:
    made = contract(world, amount=Decimal(36_000))
    world.line(contract=made, monthly_fee=Decimal(1800))
    login("*")
    assert "differs from the amount agreed" in page_of(client, made)


@pytest.mark.parametrize(
    ("left", "says"),
    [(-3, "lines are still rented under it"), (20, "The contract ends on"), (400, None)],
)
def test_a_contract_near_its_end_says_what_hangs_on_it(
    world: World, client: Client, login: Any, left: int, says: str | None
) -> None:
    made = contract(world, left=left)
    world.line(contract=made, monthly_fee=Decimal(1500))
    login("*")
    page = page_of(client, made)
    if says is None:
        assert "hang on it" not in page
    else:
        assert says in page
        assert "1 line and 1,500 yuan a month hang on it." in page


def test_renewals_list_what_waits_and_the_menu_counts_it(world: World, client: Client, login: Any) -> None:
    ended, due = contract(world, "ENDED", -5), contract(world, "DUE", 30)
    contract(world, "LATER", 300)
    contract(world, "OVER", -300)
    world.line(contract=ended, monthly_fee=Decimal(100))
    world.line(contract=due, monthly_fee=None)
    user = login("*")
    answer = client.get(reverse("renewals"))
    rows = answer.context["rows"]
    assert [row["term"].contract_no for row in rows] == ["ENDED", "DUE"]
    assert [row["days_text"] for row in rows] == ["ended 5 days ago", "30 days left"]
    assert menu_badges(user)["renewals"] == 2
    assert [tab["count"] for tab in answer.context["tabs"]] == [2, 1, 1, 1, 1, 4]
    for row in rows:
        assert client.get(row["lines_url"]).context["pager"]["total"] == row["term"].lines
    for term, names in (("later", ["LATER"]), ("over", ["OVER"]), ("all", ["OVER", "ENDED", "DUE", "LATER"])):
        found = client.get(reverse("renewals"), {"term": term}).context["rows"]
        assert [row["term"].contract_no for row in found] == names
    sheet = load_workbook(io.BytesIO(client.get(reverse("renewals"), {"export": "xlsx"}).content)).active
    assert sheet is not None
    assert [row[1] for row in sheet.iter_rows(min_row=2, values_only=True)] == ["ENDED", "DUE"]


def test_renewals_keep_to_the_readers_scope(world: World, client: Client, login: Any) -> None:
    contract(world, "DUE", 30)
    other = saved(Tenant(name="Finance bureau", slug="finance", region=world.region))
    contract(world, "THEIRS", 30, payer=other)
    user = login("network.view_linecontract", tenant=other)
    assert [row["term"].contract_no for row in client.get(reverse("renewals")).context["rows"]] == ["THEIRS"]
    assert menu_badges(user)["renewals"] == 1
    login("circuits.view_circuit")
    assert client.get(reverse("renewals")).status_code == 403


def test_several_lines_are_put_under_a_contract_at_once(world: World, client: Client, login: Any) -> None:
    made, over = contract(world), contract(world, "OVER", -30)
    lines = [world.line(), world.line()]
    bound = world.line(contract=over)
    foreign = world.line(provider=saved(Provider(name="Telecom", slug="telecom")))
    login("*")
    url = reverse("contract-lines", args=[made.pk])
    assert url in page_of(client, made)
    assert [row["pk"] for row in client.get(url).context["rows"]] == [line.pk for line in lines]
    assert [row["pk"] for row in client.get(url, {"which": "ended"}).context["rows"]] == [bound.pk]
    assert foreign.pk not in [row["pk"] for row in client.get(url, {"which": "all"}).context["rows"]]
    assert [row["pk"] for row in client.get(url, {"q": lines[1].line_no}).context["rows"]] == [lines[1].pk]
    edit = reverse("circuits-circuit-bulk-edit")
    given = {"pk": [line.pk for line in lines], "set": "contract", "contract": made.contract_no}
    asked = client.post(edit, given)
    assert asked.status_code == 200
    assert asked.context["form"]["contract"].value() == made.contract_no
    assert asked.context["bulk"]["chosen"] == ["contract"]
    assert not Circuit.objects.filter(contract=made).exists()
    assert client.post(edit, {**given, "apply": "1", "change_reason": "signed"}).status_code == 302
    assert set(Circuit.objects.filter(contract=made)) == set(lines)
    assert ChangeRecord.objects.filter(object_type="circuits.circuit", reason="signed").count() == 2


def test_only_lines_that_the_reader_may_change_are_offered(world: World, client: Client, login: Any) -> None:
    made = contract(world)
    world.line()
    login("network.view_linecontract", "circuits.view_circuit")
    assert client.get(reverse("contract-lines", args=[made.pk])).context["rows"] == []
    assert reverse("contract-lines", args=[made.pk]) not in page_of(client, made)
    other = saved(Tenant(name="Finance bureau", slug="finance", region=world.region))
    login("network.view_linecontract", tenant=other)
    assert client.get(reverse("contract-lines", args=[made.pk])).status_code == 404


def test_a_payer_sees_how_many_lines_lie_outside_its_area(world: World, client: Client, login: Any) -> None:
    made = contract(world)
    world.line(contract=made)
    other = saved(Tenant(name="Finance bureau", slug="finance", region=world.region))
    theirs = world.line(contract=made, tenant=other)
    login("network.view_linecontract", "circuits.view_circuit", tenant=world.tenant)
    page = page_of(client, made)
    assert theirs.line_no not in page
    assert "1 more line lies outside your area." in page


def test_a_contract_with_many_lines_costs_as_many_queries_as_one_with_few(
    world: World, client: Client, login: Any, django_assert_max_num_queries: Any
) -> None:
    made = contract(world)
    login("*")
    for _n in range(30):
        world.line(contract=made)
    page_of(client, made)
    with django_assert_max_num_queries(45):
        page = page_of(client, made)
    assert "All 30 lines" in page
