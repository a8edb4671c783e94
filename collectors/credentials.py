"""Which credential fits a device: its own, else its site's, its network's, or a default."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q

from collectors.devices import PolledDevice
from collectors.models import Credential

_DEFAULT, _NETWORK, _SITE, _DEVICE = range(4)


def credentials_of(devices: Iterable[PolledDevice]) -> dict[int, Credential]:
    """The most specific credential of each device. One query.

    Equally specific ones: SNMP before SSH, then the older one. Devices that none fits are left out.
    """
    listed = list(devices)
    networks = {d.network_id for d in listed if d.network_id is not None}
    sites = {d.site_id for d in listed if d.site_id is not None}
    fitting = Credential.objects.filter(
        Q(device_id__in={d.device_id for d in listed})
        | Q(site_id__in=sites)
        | Q(network_id__in=networks)
        | Q(device=None, site=None, network=None)
    )
    best: dict[tuple[int, int | None], Credential] = {}
    for credential in sorted(fitting, key=lambda c: (c.protocol != Credential.Protocol.SNMP, c.pk)):
        best.setdefault(_assignment(credential), credential)
    found = {}
    for device in listed:
        for place in (
            (_DEVICE, device.device_id), (_SITE, device.site_id), (_NETWORK, device.network_id), (_DEFAULT, None),
        ):  # fmt: skip
            if place in best:
                found[device.device_id] = best[place]
                break
    return found


def _assignment(credential: Credential) -> tuple[int, int | None]:
    if credential.device_id is not None:
        return _DEVICE, credential.device_id
    if credential.site_id is not None:
        return _SITE, credential.site_id
    if credential.network_id is not None:
        return _NETWORK, credential.network_id
    return _DEFAULT, None


def weak_credentials() -> list[Credential]:
    """Credentials that the line or an old algorithm gives away; they work and are reported."""
    return [c for c in Credential.objects.order_by("name", "pk") if c.is_weak]
