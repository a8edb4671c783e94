"""What the collectors saw of the devices that lines end at: a fixed number of queries, now or at a past moment."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q, QuerySet

from collectors.models import SeenAddress, SeenInterface, SeenSystem, Target
from collectors.selectors import NeighbourValue, neighbours, normal_port_name


@dataclass(frozen=True, slots=True)
class Port:
    """A port as the device showed it at its last reading."""

    if_index: int
    alias: str
    type: str
    admin: str
    oper: str
    speed_mbps: int | None
    mac: str
    value_since: dt.datetime
    first_seen_at: dt.datetime
    ever_up_at: dt.datetime | None
    observations: int
    state_since: dt.datetime
    """Of the present admin and oper state alone: a new alias or speed doesn't restart it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """How asking a device stands."""

    state: str
    read_at: dt.datetime | None
    reads: int


@dataclass(frozen=True, slots=True)
class ShownAddress:
    address: str
    port: str
    since: dt.datetime


@dataclass(frozen=True, slots=True)
class Seen:
    targets: Mapping[int, Asked]
    names: Mapping[int, str]
    ports: Mapping[tuple[int, str], Port]
    """The wanted ports, and of a whole reading also every port that is up and has an alias."""
    neighbours: Mapping[tuple[int, str], list[NeighbourValue]]
    addresses: Mapping[int, list[ShownAddress]] = field(default_factory=dict)
    listening: frozenset[int] = frozenset()
    """Devices that hear a neighbour on some port, so that silence on another one says something."""


def read(wanted: Iterable[tuple[int, str]], *, is_whole: bool) -> Seen:
    """Of the devices of the `wanted` ports; a whole reading takes every polled device."""
    ports = list(wanted)
    devices = {device_id for device_id, _port in ports}
    asked = Target.objects.all() if is_whole else Target.objects.filter(device_id__in=devices)
    targets = {row[0]: Asked(*row[1:]) for row in asked.values_list("device_id", "state", "last_ok_at", "reads")}
    systems = SeenSystem.objects.filter(ended_at=None)
    shown = SeenAddress.objects.filter(ended_at=None)
    if not is_whole:
        systems, shown = systems.filter(device_id__in=devices), shown.filter(device_id__in=devices)
    heard = neighbours(None if is_whole else devices)
    near = by_port(heard)
    names = {port for _device_id, port in ports} | ({port for _device_id, port in near} if is_whole else set())
    rows = SeenInterface.objects.filter(_asked_for(devices, names, is_whole=is_whole), ended_at=None)
    return Seen(
        targets=targets,
        names=dict(systems.values_list("device_id", "name")),
        ports={(row[0], row[1]): port_of(row, targets) for row in rows.values_list(*PORT)},
        neighbours=near,
        addresses=_addresses(shown),
        listening=frozenset(heard),
    )


def _asked_for(devices: set[int], names: set[str], *, is_whole: bool) -> Q:
    """`collectors.selectors.port_states` gives every port: 26 times as many rows for the city."""
    if is_whole:
        return Q(port__in=names) | Q(oper="up") & ~Q(alias="")
    return Q(device_id__in=devices, port__in=names)


def by_port(
    heard: Mapping[int, tuple[NeighbourValue, ...]],
) -> dict[tuple[int, str], list[NeighbourValue]]:
    found: dict[tuple[int, str], list[NeighbourValue]] = defaultdict(list)
    for of_device in heard.values():
        for neighbour in of_device:
            found[neighbour.device_id, neighbour.port].append(neighbour)
    return found


PORT = (
    "device_id", "port", "if_index", "alias", "type", "admin", "oper", "speed_mbps", "mac", "first_seen_at",
    "port_seen_at", "state_since_at", "state_read", "last_up_at",
)  # fmt: skip


def port_of(row: tuple[Any, ...], targets: Mapping[int, Asked]) -> Port:
    device_id, _port, if_index, alias, kind, admin, oper, speed, mac, first, seen_at, since, read_no, up_at = row
    target = targets.get(device_id, Asked("unknown", None, read_no))
    # The state's own count goes on when only the alias changes; a row that began later has another speed or alias.
    is_confirmed = target.read_at is not None and target.read_at > first
    in_a_row = max(1, target.reads - read_no + 1)
    return Port(
        if_index, alias, kind, admin, oper, speed, mac, value_since=max(first, since), first_seen_at=seen_at,
        ever_up_at=(target.read_at or since) if oper == "up" else up_at,
        observations=in_a_row if first <= since else min(in_a_row, 2 if is_confirmed else 1),
        state_since=since,
    )  # fmt: skip


def _addresses(shown: QuerySet[SeenAddress]) -> dict[int, list[ShownAddress]]:
    rows = shown.order_by("device_id", "if_index", "id")
    found: dict[int, list[ShownAddress]] = defaultdict(list)
    for device_id, address, interface, since in rows.values_list("device_id", "address", "interface", "first_seen_at"):
        found[device_id].append(ShownAddress(address, normal_port_name(interface), since))
    return found
