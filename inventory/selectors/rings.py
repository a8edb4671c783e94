from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from inventory.models import RingSegment


def room_names(rooms: Mapping[int, tuple[str, str]]) -> dict[int, str]:
    """What a ring's rooms are called, from (site, room) by number.

    By room; where several are called the same, by their site, and by both where that repeats too.
    """
    ways = (
        {pk: room for pk, (_site, room) in rooms.items()},
        {pk: site for pk, (site, _room) in rooms.items()},
        {pk: f"{site} {room}" for pk, (site, room) in rooms.items()},
    )
    return next((names for names in ways if len(set(names.values())) == len(names)), ways[-1])


@dataclass(frozen=True, slots=True)
class Segment:
    ring_id: int
    sequence: int
    circuit_id: int
    from_location_id: int
    from_location: str
    to_location_id: int
    to_location: str


@dataclass(frozen=True, slots=True)
class Gap:
    """The segment ends in one room and the one after it (the first one, after the last) starts in another."""

    ring_id: int
    after: int
    before: int
    ends_in: str
    starts_in: str


def ring_segments(ring_ids: Iterable[int]) -> dict[int, list[Segment]]:
    """The segments of each ring in their order; a ring without segments has an empty list. One query."""
    found: dict[int, list[Segment]] = {ring_id: [] for ring_id in ring_ids}
    rows = RingSegment.objects.filter(ring_id__in=list(found)).order_by("ring_id", "sequence")
    for values in rows.values_list(
        "ring_id",
        "sequence",
        "circuit_id",
        "from_location_id",
        "from_location__name",
        "to_location_id",
        "to_location__name",
    ):
        found[values[0]].append(Segment(*values))
    return found


def ring_gaps(ring_ids: Iterable[int]) -> dict[int, list[Gap]]:
    """Where the rings don't close, by ring; a ring that closes is not among the keys. One query."""
    gaps: dict[int, list[Gap]] = defaultdict(list)
    for ring_id, segments in ring_segments(ring_ids).items():
        for this, following in zip(segments, [*segments[1:], *segments[:1]], strict=True):
            if this.to_location_id != following.from_location_id:
                gap = Gap(ring_id, this.sequence, following.sequence, this.to_location, following.from_location)
                gaps[ring_id].append(gap)
    return dict(gaps)
