"""T07: two exits that stand in for each other must both be up, and fail for different reasons.

Carrier, router and room are the record's; that both lines end in one device is also seen where the record has two.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from compliance.rules.groups import EGRESS_PAIR, ExitFacts, GroupRule, PairFacts
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
)

CODE = "T07"
PAIR = 2


def judge(facts: PairFacts, parameters: Parameters) -> tuple[Outcome, Mapping[int, Outcome]]:
    """The pair's outcome; its lines keep their own (P02 says which one is down)."""
    states = {one.name: _state(one.line, parameters) for one in facts.exits}
    down = [name for name, state in states.items() if state == "down"]
    unknown = [name for name, state in states.items() if state == "unknown"]
    shared = _shared(facts.exits)
    values: dict[str, Any] = {
        "pair": facts.name, "exits": ", ".join(one.name for one in facts.exits), "down": ", ".join(down),
        "unknown": ", ".join(unknown), "shared": list(dict.fromkeys(kind for kind, _what in shared)),
        "what": ", ".join(dict.fromkeys(what for _kind, what in shared)),
    }  # fmt: skip
    inputs = {"exits": [_said(one, states[one.name]) for one in facts.exits]}
    evidence = tuple(e for one in facts.exits for e in _evidence(one))
    readings = [end.observations for one in facts.exits for end in one.line.own_ends if end.is_readable]
    verdict, code = _verdict(facts, len(down), len(unknown), bool(shared))
    return Outcome(verdict, code, values, inputs, evidence, min(readings, default=0)), {}


def _verdict(facts: PairFacts, down: int, unknown: int, is_shared: bool) -> tuple[Verdict, str]:
    if down and down == len(facts.exits):
        return Verdict.FINDING, "t07_all_down"
    if is_shared:
        return Verdict.FINDING, "t07_not_diverse"
    if down:
        return Verdict.WARN, "t07_one_down"
    if len(facts.exits) < PAIR:
        return Verdict.WARN, "t07_alone"
    return (Verdict.UNKNOWN, "t07_unknown") if unknown else (Verdict.PASS, "t07_diverse")


def _state(line: LineFacts, parameters: Parameters) -> str:
    readable = [end for end in line.own_ends if end.is_readable]
    if any(end.is_up for end in readable):
        return "up"
    is_sure = readable and all(end.is_down for end in readable)
    return "down" if is_sure and min(e.observations for e in readable) >= parameters["observations"] else "unknown"


def _shared(exits: tuple[ExitFacts, ...]) -> list[tuple[str, str]]:
    """What any two exits have in common that should differ: (carrier, router, room or device, its name)."""
    found = []
    for i, one in enumerate(exits):
        for other in exits[i + 1 :]:
            for kind in ("carrier", "router", "room"):
                said = getattr(one, kind)
                if said and said == getattr(other, kind):
                    found.append((kind, said))
            found += [("seen_device", name) for name in _near(one) & _near(other)]
    return list(dict.fromkeys(found))


def _near(one: ExitFacts) -> set[str]:
    """Devices that hold the exit's port on our side, whatever the record calls its router: bound, up and read."""
    return {end.device for end in one.line.own_ends if end.is_up}


def _said(one: ExitFacts, state: str) -> dict[str, Any]:
    return {
        "exit": one.name, "line": one.line.line_no, "state": state, "carrier": one.carrier, "router": one.router,
        "room": one.room, "seen_at": sorted(_near(one)), "is_confirmed": _is_confirmed(one),
    }  # fmt: skip


def _is_confirmed(one: ExitFacts) -> bool:
    """A port of the recorded router is up, or hears the router by LLDP."""
    heard = {end.sight.device for end in one.line.own_ends if end.sight is not None and end.is_readable}
    return one.router in _near(one) | heard


def _evidence(one: ExitFacts) -> list[Evidence]:
    ends: list[EndFacts] = [end for end in one.line.own_ends if end.is_readable]
    heard = [
        Evidence("neighbour", LLDP_REMOTE, f"{end.sight.device} {end.sight.port}", end.device, end.interface, end.side,
                 end.sight.since, end.last_read_at, end.observations)
        for end in ends if end.sight is not None
    ]  # fmt: skip
    return [state_evidence(end) for end in ends] + heard


RULE = GroupRule(CODE, EGRESS_PAIR, judge, (OBSERVATIONS,))
