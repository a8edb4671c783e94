"""The devices that the record lets us ask, and which of their ports carry lines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Subquery

from collectors.ports import normal_port_name
from inventory.models import BoundInterface, Device, Prefix

POLLED_STATUS = ("active", "failed", "offline")  # a device recorded as broken that answers is worth knowing


# Prefixes in which nothing is ever asked (rule T13) and that hold a device's address.
FORBIDDING = Prefix.objects.filter(
    polling_forbidden=True, family=OuterRef("primary_ip4__family"), first__lte=OuterRef("primary_ip4__host"),
    last__gte=OuterRef("primary_ip4__host"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PolledDevice:
    """A device that the record lets us ask."""

    device_id: int
    name: str
    host: str
    network_id: int | None
    site_id: int | None
    platform: str = ""


def polled_devices(
    device_ids: Iterable[int] | None = None, *, names: Iterable[str] | None = None
) -> list[PolledDevice]:
    """In use, with an address that no prefix forbids, in a network where polling is allowed. One query."""
    rows = Device.objects.filter(
        ~Exists(FORBIDDING), status__in=POLLED_STATUS, network__poll_allowed=True, primary_ip4__isnull=False
    ).order_by("name", "pk")
    if device_ids is not None:
        rows = rows.filter(pk__in=set(device_ids))
    if names is not None:
        rows = rows.filter(name__in=set(names))
    columns = ("pk", "name", "primary_ip4__address", "network_id", "site_id", "platform__slug")
    return [
        PolledDevice(pk, name, address.split("/")[0], network_id, site_id, platform or "")
        for pk, name, address, network_id, site_id, platform in rows.values_list(*columns)
    ]


def bound_ports(device_ids: Iterable[int]) -> dict[int, frozenset[str]]:
    """The normalised names of the ports that lines end at, by device. One query."""
    rows = BoundInterface.objects.filter(interface__device_id__in=set(device_ids))
    found: dict[int, set[str]] = defaultdict(set)
    for device_id, name in rows.values_list("interface__device_id", "interface__name"):
        found[device_id].add(normal_port_name(name))
    return {device_id: frozenset(names) for device_id, names in found.items()}


def forbidden_addresses(names: Iterable[str]) -> dict[str, str]:
    """By name of a device: the prefix that forbids asking it. One query."""
    rows = Device.objects.filter(name__in=set(names)).annotate(by=Subquery(FORBIDDING.values("prefix")[:1]))
    return dict(rows.filter(by__isnull=False).values_list("name", "by"))


def unknown_names(names: Iterable[str]) -> list[str]:
    """Those of the names that no recorded device has, in the order given. One query."""
    wanted = dict.fromkeys(names)
    known = set(Device.objects.filter(name__in=wanted).values_list("name", flat=True))
    return [name for name in wanted if name not in known]
