"""The graph of the recorded network: devices and lines, from bindings, rooms and what devices hear of one another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from alerts.topology import Graph, Node, components, device, line
from collectors.models import SeenNeighbour
from collectors.selectors import normal_port_name
from inventory.models import BoundInterface, Circuit

# Lines whose A end lies further out than their Z end.
OUTWARD = frozenset({Circuit.Role.UPLINK, Circuit.Role.STANDBY, Circuit.Role.ACCESS})
_TO_THE_MIDDLE = Circuit.Role.UPLINK


@dataclass(frozen=True, slots=True)
class Binding:
    circuit_id: int
    side: str
    role: str
    device_id: int
    port: str
    is_shared: bool


@dataclass
class Network:
    graph: Graph = field(default_factory=Graph)
    bindings: list[Binding] = field(default_factory=list)
    of_line: dict[int, list[Binding]] = field(default_factory=lambda: defaultdict(list))


def load(device_names: Mapping[int, str], rooms: Mapping[int, int | None]) -> Network:
    """Every device of the record with every line in use. Two queries."""
    network = Network(bindings=_bindings())
    for binding in network.bindings:
        network.of_line[binding.circuit_id].append(binding)
        network.graph.join(device(binding.device_id), line(binding.circuit_id))
    for pk in device_names:
        network.graph.add(device(pk))
    cables = _cables(device_names, {(b.device_id, b.port) for b in network.bindings})
    for one, other in [*cables, *_through_the_room(network, rooms, {d for pair in cables for d in pair})]:
        network.graph.join(device(one), device(other))
    network.graph.roots = _roots(network)
    return network


def _bindings() -> list[Binding]:
    rows = BoundInterface.objects.filter(termination__circuit__status=Circuit.Status.ACTIVE).order_by("id")
    return [
        Binding(circuit_id, side, role, device_id, normal_port_name(name), is_shared)
        for circuit_id, side, role, device_id, name, is_shared in rows.values_list(
            "termination__circuit_id", "termination__term_side", "termination__circuit__role", "interface__device_id",
            "interface__name", "is_shared",
        )
    ]  # fmt: skip


def _cables(device_names: Mapping[int, str], bound: set[tuple[int, str]]) -> list[tuple[int, int]]:
    """Pairs that hear each other on ports which no line has; a line's own ports are joined by the line."""
    by_name = {_host(name): pk for pk, name in device_names.items()}
    rows = SeenNeighbour.objects.filter(ended_at=None).order_by("id")
    found = []
    for device_id, port, remote in rows.values_list("device_id", "port", "remote_name"):
        other = by_name.get(_host(remote))
        if other is not None and other != device_id and device_id in device_names and (device_id, port) not in bound:
            found.append((device_id, other))
    return found


def _host(name: str) -> str:
    return name.strip().lower().split(".")[0]


def _through_the_room(network: Network, rooms: Mapping[int, int | None], cabled: set[int]) -> Iterable[tuple[int, int]]:
    """A device whose own way up is not known goes through the routers of its room that have one."""
    upward = {b.device_id for b in network.bindings if b.side == "A" and b.role in OUTWARD}
    ringed = {b.device_id for b in network.bindings if b.role == Circuit.Role.RING}
    exits: dict[int, set[int]] = defaultdict(set)
    for pk in upward | ringed:
        if (room := rooms.get(pk)) is not None:
            exits[room].add(pk)
    for pk, room in rooms.items():
        if room is not None and pk not in upward and pk not in ringed and pk not in cabled:
            yield from ((pk, way) for way in exits[room])


def _roots(network: Network) -> set[Node]:
    """The network's middle: parts joined by cables and rings that no line leads further in from.

    In such a part the devices where rings and uplinks end; where there are none, all of it.
    """
    sideways: dict[Node, set[Node]] = {}
    for node, beside in network.graph.neighbours.items():
        sideways[node] = {other for other in beside if node[0] == other[0] == "device"}
    for bindings in network.of_line.values():
        if bindings[0].role not in OUTWARD:
            ends = {device(b.device_id) for b in bindings}
            for end in ends:
                sideways[end] |= ends - {end}
    upward = {device(b.device_id) for b in network.bindings if b.side == "A" and b.role in OUTWARD}
    middle = {
        device(b.device_id)
        for b in network.bindings
        if b.role == Circuit.Role.RING or (b.side == "Z" and b.role == _TO_THE_MIDDLE)
    }
    roots: set[Node] = set()
    for part in components((node for node in sideways if node[0] == "device"), sideways):
        if part.isdisjoint(upward):
            roots |= (part & middle) or part
    return roots
