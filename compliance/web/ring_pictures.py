"""A ring as it stands: its drawing, its segments with what both ends say, and who would lose what."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from compliance import texts
from compliance.models import RingVerdict
from compliance.web.figures import chip
from compliance.web.line_ends import ends_of
from inventory.models import Circuit, CircuitTermination, Egress, Ring, RingSegment
from inventory.selectors.rings import room_names
from kernel.web.cells import url_of

STATES = {
    "up": (gettext_lazy("up"), "circle-check", "ok-i"),
    "down": (gettext_lazy("down"), "plug-connected-x", "bad-i"),
    "unknown": (gettext_lazy("unknown"), "help-circle", "unk-i"),
}
WIDTH, HEIGHT = 520, 324
_RADII = (168, 104)


@dataclass(frozen=True)
class Node:
    pk: int
    name: str
    x: float
    y: float
    label_x: float
    label_y: float
    anchor: str
    lines: int = 0
    is_exit: bool = False


@dataclass(frozen=True)
class Segment:
    sequence: int
    start: Node
    end: Node
    line: Circuit
    url: str
    state: str
    reason: str
    evidence: tuple[str, ...]

    @property
    def word(self) -> Any:
        return STATES[self.state][0]

    @property
    def icon(self) -> str:
        return STATES[self.state][1]

    @property
    def tone(self) -> str:
        return STATES[self.state][2]

    @property
    def middle(self) -> tuple[float, float]:
        return round((self.start.x + self.end.x) / 2, 1), round((self.start.y + self.end.y) / 2, 1)

    @property
    def badge(self) -> tuple[float, float]:
        """The corner of a 20 px sign on the middle."""
        x, y = self.middle
        return x - 10, y - 10


@dataclass(frozen=True)
class Exposure:
    """Lines and departments behind the rooms of a ring, by room."""

    by_room: Mapping[int, frozenset[tuple[int, int | None]]]

    def lines(self, rooms: Iterable[int] | None = None) -> int:
        return len({line for line, _tenant in self._of(rooms)})

    def departments(self, rooms: Iterable[int] | None = None) -> int:
        return len({tenant for _line, tenant in self._of(rooms) if tenant is not None})

    def _of(self, rooms: Iterable[int] | None) -> set[tuple[int, int | None]]:
        found: set[tuple[int, int | None]] = set()
        for room in self.by_room if rooms is None else rooms:
            found |= self.by_room.get(room, frozenset())
        return found


@dataclass(frozen=True)
class ExitPair:
    name: str
    target: str
    exits: tuple[dict[str, Any], ...]
    shared_rooms: tuple[str, ...]
    shared_carriers: tuple[str, ...]


@dataclass(frozen=True)
class RingPicture:
    ring: Ring
    url: str
    verdict: str
    state: str
    state_text: str
    sentence: str
    since: Any
    nodes: tuple[Node, ...]
    segments: tuple[Segment, ...]
    exposure: Exposure
    exits: tuple[ExitPair, ...] = ()
    what_if: tuple[dict[str, Any], ...] = field(default=())

    @property
    def width(self) -> int:
        return WIDTH

    @property
    def height(self) -> int:
        return HEIGHT

    @property
    def down(self) -> list[Segment]:
        return [segment for segment in self.segments if segment.state == "down"]

    @property
    def has_lost_reserve(self) -> bool:
        return self.state in (RingVerdict.State.PROTECTED, RingVerdict.State.SPLIT)

    @property
    def exposed_lines(self) -> int:
        return self.exposure.lines()

    @property
    def exposed_departments(self) -> int:
        return self.exposure.departments()

    @property
    def exposed_url(self) -> str:
        return f"{reverse('board')}?ring={self.ring.pk}"

    @property
    def label(self) -> str:
        said = ", ".join(f"{s.start.name} – {s.end.name}: {s.word}" for s in self.segments)
        return f"{self.ring.name}. {said}"


def cut_off(rooms: Sequence[int], links: Iterable[tuple[int, int]], exits: set[int]) -> set[int]:
    """The rooms that no remaining link joins to an exit. Without a known exit nobody can say."""
    if not exits:
        return set()
    neighbours: dict[int, set[int]] = defaultdict(set)
    for a, b in links:
        neighbours[a].add(b)
        neighbours[b].add(a)
    reached, waiting = set(), [room for room in rooms if room in exits]
    while waiting:
        room = waiting.pop()
        if room not in reached:
            reached.add(room)
            waiting += neighbours[room] - reached
    return set(rooms) - reached


def ring_pictures(rings: QuerySet[Ring], lines: QuerySet[Any]) -> list[RingPicture]:
    """`lines` are those the reader may see: the counts are of them alone. Seven queries for any number of rings."""
    segments = RingSegment.objects.order_by("sequence", "pk").select_related(
        "circuit__provider", "circuit__type", "from_location__site", "to_location__site"
    )
    loaded = list(
        rings.select_related("network", "ring_verdict").prefetch_related(Prefetch("segments", segments)).order_by("pk")
    )
    rooms = {segment.from_location_id for ring in loaded for segment in ring.segments.all()}
    rooms |= {segment.to_location_id for ring in loaded for segment in ring.segments.all()}
    behind = _behind(rooms, lines)
    exits = _exits()
    return [_picture(ring, behind, exits) for ring in loaded]


def _behind(rooms: set[int], lines: QuerySet[Any]) -> dict[int, set[tuple[int, int | None]]]:
    """Which lines end in which room of a ring, without the rings' own."""
    wanted = lines.exclude(role__in=(Circuit.Role.RING, Circuit.Role.EGRESS)).filter(status=Circuit.Status.ACTIVE)
    rows = CircuitTermination.objects.filter(location_id__in=rooms, circuit__in=wanted.order_by().values("pk"))
    found: dict[int, set[tuple[int, int | None]]] = defaultdict(set)
    for room, line, tenant in rows.values_list("location_id", "circuit_id", "circuit__tenant_id"):
        found[room].add((line, tenant))
    return found


