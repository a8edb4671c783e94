"""T02: a line that is paid for and carries nothing.

No traffic is told from no data: somebody must have been asking nearly all the time. Standby lines rest by their
nature (a switch-over drill proves those), ring segments are reserve, and a school's summer is no idleness.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from compliance.rules.values import (
    EndFacts,
    Evidence,
    LineFacts,
    LineRule,
    Outcome,
    Parameter,
    Parameters,
    UseDay,
    UseFacts,
    Verdict,
    state_evidence,
    unreadable,
)

CODE = "T02"
DAYS = Parameter("days", 30, 7, 90)
FLOOR_KBPS = Parameter("floor_kbps", 10, 1, 100_000)
UPTIME = Parameter("uptime_percent", 95, 50, 100)
IN_OCTETS = "1.3.6.1.2.1.31.1.1.1.6"


def judge(facts: LineFacts, parameters: Parameters) -> Outcome:
    inputs: dict[str, Any] = {"status": facts.status, "role": facts.role, "opened_on": facts.opened_on.isoformat()}
    if not facts.is_in_use:
        return Outcome(Verdict.NOT_APPLICABLE, "not_in_use", {"status": facts.status}, inputs)
    if facts.role == "standby":
        return Outcome(Verdict.NOT_APPLICABLE, "t02_standby", {}, inputs)
    if facts.is_ring_segment:
        return Outcome(Verdict.NOT_APPLICABLE, "t02_ring_segment", {}, inputs)
    days = parameters["days"]
    if (facts.at.date() - facts.opened_on).days < days:
        return Outcome(Verdict.INFO, "t02_new", {"opened_on": facts.opened_on.isoformat(), "days": days}, inputs)
    if not facts.own_ends or facts.use is None:
        return Outcome(Verdict.UNKNOWN, "t02_only_trunk" if facts.ends else "t02_not_bound", {}, inputs)
    return _by_use(facts, facts.use, parameters, inputs)


def _by_use(facts: LineFacts, use: UseFacts, parameters: Parameters, inputs: dict[str, Any]) -> Outcome:
    days, floor = parameters["days"], parameters["floor_kbps"] * 1000
    first = facts.at.date() - dt.timedelta(days=days)
    counted = {
        name: tuple(day for day in told if first <= day.day < facts.at.date()) for name, told in use.ends.items()
    }
    busiest = max((d for of in counted.values() for d in of), key=lambda d: d.total_bps, default=None)
    inputs |= {
        "days": days, "floor_kbps": parameters["floor_kbps"], "collector_percent": round(use.collector_share * 100, 1),
        "ends": [{"end": name, "days": len(of), "peak_bps": _peak(of)} for name, of in counted.items()],
    }  # fmt: skip
    values = {"days": days, "floor": parameters["floor_kbps"], "share": round(use.collector_share * 100, 1)}
    evidence = tuple(_evidence(name, of) for name, of in counted.items() if of)
    if busiest is not None and busiest.total_bps >= floor:
        said = values | {"on": busiest.day.isoformat(), "kbps": round(busiest.total_bps / 1000)}
        return Outcome(Verdict.PASS, "t02_carries", said, inputs, evidence, days)
    if quiet := [day for day in use.quiet_days if first <= day <= facts.at.date()]:
        return Outcome(Verdict.INFO, "t02_season", values | {"until": max(quiet).isoformat()}, inputs, evidence)
    if use.collector_share * 100 < parameters["uptime_percent"]:
        return Outcome(Verdict.UNKNOWN, "t02_collector_away", values, inputs, evidence)
    seen = [end for end in facts.own_ends if end.is_seen]
    if seen and not any(facts.was_up(end) for end in seen):
        return Outcome(Verdict.NOT_APPLICABLE, "t02_never_up", {}, inputs, evidence)
    # A day in which nobody counted this very port is told by its absence.
    if any(len(of) >= days * parameters["uptime_percent"] / 100 for of in counted.values()):
        said = values | {"fee": facts.monthly_fee, "kbps": round((busiest.total_bps if busiest else 0) / 1000, 1)}
        return Outcome(Verdict.FINDING, "t02_idle", said, inputs, evidence, days)
    return _by_state(facts, first, values, inputs)


def _by_state(facts: LineFacts, first: dt.date, values: dict[str, Any], inputs: dict[str, Any]) -> Outcome:
    """Nothing was counted; a port that said for the whole time that it is down is an answer too."""
    readable = [end for end in facts.own_ends if end.is_readable]
    if not readable:
        code, said = unreadable(facts.own_ends[0]) or ("port_not_seen", {})
        return Outcome(Verdict.UNKNOWN, code, said, inputs)
    evidence = tuple(state_evidence(end) for end in readable)
    if not all(end.is_down and _since(end) <= first for end in readable):
        return Outcome(Verdict.UNKNOWN, "t02_too_little_data", values, inputs, evidence)
    said = values | {"fee": facts.monthly_fee, "since_on": max(_since(end) for end in readable).isoformat()}
    return Outcome(Verdict.FINDING, "t02_down", said, inputs, evidence, min(end.observations for end in readable))


def _since(end: EndFacts) -> dt.date:
    return end.value_since.date() if end.value_since is not None else dt.date.max


def _peak(days: tuple[UseDay, ...]) -> int:
    return max((day.total_bps for day in days), default=0)


def _evidence(name: str, days: tuple[UseDay, ...]) -> Evidence:
    device, _space, port = name.rpartition(" ")
    return Evidence("traffic", IN_OCTETS, str(_peak(days)), device, port, observations=len(days))


RULE = LineRule(CODE, judge, (DAYS, FLOOR_KBPS, UPTIME), counts_when_broken=True)
