from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from collectors.models import SeenModule


@dataclass(frozen=True, slots=True)
class ModuleValue:
    device_id: int
    index: int
    name: str
    description: str
    klass: str
    """`chassis`, `module`, `powerSupply` and so on."""
    model: str
    serial: str
    firmware: str
    hardware: str
    software: str
    since: dt.datetime
    is_sample: bool


_COLUMNS = (
    "device_id", "index", "name", "description", "klass", "model", "serial", "firmware", "hardware", "software",
    "first_seen_at", "is_sample",
)  # fmt: skip


def modules(device_ids: Iterable[int]) -> dict[int, tuple[ModuleValue, ...]]:
    """Present modules by device, in the device's own order. One query."""
    rows = SeenModule.objects.filter(device_id__in=set(device_ids), ended_at=None).order_by("device_id", "index", "id")
    found: dict[int, list[ModuleValue]] = defaultdict(list)
    for row in rows.values_list(*_COLUMNS):
        found[row[0]].append(ModuleValue(*row))
    return {device_id: tuple(values) for device_id, values in found.items()}
