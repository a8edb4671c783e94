"""P02: a line in use whose ports say that it is down, now.

T02 and T06 measure how long and how often; this one says which lines to call the carrier about. It has nothing to say
where another rule has the word: a ring's segment (T08), a line that never was up (T05), a standby line at rest.
"""

from __future__ import annotations

from typing import Any

from compliance.rules.values import (
    OBSERVATIONS,
    EndFacts,
    LineFacts,
    LineRule,
    Outcome,
    Parameters,
    Verdict,
    state_evidence,
    unreadable,
)

CODE = "P02"


def judge(facts: LineFacts, parameters: Parameters) -> Outcome:
    inputs: dict[str, Any] = {"status": facts.status, "role": facts.role}
    if not facts.is_in_use:
        return Outcome(Verdict.NOT_APPLICABLE, "not_in_use", {"status": facts.status}, inputs)
    if facts.is_ring_segment:
        return Outcome(Verdict.NOT_APPLICABLE, "p02_ring_segment", {}, inputs)
    inputs["ends"] = [_input(end) for end in facts.ends]
    if not facts.own_ends:
        code = "p02_only_trunk" if facts.ends else "p02_not_bound"
        return Outcome(Verdict.UNKNOWN, code, {}, inputs)
    readable = [end for end in facts.own_ends if end.is_readable]
    evidence = tuple(state_evidence(end) for end in readable)
    if up := [end for end in readable if end.is_up]:
        # One end is enough: what it is joined to carries its light, whatever the other port calls itself.
        best = max(up, key=lambda end: end.observations)
        return Outcome(Verdict.PASS, "p02_up", _where(best), inputs, evidence, best.observations)
    if not readable:
        code, said = unreadable(facts.own_ends[0]) or ("port_not_seen", {})
        return Outcome(Verdict.UNKNOWN, code, said, inputs)
    return _down(facts, readable, Outcome(Verdict.UNKNOWN, "", {}, inputs, evidence), parameters)


def _down(facts: LineFacts, readable: list[EndFacts], said: Outcome, parameters: Parameters) -> Outcome:
    end = min(readable, key=lambda e: e.observations)
    values = _where(end) | {"since": end.value_since.isoformat() if end.value_since else ""}

    def outcome(verdict: Verdict, code: str) -> Outcome:
        return Outcome(verdict, code, values, said.inputs, said.evidence, end.observations)

    if not all(e.is_down for e in readable):
        return outcome(Verdict.UNKNOWN, "p02_state_untold")
    if facts.role == "standby":
        return outcome(Verdict.INFO, "p02_standby_down")
    if not any(facts.was_up(e) for e in readable):
        return outcome(Verdict.NOT_APPLICABLE, "p02_never_up")
    if end.observations < parameters["observations"]:
        return outcome(Verdict.UNKNOWN, "p02_seen_once")
    return outcome(Verdict.FINDING, "p02_down")


def _where(end: EndFacts) -> dict[str, Any]:
    return {"side": end.side, "device": end.device, "port": end.interface, "observations": end.observations}


def _input(end: EndFacts) -> dict[str, Any]:
    return {
        "side": end.side, "device": end.device, "port": end.interface, "oper": end.oper, "admin": end.admin,
        "is_trunk": end.is_trunk, "device_state": end.device_state.value, "was_up": end.ever_up_at is not None,
    }  # fmt: skip


RULE = LineRule(CODE, judge, (OBSERVATIONS,))
