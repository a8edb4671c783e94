"""When contracts end and what hangs on them."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from inventory.models import Circuit, LineContract
from inventory.models.contracts import LONGEST_REMINDER_DAYS

# A line that is suspended or being moved is still rented; one that is not built yet or gone is not.
RENTED = (
    Circuit.Status.ACTIVE.value,
    Circuit.Status.CHANGING.value,
    Circuit.Status.SUSPENDED.value,
    Circuit.Status.OFFLINE.value,
    Circuit.Status.DEPROVISIONING.value,
)


class Term(Enum):
    EXPIRED = "expired"
    """Ended, and lines are still rented under it."""
    DUE = "due"
    """Within its own days of reminding."""
    LATER = "later"
    OVER = "over"
    """Ended, and nothing hangs on it any more."""


@dataclass(frozen=True, slots=True)
class ContractTerm:
    contract_id: int
    contract_no: str
    provider: str
    payer_id: int
    payer: str
    start_on: dt.date
    end_on: dt.date
    reminder_days: int
    days_left: int
    lines: int
    """Rented under it."""
    monthly_fee: Decimal
    """Of those lines, as far as it is recorded."""
    lines_without_fee: int

    @property
    def term(self) -> Term:
        if self.days_left < 0:
            return Term.EXPIRED if self.lines else Term.OVER
        return Term.DUE if self.days_left <= self.reminder_days else Term.LATER


_COLUMNS = ("pk", "contract_no", "provider__name", "payer_id", "payer__name", "start_on", "end_on", "reminder_days")


def contract_terms(on: dt.date, contracts: QuerySet[Any] | None = None) -> list[ContractTerm]:
    """All contracts, or some, by their end. Two queries, whatever their number."""
    rows = LineContract.objects.all() if contracts is None else contracts
    lines: dict[int, list[Decimal | None]] = defaultdict(list)
    rented = Circuit.objects.filter(contract__in=rows.order_by().values("pk"), status__in=RENTED)
    for contract_id, fee in rented.order_by().values_list("contract_id", "monthly_fee"):
        lines[contract_id].append(fee)
    return [_term(row, lines[row[0]], on) for row in rows.order_by("end_on", "contract_no").values_list(*_COLUMNS)]


def _term(row: tuple[Any, ...], fees: list[Decimal | None], on: dt.date) -> ContractTerm:
    pk, number, provider, payer_id, payer, start_on, end_on, reminder_days = row
    known = [fee for fee in fees if fee is not None]
    return ContractTerm(
        contract_id=pk,
        contract_no=number,
        provider=provider,
        payer_id=payer_id,
        payer=payer,
        start_on=start_on,
        end_on=end_on,
        reminder_days=reminder_days,
        days_left=(end_on - on).days,
        lines=len(fees),
        monthly_fee=sum(known, Decimal(0)),
        lines_without_fee=len(fees) - len(known),
    )


def count_to_renew(on: dt.date, contracts: QuerySet[Any]) -> int:
    """How many `contracts_to_renew` finds. One query: every page's menu asks."""
    rented = Exists(Circuit.objects.filter(contract=OuterRef("pk"), status__in=RENTED))
    near = contracts.filter(end_on__lte=on + dt.timedelta(days=LONGEST_REMINDER_DAYS)).annotate(is_rented=rented)
    rows = near.order_by().values_list("end_on", "reminder_days", "is_rented")
    return sum(
        1 for end_on, reminder_days, is_rented in rows
        if (is_rented if end_on < on else (end_on - on).days <= reminder_days)
    )  # fmt: skip


def contracts_to_renew(on: dt.date, contracts: QuerySet[Any] | None = None) -> list[ContractTerm]:
    """Expired with lines still under them, then those within their days of reminding; by their end. Two queries."""
    rows = LineContract.objects.all() if contracts is None else contracts
    near = rows.filter(end_on__lte=on + dt.timedelta(days=LONGEST_REMINDER_DAYS))
    return [found for found in contract_terms(on, near) if found.term in (Term.EXPIRED, Term.DUE)]
