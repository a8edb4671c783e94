"""What lines cost and what they are used for: month fees beside the 95th percentile of the last thirty days."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import median
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from collectors.selectors import PortUsage, normal_port_name, port_usage
from compliance.models import RuleResult
from inventory.models import BoundInterface, Circuit, RingSegment
from inventory.selectors.contracts import RENTED
from kernel import policy
from kernel.registry import registry

DAYS = 30
IDLE_FLOOR_BPS = 10_000
IDLE_DAYS = 28
"""Days with data among the thirty: a collector's bad day must not clear the whole list."""
OVER_SHARE = 0.2
OVER_DAYS = 20
USUAL_MBPS = (2, 4, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000)
_DOWN = ("p02_down", "t05_never_up")
_MBIT = 1_000_000


@dataclass(frozen=True, slots=True)
class LineCost:
    """A rented line with its fee and its use. None is unknown, never nothing."""

    pk: int
    number: str
    status: str
    role: str
    is_ring_segment: bool
    tenant_id: int | None
    tenant: str
    provider_id: int
    provider: str
    network_id: int | None
    network: str
    type_id: int
    type: str
    region_path: str
    fee: Decimal | None
    approved_mbps: int | None
    usage: PortUsage | None

    @property
    def used_mbps(self) -> float | None:
        return None if self.usage is None else self.usage.p95_bps / _MBIT

    @property
    def is_spare(self) -> bool:
        """Meant to be quiet: a standby line at rest, or the way round on a ring."""
        return self.role in (Circuit.Role.STANDBY, Circuit.Role.RING) or self.is_ring_segment


_COLUMNS = (
    "pk", "line_no", "cid", "status", "role", "is_ring_segment", "tenant_id", "tenant__short_name", "tenant__name",
    "provider_id", "provider__name", "network_id", "network__name", "type_id", "type__name", "region__path",
    "monthly_fee", "bandwidth_approved_mbps",
)  # fmt: skip


def line_costs(user: Any, today: dt.date | None = None) -> list[LineCost]:
    """The rented lines that the user may see. Three queries, whatever their number."""
    rows: QuerySet[Any] = policy.visible(user, registry.of(Circuit), Circuit.objects.filter(status__in=RENTED))
    ports = _own_ports(rows)
    usage = port_usage({key for keys in ports.values() for key in keys}, DAYS, today)
    rows = rows.annotate(is_ring_segment=Exists(RingSegment.objects.filter(circuit=OuterRef("pk"))))
    found = []
    for row in rows.order_by("pk").values_list(*_COLUMNS).iterator(chunk_size=2000):
        pk, line_no, cid, status, role, is_ring, tenant_id, short, name, provider_id, provider, *rest = row
        network_id, network, type_id, type_, path, fee, approved = rest
        used = next((usage[key] for key in ports.get(pk, ()) if key in usage), None)
        found.append(
            LineCost(
                pk, line_no or cid, status, role, is_ring, tenant_id, short or name or "", provider_id, provider,
                network_id, network or "", type_id, type_, path or "", fee, approved, used,
            )
        )  # fmt: skip
    return found


def _own_ports(lines: QuerySet[Any]) -> dict[int, list[tuple[int, str]]]:
    """Where each line's own traffic can be read, the department's end first, as the audit board takes it."""
    rows = BoundInterface.objects.filter(
        is_shared=False, termination__circuit__in=lines.order_by().values("pk"), termination__term_side__in=("A", "Z")
    ).order_by("termination__circuit_id", "termination__term_side", "pk")
    found: dict[int, list[tuple[int, str]]] = defaultdict(list)
    columns = ("termination__circuit_id", "interface__device_id", "interface__name")
    for pk, device_id, name in rows.values_list(*columns).iterator(chunk_size=5000):
        found[pk].append((device_id, normal_port_name(name)))
    return found


@dataclass(frozen=True, slots=True)
class CostSum:
    """Of a group of lines. What a figure leaves out because nobody knows it is counted beside it."""

    lines: int
    fee: Decimal
    without_fee: int
    approved_mbps: int
    without_approved: int
    used_mbps: float | None
    """None when no line of the group was counted."""
    without_usage: int
    fee_per_approved: Decimal | None
    fee_per_used: Decimal | None
    """Yuan a month for one Mbit/s, of the lines where both are known."""


def summed(lines: Iterable[LineCost]) -> CostSum:
    listed = list(lines)
    counted = [line for line in listed if line.used_mbps is not None]
    return CostSum(
        lines=len(listed),
        fee=sum((line.fee for line in listed if line.fee is not None), Decimal(0)),
        without_fee=sum(line.fee is None for line in listed),
        approved_mbps=sum(line.approved_mbps or 0 for line in listed),
        without_approved=sum(line.approved_mbps is None for line in listed),
        used_mbps=sum(line.used_mbps or 0.0 for line in counted) if counted else None,
        without_usage=len(listed) - len(counted),
        fee_per_approved=_ratio(listed, lambda line: line.approved_mbps),
        fee_per_used=_ratio(counted, lambda line: line.used_mbps),
    )


