"""What a line's month costs less, by its contract's own steps. Every figure of the reckoning is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from compliance.rules.service_levels import is_measured
from compliance.rules.service_months import ServiceMonth
from compliance.rules.values import Parameters

MEASURES = ("availability", "rtt", "loss", "restore")
_FEN = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class DeductionStep:
    measure: str
    threshold: Decimal
    percent: Decimal


@dataclass(frozen=True, slots=True)
class Part:
    """The step of one measure that counts: of those reached, the largest."""

    measure: str
    measured: Decimal
    step: DeductionStep


@dataclass(frozen=True, slots=True)
class Deduction:
    """`reason` is the code of why nothing is deducted: one_probe, too_little, open_month, no_steps, no_fee, kept."""

    parts: tuple[Part, ...] = ()
    sum_percent: Decimal = Decimal(0)
    cap: Decimal = Decimal(100)
    percent: Decimal = Decimal(0)
    fee: Decimal | None = None
    amount: Decimal = Decimal(0)
    reason: str = ""
    is_final: bool = True


def deduct(
    month: ServiceMonth, steps: Sequence[DeductionStep], *, cap: Decimal, fee: Decimal | None, parameters: Parameters
) -> Deduction:
    """A month that still runs is reckoned as it stands and marked as not final."""
    none = Deduction(cap=cap, fee=fee, is_final=month.is_closed)
    if month.probes < 2:
        return _because(none, "one_probe")
    if not is_measured(month, parameters):
        return _because(none, "one_probe" if month.alone_s > month.unknown_s else "too_little")
    if not steps:
        return _because(none, "no_steps")
    parts = tuple(part for measure in MEASURES if (part := _part(measure, month, steps)) is not None)
    total = sum((part.step.percent for part in parts), Decimal(0))
    percent = min(total, cap)
    if not parts:
        return _because(none, "kept")
    amount = Decimal(0) if fee is None else (fee * percent / 100).quantize(_FEN, ROUND_HALF_UP)
    return Deduction(
        parts, total, cap, percent, fee, amount, "no_fee" if fee is None else "", is_final=month.is_closed
    )  # fmt: skip


def _because(none: Deduction, reason: str) -> Deduction:
    return Deduction(cap=none.cap, fee=none.fee, reason=reason, is_final=none.is_final)


def measured(measure: str, month: ServiceMonth) -> Decimal | None:
    return {
        "availability": month.availability_at_best, "rtt": month.rtt_ms, "loss": month.loss, "restore": month.longest_h,
    }[measure]  # fmt: skip


def _part(measure: str, month: ServiceMonth, steps: Sequence[DeductionStep]) -> Part | None:
    value = measured(measure, month)
    if value is None:
        return None
    reached = [s for s in steps if s.measure == measure and _is_reached(measure, value, s.threshold)]
    if not reached:
        return None
    return Part(measure, value, max(reached, key=lambda s: (s.percent, s.threshold)))


def _is_reached(measure: str, value: Decimal, threshold: Decimal) -> bool:
    return value < threshold if measure == "availability" else value > threshold
