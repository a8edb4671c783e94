from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from collectors.models import SeenAddress


@dataclass(frozen=True, slots=True)
class SeenAddressValue:
    device_id: int
    address: str
    """With its prefix length."""
    interface: str
    if_index: int
    since: dt.datetime
    is_sample: bool


_COLUMNS = ("device_id", "address", "interface", "if_index", "first_seen_at", "is_sample")


def addresses(device_ids: Iterable[int]) -> dict[int, tuple[SeenAddressValue, ...]]:
    """Present addresses by device. One query."""
    rows = SeenAddress.objects.filter(device_id__in=set(device_ids), ended_at=None)
    found: dict[int, list[SeenAddressValue]] = defaultdict(list)
    for row in rows.order_by("device_id", "if_index", "id").values_list(*_COLUMNS):
        found[row[0]].append(SeenAddressValue(*row))
    return {device_id: tuple(values) for device_id, values in found.items()}