def _ratio(lines: Iterable[LineCost], of: Callable[[LineCost], float | None]) -> Decimal | None:
    fee, mbps = Decimal(0), 0.0
    for line in lines:
        value = of(line)
        if line.fee is not None and value is not None:
            fee, mbps = fee + line.fee, mbps + value
    return fee / Decimal(str(mbps)) if mbps >= IDLE_FLOOR_BPS / _MBIT else None


def grouped(lines: Iterable[LineCost], key: Callable[[LineCost], Iterable[Any]]) -> dict[Any, CostSum]:
    """By key; a line may stand in several groups."""
    parts: dict[Any, list[LineCost]] = defaultdict(list)
    for line in lines:
        for name in key(line):
            parts[name].append(line)
    return {name: summed(part) for name, part in parts.items()}


@dataclass(frozen=True, slots=True)
class Down:
    """What the judge says of a line whose ports are down: the explanation, and since when it stands."""

    explanation: Mapping[str, Any]
    since: dt.datetime


@dataclass(frozen=True, slots=True)
class IdleLine:
    line: LineCost
    down: Down | None
    """None when the ports are up and next to nothing passes."""


def lines_down(lines: Iterable[LineCost]) -> dict[int, Down]:
    """Lines in use whose readable ports are all down, as judged from two readings or more. One query."""
    wanted = {line.pk for line in lines if line.status == Circuit.Status.ACTIVE}
    rows = RuleResult.objects.filter(
        rule_code__in=("P02", "T05"), verdict__in=("FINDING", "EXEMPT"), is_dry_run=False, explanation__code__in=_DOWN
    ).values_list("circuit_id", "explanation", "since")
    return {pk: Down(explanation, since) for pk, explanation, since in rows if pk in wanted}


def idle_lines(lines: Iterable[LineCost], down: Mapping[int, Down]) -> list[IdleLine]:
    """In use by the record, not used in fact; the dearest first. A line without data is unknown, not idle."""
    found = []
    for line in lines:
        if line.status != Circuit.Status.ACTIVE or line.is_spare:
            continue
        is_quiet = line.usage is not None and line.usage.highest_bps < IDLE_FLOOR_BPS
        # A line that carried traffic within the month and is down now is broken: a case for the carrier.
        if line.pk in down and (line.usage is None or is_quiet):
            found.append(IdleLine(line, down[line.pk]))
        elif is_quiet and line.usage is not None and line.usage.days >= IDLE_DAYS:
            found.append(IdleLine(line, None))
    return sorted(found, key=lambda one: (one.line.fee is None, -(one.line.fee or 0), one.line.pk))


@dataclass(frozen=True, slots=True)
class Price:
    """What a carrier takes for a speed on a medium, told by the recorded lines."""

    fee: Decimal
    lines: int
    is_of_speed: bool
    """Else no line of that speed is recorded and the price of one Mbit/s at all speeds was taken."""


@dataclass(frozen=True, slots=True)
class OverBought:
    line: LineCost
    share: float
    """Used of approved."""
    next_mbps: int
    price: Price | None
    saving: Decimal | None
    """Yuan a month; None when nothing on record tells the price."""


class Prices:
    """Of each carrier and medium, from the fees on record: the median, which a special price doesn't move."""

    def __init__(self, lines: Iterable[LineCost]) -> None:
        self._at: dict[tuple[int, int, int], list[Decimal]] = defaultdict(list)
        self._each: dict[tuple[int, int], list[Decimal]] = defaultdict(list)
        for line in lines:
            if line.fee and line.approved_mbps:
                self._at[line.provider_id, line.type_id, line.approved_mbps].append(line.fee)
                self._each[line.provider_id, line.type_id].append(line.fee / line.approved_mbps)

    def of(self, line: LineCost, mbps: int) -> Price | None:
        if at := self._at.get((line.provider_id, line.type_id, mbps)):
            return Price(median(at), len(at), True)
        each = self._each.get((line.provider_id, line.type_id))
        return Price(median(each) * mbps, len(each), False) if each else None


def over_bought(lines: Sequence[LineCost]) -> list[OverBought]:
    """Used far below what was approved; what a step down would save most first, then what nobody can price."""
    prices = Prices(lines)
    found = []
    for line in lines:
        if line.status != Circuit.Status.ACTIVE or line.is_spare or not line.approved_mbps or line.usage is None:
            continue
        share = line.usage.p95_bps / (line.approved_mbps * _MBIT)
        lower = [mbps for mbps in USUAL_MBPS if mbps < line.approved_mbps]
        is_idle = line.usage.highest_bps < IDLE_FLOOR_BPS
        if share >= OVER_SHARE or line.usage.days < OVER_DAYS or not lower or is_idle:
            continue
        price = prices.of(line, lower[-1]) if line.fee is not None else None
        saving = line.fee - price.fee if price is not None and line.fee is not None else None
        if saving is None or saving > 0:
            found.append(OverBought(line, share, lower[-1], price, saving))
    return sorted(found, key=lambda one: (one.saving is None, -(one.saving or 0), one.line.pk))
