"""Segments of a ring follow on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from inventory.gates.problems import Problems, refuse
from inventory.models import RingSegment
from kernel.spec import Spec


def ring_segments_follow_on(spec: Spec, rows: Sequence[Any]) -> None:
    """Segment n ends where segment n + 1 starts. Whether the last one closes the ring, `ring_gaps` tells."""
    if spec.model is not RingSegment:
        return
    own = {row.pk for row in rows}
    stored = RingSegment._base_manager.filter(ring_id__in={row.ring_id for row in rows}).order_by("pk")
    found: dict[tuple[int, int], tuple[int, int, int | None]] = {}
    for pk, ring, sequence, start, end in stored.values_list(
        "pk", "ring_id", "sequence", "from_location_id", "to_location_id"
    ):
        if pk not in own:
            found[ring, sequence] = (start, end, None)
    for position, row in enumerate(rows):
        found[row.ring_id, row.sequence] = (row.from_location_id, row.to_location_id, position)
    problems: Problems = {}
    for (ring, sequence), (_start, end, i) in found.items():
        following = found.get((ring, sequence + 1))
        if following is None or end == following[0]:
            continue
        values = {"this": sequence, "next": sequence + 1}
        if following[2] is not None:
            message = _("Segment %(this)d ends in another room; start segment %(next)d where it ends.") % values
            problems[following[2]] = {"from_location": [message]}
        elif i is not None:
            message = _("Segment %(next)d starts in another room; end segment %(this)d there.") % values
            problems[i] = {"to_location": [message]}
    refuse(problems)
