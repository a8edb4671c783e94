"""T06: a line that is worse than its contract promises, by two probes and outside maintenance."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from compliance.rules.service_months import Kind, Promise, ServiceFacts, ServiceMonth, measure
from compliance.rules.values import Evidence, Outcome, Parameter, Parameters, Verdict

CODE = "T06"
MEASURED_SHARE = Parameter("measured_share", 90, 1, 100)
YOUNG_H = Parameter("young_h", 24, 1, 240)
"""Delay and loss of an open month are judged only after so many measured hours."""


@dataclass(frozen=True, slots=True)
class ServiceRule:
    code: str
    judge: Callable[[ServiceFacts, Parameters], Outcome]
    parameters: tuple[Parameter, ...]


def judge(facts: ServiceFacts, parameters: Parameters) -> Outcome:
    """What one probe says alone is never more than UNKNOWN."""
    inputs: dict[str, Any] = {"status": facts.status, "probes": len(facts.probes)}
    if facts.status != "active":
        return Outcome(Verdict.NOT_APPLICABLE, "not_in_use", {"status": facts.status}, inputs)
    promise = facts.promise
    if promise is None or promise.is_empty:
        return Outcome(Verdict.NOT_APPLICABLE, "t06_no_promise", {}, inputs)
    if not facts.probes:
        return Outcome(Verdict.UNKNOWN, "t06_no_probes", {"contract": promise.contract_no}, inputs)
    month = measure(facts)
    values = _values(facts, month, promise)
    inputs |= {name: values[name] for name in ("availability", "rtt_ms", "loss", "longest_h", "measured", "month")}
    evidence = _evidence(month)
    broken = breaches(month, promise, parameters) if month.probes >= 2 else {}
    said = values | {"needed": parameters["measured_share"]}
    if not is_measured(month, parameters):
        # One probe that told an outage is why so little counts; say that rather than blame the collector.
        code = "t06_one_probe" if month.alone_s > month.unknown_s else "t06_too_little"
        return Outcome(Verdict.UNKNOWN, code, said, inputs, evidence)
    if broken:
        first = next(iter(broken))
        inputs["broken"] = list(broken)
        return Outcome(Verdict.WARN, f"t06_{first}", said, inputs, evidence, 2)
    if _is_doubtful(month, promise, parameters):
        return Outcome(Verdict.UNKNOWN, "t06_one_probe", said, inputs, evidence)
    if not month.is_closed and month.measured_s < parameters["young_h"] * 3600:
        return Outcome(Verdict.UNKNOWN, "t06_month_young", said | {"hours": parameters["young_h"]}, inputs, evidence)
    code = "t06_kept_maintenance" if any(o.kind is Kind.MAINTENANCE for o in month.outages) else "t06_kept"
    return Outcome(Verdict.PASS, code, said, inputs, evidence, 2)


def is_measured(month: ServiceMonth, parameters: Parameters) -> bool:
    return month.measured_share >= parameters["measured_share"] and month.measured_s > 0


def breaches(month: ServiceMonth, promise: Promise, parameters: Parameters) -> Mapping[str, Decimal]:
    """Promises that are broken whatever the rest of the month brings, each with what was measured; worst first."""
    found: dict[str, Decimal] = {}
    best = month.availability_at_best
    if promise.availability is not None and best is not None and best < promise.availability:
        found["availability"] = best
    if promise.restore_h is not None and month.longest_h > promise.restore_h:
        found["restore"] = month.longest_h
    is_young = not month.is_closed and month.measured_s < parameters["young_h"] * 3600
    if not is_young and promise.loss is not None and month.loss is not None and month.loss > promise.loss:
        found["loss"] = month.loss
    if not is_young and promise.rtt_ms is not None and month.rtt_ms is not None and month.rtt_ms > promise.rtt_ms:
        found["rtt"] = month.rtt_ms
    return found


def _is_doubtful(month: ServiceMonth, promise: Promise, parameters: Parameters) -> bool:
    """The promise would be broken if one believed a single probe."""
    worst = month.availability_at_worst
    if month.alone_s and promise.availability is not None and worst is not None and worst < promise.availability:
        return True
    return month.probes < 2 and bool(breaches(month, promise, parameters))


def _values(facts: ServiceFacts, month: ServiceMonth, promise: Promise) -> dict[str, Any]:
    return {
        "month": f"{facts.start:%Y-%m}", "contract": promise.contract_no, "probes": month.probes,
        "availability": _text(month.availability), "rtt_ms": _text(month.rtt_ms), "loss": _text(month.loss),
        "longest_h": _text(month.longest_h), "measured": _text(month.measured_share),
        "down_min": round(month.down_s / 60), "maintenance_min": round(month.maintenance_s / 60),
        "promised_availability": _text(promise.availability), "promised_rtt_ms": _text(promise.rtt_ms),
        "promised_loss": _text(promise.loss), "promised_restore_h": _text(promise.restore_h),
    }  # fmt: skip


def _text(value: Decimal | None) -> str:
    return "" if value is None else f"{value.normalize():f}"


def _evidence(month: ServiceMonth) -> tuple[Evidence, ...]:
    """The outages that count, longest first."""
    counted = sorted((o for o in month.outages if o.counts), key=lambda o: -o.duration_s)[:5]
    return tuple(
        Evidence("probe", label, state, since=outage.start, at=outage.end)
        for outage in counted for label, state in (*outage.probes, *outage.ports)
    )  # fmt: skip


RULE = ServiceRule(CODE, judge, (MEASURED_SHARE, YOUNG_H))
