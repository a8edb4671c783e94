from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from collectors.models import SeenNeighbour


@dataclass(frozen=True, slots=True)
class NeighbourValue:
    """What a port hears at its other end."""

    device_id: int
    port: str
    """Normalised, the key of `port_states`."""
    local_port: str
    remote_name: str
    remote_port: str
    remote_description: str
    remote_chassis_id: str
    remote_address: str
    since: dt.datetime
    is_sample: bool


_COLUMNS = (
    "device_id", "port", "local_port", "remote_name", "remote_port", "remote_description", "remote_chassis_id",
    "remote_address", "first_seen_at", "is_sample",
)  # fmt: skip


def neighbours(device_ids: Iterable[int] | None = None) -> dict[int, tuple[NeighbourValue, ...]]:
    """Present neighbours by device, in port order; of every device without `device_ids`. One query."""
    rows = SeenNeighbour.objects.filter(ended_at=None)
    if device_ids is not None:
        rows = rows.filter(device_id__in=set(device_ids))
    found: dict[int, list[NeighbourValue]] = defaultdict(list)
    for row in rows.order_by("device_id", "port", "id").values_list(*_COLUMNS):
        found[row[0]].append(NeighbourValue(*row))
    return {device_id: tuple(values) for device_id, values in found.items()}
