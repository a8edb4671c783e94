"""T03: a line that is too small for what its department does in working hours.

Measured against the approved bandwidth. A line that carries clearly more than that is not limited to it: the carrier
gives more than the contract says, which is worth knowing and congests nobody.
"""

from __future__ import annotations

from typing import Any

from compliance.rules.values import Evidence, LineFacts, LineRule, Outcome, Parameter, Parameters, UseDay, Verdict

CODE = "T03"
PERCENT = Parameter("percent", 80, 30, 100)
DAYS = Parameter("days", 5, 1, 20)
OF_DAYS = Parameter("of_days", 20, 5, 60)
MORE_PERCENT = Parameter("more_percent", 110, 101, 1000)
_OCTETS = "1.3.6.1.2.1.31.1.1.1.6"


def judge(facts: LineFacts, parameters: Parameters) -> Outcome:
    mbps = facts.approved_mbps or facts.declared_mbps
    inputs: dict[str, Any] = {"status": facts.status, "mbps": mbps}
    if not facts.is_in_use:
        return Outcome(Verdict.NOT_APPLICABLE, "not_in_use", {"status": facts.status}, inputs)
    if mbps is None:
        return Outcome(Verdict.UNKNOWN, "t03_no_bandwidth", {}, inputs)
    if not facts.own_ends or facts.use is None:
        return Outcome(Verdict.UNKNOWN, "t03_only_trunk" if facts.ends else "t03_not_bound", {}, inputs)
    wanted = frozenset(facts.use.working_days[-parameters["of_days"] :])
    name, days = _busiest_end({name: [d for d in days if d.day in wanted] for name, days in facts.use.ends.items()})
    limit = mbps * 10_000 * parameters["percent"]
    full = [day for day in days if day.worst_bps > limit]
    values: dict[str, Any] = {
        "mbps": mbps, "percent": parameters["percent"], "days": len(full), "of_days": len(wanted), "told": len(days),
        "least": parameters["days"], "most_mbps": round(max((d.worst_bps for d in days), default=0) / 1e6, 1),
    }  # fmt: skip
    inputs |= {
        "end": name, "limit_bps": limit, "days": {day.day.isoformat(): day.worst_bps for day in full},
        "measured_days": len(days), "working_days": len(wanted),
    }  # fmt: skip
    device, _space, port = name.rpartition(" ")
    evidence = (
        Evidence("traffic", _OCTETS, str(round(values["most_mbps"] * 1e6)), device, port, observations=len(days)),
    )
    verdict, code = _verdict(days, len(full), len(wanted), mbps, parameters)
    return Outcome(verdict, code, values, inputs, evidence if days else (), len(days))


def _busiest_end(ends: dict[str, list[UseDay]]) -> tuple[str, list[UseDay]]:
    """Both ends carry the same traffic; the one that tells more days speaks."""
    return max(
        ends.items(), key=lambda end: (len(end[1]), max((d.worst_bps for d in end[1]), default=0)), default=("", [])
    )


def _verdict(days: list[UseDay], full: int, wanted: int, mbps: int, parameters: Parameters) -> tuple[Verdict, str]:
    if any(day.worst_bps > mbps * 10_000 * parameters["more_percent"] for day in days):
        return Verdict.INFO, "t03_carrier_gives_more"
    if full >= parameters["days"]:
        return Verdict.WARN, "t03_congested"
    # The days nobody measured could all have been full.
    if full + wanted - len(days) >= parameters["days"]:
        return Verdict.UNKNOWN, "t03_too_little_data"
    return Verdict.PASS, "t03_has_room"


RULE = LineRule(CODE, judge, (PERCENT, DAYS, OF_DAYS, MORE_PERCENT), counts_when_broken=True)
