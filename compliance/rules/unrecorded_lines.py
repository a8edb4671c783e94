"""T04: a port that is up and looks like the end of a line that nobody recorded.

It looks like one when its alias names a carrier or a line number, or when it hears a user's device or one that the
record doesn't know. Work in progress has its grace, and a port whose other end is bound is a matter of patching.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from compliance.rules.groups import PORT, GroupRule, PortFacts
from compliance.rules.values import (
    IF_OPER_STATUS,
    LLDP_REMOTE,
    OBSERVATIONS,
    Evidence,
    Outcome,
    Parameter,
    Parameters,
    Verdict,
)

CODE = "T04"
IF_ALIAS = "1.3.6.1.2.1.31.1.1.1.18"
GRACE_HOURS = Parameter("grace_hours", 48, 0, 720)
_NO_LINES: Mapping[int, Outcome] = {}


def judge(facts: PortFacts, parameters: Parameters) -> tuple[Outcome, Mapping[int, Outcome]]:
    inputs: dict[str, Any] = {
        "device": facts.device, "port": facts.port, "alias": facts.alias, "oper": facts.oper,
        "neighbour": facts.neighbour, "neighbour_port": facts.neighbour_port, "is_recorded": facts.is_recorded,
        "work": facts.work_in_progress,
    }  # fmt: skip
    values: dict[str, Any] = {
        "device": facts.device, "port": facts.port, "alias": facts.alias, "neighbour": facts.neighbour,
        "line": facts.alias_line or facts.work_in_progress,
        "since": facts.up_since.isoformat() if facts.up_since else "", "observations": facts.observations,
        "grace": parameters["grace_hours"],
    }  # fmt: skip
    verdict, code = _verdict(facts, parameters)
    return Outcome(verdict, code, values, inputs, _evidence(facts), facts.observations), _NO_LINES


def _verdict(facts: PortFacts, parameters: Parameters) -> tuple[Verdict, str]:
    if facts.is_recorded:
        return Verdict.PASS, "t04_recorded"
    if not facts.is_readable:
        return Verdict.UNKNOWN, "t04_not_read"
    if facts.oper != "up":
        return Verdict.PASS, "t04_down"
    if facts.neighbour_is_bound:
        return Verdict.INFO, "t04_patching"
    if not (facts.alias_points or facts.neighbour_is_elsewhere or facts.neighbour_is_unknown):
        return Verdict.PASS, "t04_no_line"
    if facts.observations < parameters["observations"] or facts.up_since is None:
        return Verdict.UNKNOWN, "t04_seen_once"
    if facts.at - facts.up_since < dt.timedelta(hours=parameters["grace_hours"]):
        return Verdict.INFO, "t04_within_grace"
    if facts.work_in_progress:
        return Verdict.INFO, "t04_work_in_progress"
    if facts.neighbour_is_elsewhere or facts.neighbour_is_unknown:
        return Verdict.FINDING, "t04_hears_user"
    return Verdict.FINDING, "t04_named_line"


def _evidence(facts: PortFacts) -> tuple[Evidence, ...]:
    found = [_said(facts, "state", IF_OPER_STATUS, facts.oper)]
    if facts.alias:
        found.append(_said(facts, "alias", IF_ALIAS, facts.alias))
    if facts.neighbour:
        found.append(_said(facts, "neighbour", LLDP_REMOTE, f"{facts.neighbour} {facts.neighbour_port}".strip()))
    return tuple(found)


def _said(facts: PortFacts, what: str, source: str, raw: str) -> Evidence:
    return Evidence(
        what, source, raw, facts.device, facts.port, since=facts.up_since, at=facts.last_read_at,
        observations=facts.observations,
    )  # fmt: skip


RULE = GroupRule(CODE, PORT, judge, (OBSERVATIONS, GRACE_HOURS))
