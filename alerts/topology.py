"""What explains what: which break hides everything behind it. Pure: numbers in, numbers out.

Devices and lines are both nodes, because either can be what is broken. From what surely works (the roots, and every
device that answers) one search goes over all that is not broken; a broken node that it touches is a break that can be
seen, and what lies behind such breaks alone is explained by the nearest of them. So a device with a second way that
works is never explained away, whatever else is broken.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

Node = tuple[str, int]
"""("device", number) or ("line", number)."""


def device(pk: int) -> Node:
    return "device", pk


def line(pk: int) -> Node:
    return "line", pk


@dataclass
class Graph:
    """Undirected; `up` holds the lines by which a device goes towards the network's middle (it is their A end)."""

    neighbours: dict[Node, set[Node]] = field(default_factory=dict)
    roots: set[Node] = field(default_factory=set)

    def join(self, one: Node, other: Node) -> None:
        self.neighbours.setdefault(one, set()).add(other)
        self.neighbours.setdefault(other, set()).add(one)

    def add(self, node: Node) -> None:
        self.neighbours.setdefault(node, set())


@dataclass(frozen=True)
class Explained:
    """`cause` names, for a node that can't be reached, the visible break it lies behind."""

    cause: Mapping[Node, Node]
    visible: frozenset[Node]


def explain(graph: Graph, broken: Iterable[Node], answering: Iterable[Node], rank: Mapping[Node, int]) -> Explained:
    """Each node in time linear in the graph. Of several nearest breaks the one with the smallest rank explains."""
    wrong = set(broken)
    sure = {node for node in (*graph.roots, *answering) if node not in wrong and node in graph.neighbours}
    reached = _flood(graph, sure, wrong)
    visible = {
        node
        for node in wrong
        if node in graph.neighbours and (node in graph.roots or not reached.isdisjoint(graph.neighbours[node]))
    }
    cause: dict[Node, Node] = {}
    waiting = deque(sorted(visible, key=lambda node: (rank.get(node, 9), node)))
    origin = {node: node for node in waiting}
    while waiting:
        node = waiting.popleft()
        for beside in sorted(graph.neighbours[node]):
            if beside not in reached and beside not in origin:
                origin[beside] = cause[beside] = origin[node]
                waiting.append(beside)
    return Explained(cause, frozenset(visible))


def _flood(graph: Graph, sure: set[Node], wrong: set[Node]) -> set[Node]:
    reached = set(sure)
    waiting = deque(sure)
    while waiting:
        for beside in graph.neighbours[waiting.popleft()]:
            if beside not in reached and beside not in wrong:
                reached.add(beside)
                waiting.append(beside)
    return reached


def components(nodes: Iterable[Node], edges: Mapping[Node, Iterable[Node]]) -> list[set[Node]]:
    """Sets of nodes that hang together by these edges."""
    left, found = set(nodes), []
    while left:
        waiting, together = [left.pop()], set()
        while waiting:
            node = waiting.pop()
            together.add(node)
            for beside in edges.get(node, ()):
                if beside in left:
                    left.remove(beside)
                    waiting.append(beside)
        found.append(together)
    return found
