from __future__ import annotations

from dataclasses import dataclass

from inventory.models import Device


@dataclass(frozen=True, slots=True)
class PollableDevice:
    """A device in use that its network lets us contact, and where."""

    device_id: int
    name: str
    address: str
    network_id: int
    site_id: int
    manufacturer: str
    platform: str


def polled_devices() -> list[PollableDevice]:
    """In use, with a management address, in a network where polling is allowed. One query."""
    rows = Device.objects.filter(
        status=Device.Status.ACTIVE, network__poll_allowed=True, primary_ip4__isnull=False
    ).order_by("name", "pk")
    columns = (
        "pk",
        "name",
        "primary_ip4__address",
        "network_id",
        "site_id",
        "device_type__manufacturer__slug",
        "platform__slug",
    )
    return [
        PollableDevice(pk, name, address.partition("/")[0], network, site, manufacturer, platform or "")
        for pk, name, address, network, site, manufacturer, platform in rows.values_list(*columns)
    ]
