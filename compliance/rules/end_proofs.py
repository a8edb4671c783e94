"""P01: do both ends say by LLDP that they are joined? Shown as a state of proof; only a contradiction is a warning.

Carriers' gear often swallows LLDP and many small devices don't speak it, so hearing nobody breaks no rule.
"""

from __future__ import annotations

from typing import Any

from compliance.rules.values import (
    LLDP_REMOTE,
    EndFacts,
    Evidence,
    LineFacts,
    LineRule,
    Outcome,
    Parameters,
    Proof,
    Verdict,
    unreadable,
)

CODE = "P01"
ENDS = 2


def judge(facts: LineFacts, parameters: Parameters) -> Outcome:
    inputs: dict[str, Any] = {"status": facts.status}
    if not facts.is_in_use:
        return Outcome(Verdict.NOT_APPLICABLE, "not_in_use", {"status": facts.status}, inputs)
    inputs |= {"ends": [_said(end) for end in facts.ends], "proof": proof_of(facts).value}
    evidence = tuple(e for end in facts.ends for e in _evidence(end))
    observations = min((end.observations for end in facts.ends if end.sight), default=0)
    if wrong := [end for end in facts.ends if _contradicts(end)]:
        return Outcome(Verdict.WARN, "p01_sees_another", _values(wrong[0]), inputs, evidence, observations)
    proved = [end for end in facts.ends if _proves(end)]
    if proof_of(facts) is Proof.BOTH:
        return Outcome(Verdict.PASS, "p01_both", {}, inputs, evidence, observations)
    if proved:
        return Outcome(Verdict.INFO, "p01_one", _values(proved[0]), inputs, evidence, observations)
    code, values = _why_not(facts)
    return Outcome(Verdict.UNKNOWN, code, values, inputs, evidence)


def proof_of(facts: LineFacts) -> Proof:
    sides = {end.side for end in facts.ends if _proves(end)}
    if len(sides) == ENDS:
        return Proof.BOTH
    return Proof.ONE if sides else Proof.NONE


def _proves(end: EndFacts) -> bool:
    return end.is_readable and end.sight is not None and end.sight.is_expected


def _contradicts(end: EndFacts) -> bool:
    """Hears somebody else than the record has. Without a recorded other end there is nothing to contradict."""
    return (
        end.is_readable and end.sight is not None and not end.sight.is_expected
        and end.other_end_is_bound and not end.is_trunk
    )  # fmt: skip


def _why_not(facts: LineFacts) -> tuple[str, dict[str, Any]]:
    if not facts.ends:
        return "p01_not_bound", {}
    if reasons := [reason for end in facts.ends if (reason := unreadable(end))]:
        return reasons[0]
    end = facts.ends[0]
    values = {"device": end.device, "port": end.interface}
    if not any(e.speaks_lldp for e in facts.ends):
        return "p01_no_lldp", values
    if any(e.sight for e in facts.ends):
        return "p01_other_end_not_bound", values
    return "p01_hears_nobody", values


def _values(end: EndFacts) -> dict[str, Any]:
    values = {"side": end.side, "device": end.device, "port": end.interface}
    if end.sight is not None:
        values |= {"seen_device": end.sight.device, "seen_port": end.sight.port}
    return values


def _said(end: EndFacts) -> dict[str, Any]:
    return _values(end) | {
        "is_expected": end.sight.is_expected if end.sight else None, "speaks_lldp": end.speaks_lldp,
        "device_state": end.device_state.value,
    }  # fmt: skip


def _evidence(end: EndFacts) -> list[Evidence]:
    if end.sight is None:
        return []
    return [
        Evidence("neighbour", LLDP_REMOTE, f"{end.sight.device} {end.sight.port}", end.device, end.interface, end.side,
                 end.sight.since, end.last_read_at, end.observations)
    ]  # fmt: skip


RULE = LineRule(CODE, judge, (), counts_when_broken=True)
