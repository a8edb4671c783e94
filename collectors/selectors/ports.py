"""The present state of ports."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from collectors.models import SeenInterface, Target
from collectors.ports import normal_port_name

__all__ = ["PortKey", "PortState", "normal_port_name", "port_states"]

PortKey = tuple[int, str]
"""(device number, normalised port name)"""


@dataclass(frozen=True, slots=True)
class PortState:
    """A port as last read. What was not told is empty or None, which is "unknown", never "no"."""

    device_id: int
    port: str
    name: str
    if_index: int
    alias: str
    description: str
    type: str
    mtu: int | None
    admin: str
    oper: str
    speed_mbps: int | None
    mac: str
    since: dt.datetime
    """Since when we see this admin and oper state without a break."""
    changed_at: dt.datetime | None
    """The device's own word for the last change, which may lie before our first look."""
    ever_up_at: dt.datetime | None
    """When we last saw it up; None when we never did."""
    first_seen_at: dt.datetime
    last_read_at: dt.datetime | None
    observations: int
    """How many readings in a row showed this admin and oper state."""
    is_sample: bool

    @property
    def is_up(self) -> bool:
        return self.oper == "up"


_COLUMNS = (
    "device_id", "port", "name", "if_index", "alias", "description", "type", "mtu", "admin", "oper", "speed_mbps",
    "mac", "state_since_at", "changed_at", "last_up_at", "port_seen_at", "state_read", "is_sample",
)  # fmt: skip


def port_states(device_ids: Iterable[int]) -> dict[PortKey, PortState]:
    """Every port that the last reading of these devices showed. Two queries."""
    ids = set(device_ids)
    targets = Target.objects.filter(device_id__in=ids).values_list("device_id", "last_ok_at", "reads")
    read = {device_id: (last_ok_at, reads) for device_id, last_ok_at, reads in targets}
    states: dict[PortKey, PortState] = {}
    rows = SeenInterface.objects.filter(device_id__in=ids, ended_at=None).values_list(*_COLUMNS)
    for device_id, port, name, if_index, alias, description, kind, mtu, admin, oper, speed, mac, *rest in rows:
        since, changed_at, last_up_at, port_seen_at, state_read, is_sample = rest
        last_read_at, reads = read.get(device_id, (None, state_read))
        states[device_id, port] = PortState(
            device_id=device_id, port=port, name=name, if_index=if_index, alias=alias, description=description,
            type=kind, mtu=mtu, admin=admin, oper=oper, speed_mbps=speed, mac=mac, since=since, changed_at=changed_at,
            ever_up_at=(last_read_at or since) if oper == "up" else last_up_at, first_seen_at=port_seen_at,
            last_read_at=last_read_at, observations=max(1, reads - state_read + 1), is_sample=is_sample,
        )  # fmt: skip
    return states
