"""T08: a ring with a segment down is protected, with two it is split.

A segment is down only when a device that answers says so. Silent devices leave it unknown: a dead collector must
never look like a broken ring.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from compliance.rules.groups import RING, GroupRule, RingFacts
from compliance.rules.values import (
    LLDP_REMOTE,
    OBSERVATIONS,
    EndFacts,
    Evidence,
    LineFacts,
    Outcome,
    Parameters,
    Verdict,
    state_evidence,
    unreadable,
)

CODE = "T08"
SPLIT = 2


def judge(facts: RingFacts, parameters: Parameters) -> tuple[Outcome, Mapping[int, Outcome]]:
    """The ring's outcome and, by circuit, its lines' outcomes."""
    segments = [(segment, _segment(segment.line, parameters)) for segment in facts.segments]
    down = [(segment, said) for segment, said in segments if said.code == "t08_segment_down"]
    unknown = [(segment, said) for segment, said in segments if said.verdict is Verdict.UNKNOWN]
    values: dict[str, Any] = {
        "ring": facts.name, "segments": len(segments), "down": len(down), "unknown": len(unknown),
        "names": ", ".join(segment.name for segment, _said in down or unknown),
    }  # fmt: skip
    inputs = {
        "segments": [
            {"sequence": segment.sequence, "name": segment.name, "state": _STATES[said.code], "reason": said.code}
            for segment, said in segments
        ]
    }
    evidence = tuple(e for _segment_facts, said in segments for e in said.evidence)
    observations = min((said.observations for _segment_facts, said in segments), default=0)
    verdict, code = _ring(len(segments), len(down), len(unknown))
    if down:
        observations = min(said.observations for _segment_facts, said in down)
    ring = Outcome(verdict, code, values, inputs, evidence, observations)
    return ring, {segment.line.circuit_id: _line(said, segment.sequence, ring) for segment, said in segments}


def _ring(segments: int, down: int, unknown: int) -> tuple[Verdict, str]:
    if segments == 0:
        return Verdict.UNKNOWN, "t08_no_segments"
    if down >= SPLIT:
        return Verdict.FINDING, "t08_split"
    if down:
        return Verdict.WARN, "t08_protected"
    return (Verdict.UNKNOWN, "t08_unknown") if unknown else (Verdict.PASS, "t08_closed")


def _line(said: Outcome, sequence: int, ring: Outcome) -> Outcome:
    """A down segment weighs as much as its ring; the others are judged by themselves."""
    verdict = ring.verdict if said.code == "t08_segment_down" else said.verdict
    values = {**said.values, "ring": ring.values["ring"], "sequence": sequence, "ring_code": ring.code}
    return Outcome(verdict, said.code, values, said.inputs, said.evidence, said.observations)


def _segment(line: LineFacts, parameters: Parameters) -> Outcome:
    inputs = {"status": line.status, "ends": [_said(end) for end in line.ends]}
    if not line.is_in_use:
        return Outcome(Verdict.UNKNOWN, "t08_not_in_use", {"status": line.status}, inputs)
    if not line.own_ends:
        return Outcome(Verdict.UNKNOWN, "t08_not_bound", {}, inputs)
    readable = [end for end in line.own_ends if end.is_readable]
    evidence = tuple(e for end in readable for e in _evidence(end))
    if down := [end for end in readable if end.is_down]:
        end = max(down, key=lambda e: e.observations)
        enough = end.observations >= parameters["observations"]
        code = "t08_segment_down" if enough else "t08_seen_once"
        verdict = Verdict.WARN if enough else Verdict.UNKNOWN
        return Outcome(verdict, code, _where(end), inputs, evidence, end.observations)
    return _not_down(line, readable, inputs, evidence)


def _not_down(
    line: LineFacts, readable: list[EndFacts], inputs: dict[str, Any], evidence: tuple[Evidence, ...]
) -> Outcome:
    """No end says down. Up needs both ends, or one that hears the other end of the record behind it."""
    up = [end for end in readable if end.is_up]
    if strange := [end for end in up if end.sight and not end.sight.is_expected and end.other_end_is_bound]:
        said = _where(strange[0]) | _seen(strange[0])
        return Outcome(Verdict.UNKNOWN, "t08_sees_another", said, inputs, evidence)
    proved = [end for end in up if end.sight is not None and end.sight.is_expected]
    if proved or len({end.side for end in up}) == 2:
        observations = min(end.observations for end in proved or up)
        return Outcome(Verdict.PASS, "t08_segment_up", {}, inputs, evidence, observations)
    for end in line.own_ends:
        if reason := unreadable(end):
            return Outcome(Verdict.UNKNOWN, *reason, inputs, evidence)
    if up:
        return Outcome(Verdict.UNKNOWN, "t08_one_end", _where(up[0]), inputs, evidence)
    return Outcome(Verdict.UNKNOWN, "t08_state_untold", _where(line.own_ends[0]), inputs, evidence)


def _where(end: EndFacts) -> dict[str, Any]:
    return {"side": end.side, "device": end.device, "port": end.interface, "observations": end.observations}


def _seen(end: EndFacts) -> dict[str, Any]:
    return {"seen_device": end.sight.device, "seen_port": end.sight.port} if end.sight else {}


def _said(end: EndFacts) -> dict[str, Any]:
    return {
        "side": end.side, "device": end.device, "port": end.interface, "oper": end.oper, "admin": end.admin,
        "device_state": end.device_state.value, "hears_expected": end.sight.is_expected if end.sight else None,
    }  # fmt: skip


def _evidence(end: EndFacts) -> list[Evidence]:
    found = [state_evidence(end)]
    if end.sight is not None:
        raw = f"{end.sight.device} {end.sight.port}"
        found.append(
            Evidence("neighbour", LLDP_REMOTE, raw, end.device, end.interface, end.side, end.sight.since,
                     end.last_read_at, end.observations)
        )  # fmt: skip
    return found


class _States(dict[str, str]):
    def __missing__(self, code: str) -> str:
        return "unknown"


_STATES = _States(t08_segment_down="down", t08_segment_up="up")

RULE = GroupRule(CODE, RING, judge, (OBSERVATIONS,))