def _exits() -> list[Any]:
    """Every egress with the rooms that its line ends in."""
    rows = list(
        Egress.objects.select_related("pair", "circuit__provider", "circuit__line_verdict", "router").order_by(
            "pair__name", "name", "pk"
        )
    )
    ends = ends_of(row.circuit_id for row in rows)
    for row in rows:
        own = [end for end in ends.get(row.circuit_id, {}).values() if end.location_id is not None]
        row.rooms = {end.location_id: end.place for end in own}  # type: ignore[attr-defined]  # kept on the loaded row
    return rows


def _serves(row: Any, ring: Ring, rooms: set[int]) -> bool:
    """An exit belongs to a ring when its line ends in one of its rooms, or when it is recorded for its network."""
    networks = {row.circuit.network_id, row.pair.network_id if row.pair else None}
    return bool(rooms & set(row.rooms)) or ring.network_id in networks


def _pairs(exits: Iterable[Any]) -> tuple[ExitPair, ...]:
    groups: dict[str, list[Any]] = defaultdict(list)
    for row in exits:
        groups[row.pair.name if row.pair else ""].append(row)
    pairs = []
    for name, rows in groups.items():
        shared = set.intersection(*(set(row.rooms.items()) for row in rows)) if len(rows) > 1 else set()
        carriers = {row.circuit.provider.name for row in rows}
        pairs.append(
            ExitPair(
                name or _("Exits without a pair"),
                rows[0].pair.get_target_display() if rows[0].pair else "",
                tuple(_exit(row) for row in rows),
                tuple(sorted(room for _pk, room in shared)),
                tuple(carriers) if len(rows) > 1 and len(carriers) == 1 else (),
            )
        )
    return tuple(pairs)


def _exit(row: Any) -> dict[str, Any]:
    verdict = getattr(row.circuit, "line_verdict", None)
    return {
        "name": row.name,
        "url": url_of(row.circuit),
        "carrier": row.circuit.provider.name,
        "number": row.circuit.line_no or row.circuit.cid,
        "mbps": row.bandwidth_mbps,
        "rooms": sorted(row.rooms.values()),
        "verdict": chip(verdict.verdict if verdict else None),
    }


