"""Whether devices answer, and what they say they are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from collectors.models import SeenSystem, Target


@dataclass(frozen=True, slots=True)
class DeviceState:
    device_id: int
    state: str
    """`unknown`, `up` or `down`."""
    since: dt.datetime | None
    last_read_at: dt.datetime | None
    last_asked_at: dt.datetime | None
    next_due_at: dt.datetime
    failures: int
    error_code: str
    error_message: str
    warnings: tuple[str, ...]
    uptime_s: float | None
    name: str
    description: str
    object_id: str
    location: str
    contact: str
    is_sample: bool

    @property
    def restarted_at(self) -> dt.datetime | None:
        if self.last_read_at is None or self.uptime_s is None:
            return None
        return self.last_read_at - dt.timedelta(seconds=self.uptime_s)


def device_states(device_ids: Iterable[int] | None = None) -> dict[int, DeviceState]:
    """The given devices, or all that are polled. A device that is not polled is left out. Two queries."""
    targets = Target.objects.filter(is_polled=True)
    systems = SeenSystem.objects.filter(ended_at=None)
    if device_ids is not None:
        ids = set(device_ids)
        targets, systems = targets.filter(device_id__in=ids), systems.filter(device_id__in=ids)
    said = {row[0]: row[1:] for row in systems.values_list(
        "device_id", "name", "description", "object_id", "location", "contact"
    )}  # fmt: skip
    states = {}
    for target in targets:
        name, description, object_id, location, contact = said.get(target.device_id, ("", "", "", "", ""))
        states[target.device_id] = DeviceState(
            device_id=target.device_id, state=target.state, since=target.state_since_at, last_read_at=target.last_ok_at,
            last_asked_at=target.last_try_at, next_due_at=target.next_due_at, failures=target.failures,
            error_code=target.error_code, error_message=target.error_message, warnings=tuple(target.warnings),
            uptime_s=target.uptime_s, name=name, description=description, object_id=object_id, location=location,
            contact=contact, is_sample=target.is_sample,
        )  # fmt: skip
    return states
