"""What has to be renewed: the service that reminders ask."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from inventory.models import Circuit, LineContract
from inventory.selectors.contracts import Term, contract_terms, contracts_to_renew
from tests.samples import make

pytestmark = pytest.mark.django_db(databases="__all__")
TODAY = dt.date(2026, 11, 24)


def contract(n: int, left: int, reminder_days: int = 90, lines: int = 1) -> LineContract:
    made = make(LineContract, n, end_on=TODAY + dt.timedelta(days=left), reminder_days=reminder_days)
    for number in range(lines):
        make(Circuit, 100 * n + number, contract=made, monthly_fee=Decimal(100), status="active")
    return made


def test_ended_contracts_come_first_then_those_within_their_own_days() -> None:
    due = contract(1, 30)
    ended = contract(2, -1)
    last_day = contract(3, 90)
    contract(4, 91)
    contract(5, 30, reminder_days=29)
    early = contract(6, 700, reminder_days=730)
    contract(7, -400, lines=0)
    found = contracts_to_renew(TODAY)
    assert [one.contract_id for one in found] == [ended.pk, due.pk, last_day.pk, early.pk]
    assert [one.term for one in found] == [Term.EXPIRED, Term.DUE, Term.DUE, Term.DUE]
    assert (found[0].days_left, found[1].days_left) == (-1, 30)


def test_a_contract_that_ends_today_is_still_due() -> None:
    contract(1, 0, lines=0)
    assert [one.term for one in contracts_to_renew(TODAY)] == [Term.DUE]


def test_what_is_at_stake_counts_rented_lines_and_says_which_fees_are_unknown() -> None:
    made = contract(1, 10, lines=2)
    make(Circuit, 901, contract=made, monthly_fee=None, status="suspended")
    make(Circuit, 902, contract=made, monthly_fee=Decimal(999), status="decommissioned")
    (found,) = contract_terms(TODAY)
    assert (found.lines, found.monthly_fee, found.lines_without_fee) == (3, Decimal(200), 1)


def test_any_number_of_contracts_costs_two_queries(django_assert_num_queries: object) -> None:
    for n in range(1, 6):
        contract(n, 10)
    with django_assert_num_queries(2):  # type: ignore[operator]  # a fixture of pytest-django
        assert len(contracts_to_renew(TODAY)) == 5
