"""The smallest record that collectors need: a network, a site and devices with addresses."""

from __future__ import annotations

from typing import Any

from collectors.models import Credential
from inventory.models import Device, DeviceRole, DeviceType, Interface, IPAddress, Manufacturer, Network, Site
from kernel import writes


def make_network(name: str = "extranet", *, poll_allowed: bool = True) -> Network:
    row = Network(name=name, slug=name, kind=Network.Kind.EXTRANET, poll_allowed=poll_allowed)
    return writes.save(row, actor=None)


def _shared(model: Any, /, **fields: Any) -> Any:
    known = model.objects.filter(slug=fields["slug"]).first()
    return known if known is not None else writes.save(model(**fields), actor=None)


def make_site(name: str = "city hall") -> Site:
    return _shared(Site, name=name, slug=name.replace(" ", "-"))


def make_devices(
    addresses: dict[str, str], network: Network | None = None, *, site: Site | None = None, **fields: Any
) -> list[Device]:
    """One active device for each name, polled at its address (without a mask)."""
    maker = _shared(Manufacturer, name="Example", slug="example")
    kind = _shared(DeviceType, manufacturer=maker, model="Switch 1", slug="switch-1")
    role = _shared(DeviceRole, name="access", slug="access")
    site = site or make_site()
    known = Device.objects.count()
    rows = [Device(name=name, device_type=kind, role=role, site=site, network=network, **fields) for name in addresses]
    writes.save_many(rows, actor=None)
    devices = list(Device.objects.filter(name__in=addresses).order_by("pk"))
    ports = [Interface(device=device, name="mgmt") for device in devices]
    writes.save_many(ports, actor=None)
    by_device = {p.device_id: p for p in Interface.objects.filter(device__in=devices, name="mgmt")}
    hosts = [IPAddress(address=f"{addresses[d.name]}/32", interface=by_device[d.pk]) for d in devices]
    writes.save_many(hosts, actor=None)
    by_address = {a.address: a for a in IPAddress.objects.all()}
    for device in devices:
        device.primary_ip4 = by_address[f"{addresses[device.name]}/32"]
    writes.save_many(devices, actor=None)
    assert Device.objects.count() == known + len(addresses)
    return devices


def make_device(name: str = "r1", address: str = "127.9.0.1", network: Network | None = None, **fields: Any) -> Device:
    return make_devices({name: address}, network or make_network(), **fields)[0]


def make_credential(name: str = "default", **fields: Any) -> Credential:
    values = {"protocol": "snmp", "snmp_version": "v2c", "community": "public", **fields}
    return writes.save(Credential(name=name, **values), actor=None)
