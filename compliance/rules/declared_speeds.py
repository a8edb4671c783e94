"""T01: a line declared faster than the port it ends in.

A port's speed is an upper bound. It proves "less than declared" and never "as much as declared": a pass says no more
than that the port doesn't contradict the record.
"""

from __future__ import annotations

from typing import Any

from compliance.rules.values import (
    OBSERVATIONS,
    EndFacts,
    Evidence,
    LineFacts,
    LineRule,
    Outcome,
    Parameters,
    Verdict,
    speed_evidence,
    state_evidence,
    unreadable,
)

CODE = "T01"


def judge(facts: LineFacts, parameters: Parameters) -> Outcome:
    inputs: dict[str, Any] = {"declared_mbps": facts.declared_mbps, "status": facts.status}
    if not facts.is_in_use:
        return Outcome(Verdict.NOT_APPLICABLE, "not_in_use", {"status": facts.status}, inputs)
    if facts.declared_mbps is None:
        return Outcome(Verdict.UNKNOWN, "t01_nothing_declared", {}, inputs)
    inputs["ends"] = [_input(end) for end in facts.ends]
    if not facts.ends:
        return Outcome(Verdict.UNKNOWN, "t01_not_bound", {}, inputs)
    if facts.is_rate_limited_upstream:
        return _by_acceptance(facts, facts.declared_mbps, inputs)
    if not facts.own_ends:
        return Outcome(Verdict.UNKNOWN, "t01_only_trunk", {"ports": _labels(facts.ends)}, inputs)
    said = [_at_end(end, facts.declared_mbps, facts.role, parameters) for end in facts.own_ends]
    worst = min(said, key=lambda outcome: (outcome.verdict.rank, outcome.values.get("mbps", 0)))
    proof = tuple(e for outcome in said for e in outcome.evidence)
    return Outcome(worst.verdict, worst.code, worst.values, inputs, proof, worst.observations)


def _by_acceptance(facts: LineFacts, declared: int, inputs: dict[str, Any]) -> Outcome:
    """The carrier limits the rate before the hand-off, so the port can't tell; the acceptance test can."""
    measured = facts.acceptance_mbps
    inputs["acceptance_mbps"] = measured
    if measured is None:
        return Outcome(Verdict.UNKNOWN, "t01_limited_upstream", {"declared": declared}, inputs)
    evidence = (Evidence("throughput", "acceptance", str(measured)),)
    values = {"declared": declared, "mbps": measured, "less": declared - measured}
    if declared > measured:
        return Outcome(Verdict.FINDING, "t01_acceptance_slower", values, inputs, evidence)
    # A signed measurement stands by itself, as good as the observations that close a finding.
    return Outcome(Verdict.PASS, "t01_acceptance_carries", values, inputs, evidence, OBSERVATIONS.default)


def _at_end(end: EndFacts, declared: int, role: str, parameters: Parameters) -> Outcome:
    if reason := unreadable(end):
        return Outcome(Verdict.UNKNOWN, *reason)
    values: dict[str, Any] = {"side": end.side, "device": end.device, "port": end.interface, "declared": declared}
    if end.is_sub_interface or end.is_shaped:
        return _by_policer(end, declared, values, parameters)
    if end.oper != "up" or not end.speed_mbps:
        code = "t01_standby_down" if role == "standby" else "t01_port_down"
        return Outcome(Verdict.UNKNOWN, code, values, evidence=(state_evidence(end),), observations=end.observations)
    values |= {"mbps": end.speed_mbps, "less": declared - end.speed_mbps, "observations": end.observations}
    evidence = (speed_evidence(end),)
    if declared <= end.speed_mbps:
        return Outcome(Verdict.PASS, "t01_port_carries", values, {}, evidence, end.observations)
    if end.observations < parameters["observations"]:
        return Outcome(Verdict.UNKNOWN, "t01_seen_once", values, {}, evidence, end.observations)
    return Outcome(Verdict.FINDING, "t01_port_slower", values, {}, evidence, end.observations)


def _by_policer(end: EndFacts, declared: int, values: dict[str, Any], parameters: Parameters) -> Outcome:
    """A sub-interface shows its parent's speed and a shaped port its own; only the policer's rate is the line's."""
    if end.policer_mbps is None:
        return Outcome(Verdict.UNKNOWN, "t01_shaped", values)
    values |= {"mbps": end.policer_mbps, "less": declared - end.policer_mbps}
    evidence = (
        Evidence("policer", "configuration", str(end.policer_mbps), end.device, end.interface, end.side, None,
                 end.last_read_at, end.observations),
    )  # fmt: skip
    if declared > end.policer_mbps:
        if end.observations < parameters["observations"]:
            return Outcome(Verdict.UNKNOWN, "t01_seen_once", values, {}, evidence, end.observations)
        return Outcome(Verdict.FINDING, "t01_policer_slower", values, {}, evidence, end.observations)
    return Outcome(Verdict.PASS, "t01_policer_carries", values, {}, evidence, end.observations)


def _input(end: EndFacts) -> dict[str, Any]:
    return {
        "side": end.side, "device": end.device, "port": end.interface, "speed_mbps": end.speed_mbps,
        "oper": end.oper, "is_trunk": end.is_trunk, "is_sub_interface": end.is_sub_interface,
        "is_shaped": end.is_shaped, "policer_mbps": end.policer_mbps, "device_state": end.device_state.value,
    }  # fmt: skip


def _labels(ends: tuple[EndFacts, ...]) -> str:
    return ", ".join(end.label for end in ends)


RULE = LineRule(CODE, judge, (OBSERVATIONS,))
