from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from compliance.models import RingVerdict
from compliance.rules.values import Verdict
from inventory.models import Ring
from kernel import policy
from kernel.registry import registry


@dataclass(frozen=True, slots=True)
class SegmentStateValue:
    sequence: int
    name: str
    state: str
    """`up`, `down` or `unknown`."""
    reason: str


@dataclass(frozen=True, slots=True)
class RingStateValue:
    ring_id: int
    name: str
    state: str
    verdict: Verdict
    explanation: Mapping[str, Any]
    segments: tuple[SegmentStateValue, ...]
    since: dt.datetime


def ring_states(user: Any) -> list[RingStateValue]:
    """Rings as last judged, by name. A ring that was never judged is left out. One query."""
    rings = policy.visible(user, registry.of(Ring), Ring.objects.all())
    rows = RingVerdict.objects.filter(ring__in=rings.values("pk")).select_related("ring").order_by("ring__name", "pk")
    return [
        RingStateValue(
            row.ring_id, row.ring.name, row.state, Verdict(row.verdict), row.explanation,
            tuple(SegmentStateValue(**segment) for segment in row.inputs.get("segments", ())), row.since,
        )
        for row in rows
    ]  # fmt: skip
