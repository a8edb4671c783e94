"""Which problem explains which: a dead uplink is one alert, not two hundred."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from alerts.facts import Facts, line_problems
from alerts.models import Alert
from alerts.problems import Problem, device_key, line_key, network_key
from alerts.topology import Explained, Node, explain, line
from collectors.models import Target
from inventory.models import Circuit

LISTED = 300  # lines that an alert names; beyond it only their number is kept
_SLACK = dt.timedelta(minutes=30)
_RANKS = {Circuit.Role.UPLINK: 0, Circuit.Role.RING: 1, Circuit.Role.STANDBY: 3}
_DEVICE_RANK, _LINE_RANK = 2, 4


@dataclass(frozen=True)
class Causes:
    problems: dict[str, Problem]
    parent: dict[str, str]


def causes(facts: Facts, open_keys: Collection[str] = ()) -> Causes:
    """The problems, with lines that broke before their finding is open, and the parent of each that has one."""
    problems = dict(facts.problems)
    broken = facts.silent | {p.node for p in problems.values() if p.kind == Alert.Kind.LINE and p.node is not None}
    broken |= {line(pk) for pk in facts.down_ports}
    said = explain(facts.drawn.graph, broken, facts.answering, _ranks(facts))
    behind: dict[Node, list[Node]] = defaultdict(list)
    for node, cause in said.cause.items():
        behind[cause].append(node)
    for problem in _broken_lines(facts, problems, said, behind, open_keys):
        problems[problem.key] = problem
    parent = _parents(problems, said)
    _by_network(problems, parent)
    for key, problem in problems.items():
        if problem.node is not None and problem.node in said.visible:
            awaiting = problem.kind == Alert.Kind.DEVICE and _is_awaiting(problem, facts)
            problems[key] = problem.with_changes(details=_details(behind[problem.node]), is_awaiting=awaiting)
    return Causes(problems, parent)


def _ranks(facts: Facts) -> dict[Node, int]:
    """Of two breaks equally near an uplink explains sooner than a device, and a device sooner than a standby line."""
    ranks = {line(pk): _RANKS.get(bound[0].role, _LINE_RANK) for pk, bound in facts.drawn.of_line.items()}  # type: ignore[call-overload]  # a choice's value
    return {**ranks, **dict.fromkeys(facts.silent, _DEVICE_RANK)}


def _broken_lines(
    facts: Facts, problems: dict[str, Problem], said: Explained, behind: dict[Node, list[Node]],
    open_keys: Collection[str],
) -> list[Problem]:  # fmt: skip
    """A line whose port is down and that explains a silent device, or did so a moment ago."""
    silent = facts.silent
    wanted = [
        pk
        for pk in facts.down_ports
        if line_key(pk) not in problems
        and line(pk) in said.visible
        and (line_key(pk) in open_keys or not silent.isdisjoint(behind[line(pk)]))
    ]
    return line_problems(facts, sorted(wanted)) if wanted else []


def _parents(problems: dict[str, Problem], said: Explained) -> dict[str, str]:
    found = {}
    for key, problem in problems.items():
        cause = said.cause.get(problem.node) if problem.node is not None else None
        if cause is None:
            continue
        above = problems.get(_key_of(cause))
        if above is not None and _may_explain(above, problem):
            found[key] = above.key
    return found


def _key_of(node: Node) -> str:
    kind, pk = node
    return line_key(pk) if kind == "line" else device_key(pk)


def _may_explain(above: Problem, below: Problem) -> bool:
    """What was wrong long before is not explained by what broke just now."""
    return below.since >= above.since - max(_SLACK, dt.timedelta(seconds=4 * settings.POLL_INTERVAL_S))


def _by_network(problems: dict[str, Problem], parent: dict[str, str]) -> None:
    """Nothing of a network was read: its devices are not blamed; nor are networks when nobody asks at all."""
    stopped = problems.get("system:collector")
    for key, problem in problems.items():
        if problem.kind == Alert.Kind.DEVICE and problem.subject.network_id is not None:
            above = problems.get(network_key(problem.subject.network_id))
        else:
            above = stopped if problem.kind == Alert.Kind.NETWORK else None
        if above is not None and _may_explain(above, problem):
            parent[key] = above.key


def _is_awaiting(problem: Problem, facts: Facts) -> bool:
    """Whether a device beside it was last read before it fell silent, and is due to be asked within two intervals."""
    if facts.at - problem.since > dt.timedelta(seconds=2 * settings.POLL_INTERVAL_S) or problem.node is None:
        return False
    for node in _devices_beside(problem.node, facts):
        asked = facts.asked.get(node[1])
        if (
            asked is not None
            and asked.state == Target.State.UP
            and (asked.ok_at is None or asked.ok_at < problem.since)
        ):
            return True
    return False


def _devices_beside(node: Node, facts: Facts) -> Iterable[Node]:
    neighbours = facts.drawn.graph.neighbours
    for beside in neighbours.get(node, ()):
        if beside[0] == "device":
            yield beside
        else:
            yield from (other for other in neighbours[beside] if other != node)


def _details(nodes: list[Node]) -> dict[str, Any]:
    lines = sorted(pk for kind, pk in nodes if kind == "line")
    return {"devices": sum(1 for kind, _pk in nodes if kind == "device"), "lines": len(lines),
            "line_ids": lines[:LISTED]} if nodes else {}  # fmt: skip
