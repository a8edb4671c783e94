"""T05: a line that the record has in use and nobody ever saw working."""

from __future__ import annotations

import datetime as dt
from typing import Any

from compliance.rules.values import (
    OBSERVATIONS,
    Device,
    EndFacts,
    Evidence,
    LineFacts,
    LineRule,
    Outcome,
    Parameter,
    Parameters,
    Verdict,
    state_evidence,
    unreadable,
)

CODE = "T05"
GRACE_DAYS = Parameter("grace_days", 15, 0, 365)


def judge(facts: LineFacts, parameters: Parameters) -> Outcome:
    inputs: dict[str, Any] = {"status": facts.status, "opened_on": facts.opened_on.isoformat(), "role": facts.role}
    if not facts.is_in_use:
        return Outcome(Verdict.NOT_APPLICABLE, "not_in_use", {"status": facts.status}, inputs)
    inputs["ends"] = [_input(end) for end in facts.ends]
    days = (facts.at.date() - facts.opened_on).days
    values = {"days": days, "grace": parameters["grace_days"], "opened_on": facts.opened_on.isoformat()}
    seen = [end for end in facts.own_ends if facts.was_up(end)]
    if seen:
        return _seen(seen, values, inputs)
    if days <= parameters["grace_days"]:
        return Outcome(Verdict.INFO, "t05_within_grace", values, inputs)
    if not facts.ends:
        evidence = (Evidence("binding", "circuits.boundinterface", "none"),)
        return Outcome(Verdict.FINDING, "t05_not_bound", values, inputs, evidence)
    if not facts.own_ends:
        return Outcome(Verdict.UNKNOWN, "t05_only_trunk", values, inputs)
    return _never_up(facts, values, inputs, parameters)


def _seen(seen: list[EndFacts], values: dict[str, Any], inputs: dict[str, Any]) -> Outcome:
    best = max(seen, key=lambda end: (end.is_up, end.observations))
    said = values | {"side": best.side, "device": best.device, "port": best.interface}
    if best.is_up:
        return Outcome(Verdict.PASS, "t05_seen_up", said, inputs, (state_evidence(best),), best.observations)
    # Up at some time since the opening: enough for "it exists", whatever the port or the device does today.
    return Outcome(
        Verdict.PASS, "t05_was_up", said | {"up_at": best.ever_up_at.isoformat() if best.ever_up_at else ""}, inputs,
        (state_evidence(best),), OBSERVATIONS.default,
    )  # fmt: skip


def _never_up(facts: LineFacts, values: dict[str, Any], inputs: dict[str, Any], parameters: Parameters) -> Outcome:
    down = [end for end in facts.own_ends if end.is_readable]
    if not down:
        end = _best_known(facts.own_ends)
        code, said = unreadable(end) or ("port_not_seen", {})
        return Outcome(Verdict.UNKNOWN, code, said, inputs)
    end = max(down, key=lambda e: e.observations)
    said = values | {
        "side": end.side, "device": end.device, "port": end.interface, "observations": end.observations,
        "watched_since": end.first_seen_at.isoformat() if end.first_seen_at else "",
    }  # fmt: skip
    evidence = tuple(state_evidence(e) for e in down)
    if facts.role == "standby":
        return Outcome(Verdict.UNKNOWN, "t05_standby_down", said, inputs, evidence, end.observations)
    if end.observations < parameters["observations"]:
        return Outcome(Verdict.UNKNOWN, "t05_seen_once", said, inputs, evidence, end.observations)
    return Outcome(Verdict.FINDING, "t05_never_up", said, inputs, evidence, end.observations)


def _best_known(ends: tuple[EndFacts, ...]) -> EndFacts:
    """The end whose silence is told: one that answered some time rather than one that never did."""
    order = [Device.FRESH, Device.STALE, Device.SILENT, Device.NEVER, Device.NOT_POLLED]
    return min(ends, key=lambda end: order.index(end.device_state))


def _input(end: EndFacts) -> dict[str, Any]:
    return {
        "side": end.side, "device": end.device, "port": end.interface, "oper": end.oper, "is_trunk": end.is_trunk,
        "device_state": end.device_state.value, "was_up": end.ever_up_at is not None,
        "first_seen_at": _text(end.first_seen_at),
    }  # fmt: skip


def _text(at: dt.datetime | None) -> str | None:
    return at.isoformat() if at is not None else None


RULE = LineRule(CODE, judge, (OBSERVATIONS, GRACE_DAYS))