def _picture(ring: Ring, behind: Mapping[int, set[tuple[int, int | None]]], exits: Iterable[Any]) -> RingPicture:
    said = getattr(ring, "ring_verdict", None)
    rows = list(ring.segments.all())
    order = _order(rows)
    exits = [row for row in exits if _serves(row, ring, set(order))]
    exit_rooms = {room for row in exits for room in row.rooms}
    exposure = Exposure({room: frozenset(behind.get(room, ())) for room in order})
    nodes = _nodes(order, rows, exposure, exit_rooms)
    segments = tuple(_segment(row, nodes, said) for row in rows)
    return RingPicture(
        ring=ring,
        url=reverse("ring", args=[ring.pk]),
        verdict=chip(said.verdict if said else None),
        state=said.state if said else RingVerdict.State.UNKNOWN.value,
        state_text=str(said.get_state_display() if said else RingVerdict.State.UNKNOWN.label),
        sentence=texts.sentence(said.explanation) if said else _("Nobody has judged this ring yet."),
        since=said.since if said else None,
        nodes=tuple(nodes.values()),
        segments=segments,
        exposure=exposure,
        exits=_pairs(exits),
        what_if=_what_if(segments, exposure, exit_rooms),
    )


def _order(rows: Sequence[RingSegment]) -> list[int]:
    """Rooms once around the ring, as the segments go."""
    following = {row.from_location_id: row.to_location_id for row in rows}
    order: list[int] = []
    room = rows[0].from_location_id if rows else None
    while room is not None and room not in order:
        order.append(room)
        room = following.get(room)
    for row in rows:  # an open chain, or one recorded in two directions
        order += [pk for pk in (row.from_location_id, row.to_location_id) if pk not in order]
    return order


def _nodes(
    order: Sequence[int], rows: Sequence[RingSegment], exposure: Exposure, exit_rooms: set[int]
) -> dict[int, Node]:
    rooms = {room.pk: room for row in rows for room in (row.from_location, row.to_location)}
    names = room_names({pk: (room.site.name, room.name) for pk, room in rooms.items()})
    found = {}
    for at, pk in enumerate(order):
        angle = 2 * math.pi * at / len(order) - math.pi / 2
        cos, sin = math.cos(angle), math.sin(angle)
        x, y = WIDTH / 2 + _RADII[0] * cos, HEIGHT / 2 + _RADII[1] * sin
        is_beside = abs(cos) > 0.3
        found[pk] = Node(
            pk,
            names[pk],
            round(x, 1),
            round(y, 1),
            round(x + (20 if cos > 0 else -20) * is_beside, 1),
            round(y + (4 if is_beside else 26 if sin > 0 else -38), 1),
            "middle" if not is_beside else "start" if cos > 0 else "end",
            exposure.lines([pk]),
            pk in exit_rooms,
        )
    return found


def _segment(row: RingSegment, nodes: Mapping[int, Node], said: RingVerdict | None) -> Segment:
    known = {entry["sequence"]: entry for entry in (said.inputs.get("segments", []) if said else [])}
    entry = known.get(row.sequence, {})
    state = entry.get("state", "unknown")
    return Segment(
        row.sequence,
        nodes[row.from_location_id],
        nodes[row.to_location_id],
        row.circuit,
        url_of(row.circuit),
        state if state in STATES else "unknown",
        entry.get("reason", ""),
        (),
    )


def _what_if(segments: Sequence[Segment], exposure: Exposure, exit_rooms: set[int]) -> tuple[dict[str, Any], ...]:
    """For each segment that is not down: whom its loss would cut off, as things stand now."""
    rooms = list(dict.fromkeys(node.pk for s in segments for node in (s.start, s.end)))
    if not exit_rooms & set(rooms):
        return ()
    found = []
    for gone in segments:
        if gone.state == "down":
            continue
        links = [(s.start.pk, s.end.pk) for s in segments if s.state != "down" and s is not gone]
        lost = cut_off(rooms, links, exit_rooms)
        found.append(
            {
                "segment": gone,
                "lines": exposure.lines(lost),
                "departments": exposure.departments(lost),
                "rooms": [s.start.name for s in segments if s.start.pk in lost],
                "url": f"{reverse('board')}?" + "&".join(f"room={pk}" for pk in sorted(lost)),
            }
        )
    return tuple(sorted(found, key=lambda row: -row["lines"]))
