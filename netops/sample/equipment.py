"""Writes devices, their recorded ports, addresses and the credentials to read them."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings

from collectors.models import Credential
from inventory.models import Device, Interface, IPAddress
from netops.sample import parts, simulation
from netops.sample.records import REASON, Records, save, save_each

_TYPES = {"softwareLoopback": "virtual", "l2vlan": "virtual"}


class Equipment:
    def __init__(self, records: Records) -> None:
        self._records = records
        self.devices: dict[parts.Box, Device] = {}
        self.ports: dict[parts.Port, Interface] = {}

    def write(self) -> None:
        boxes = self._records.city.boxes
        save_each(boxes, self._device, self.devices)
        recorded = [port for box in boxes for port in box.ports if port.is_recorded]
        save_each([port for port in recorded if port.parent is None], self._interface, self.ports)
        save_each([port for port in recorded if port.parent is not None], self._interface, self.ports)
        self._write_addresses(recorded)
        self._write_credentials()

    def _device(self, box: parts.Box) -> Device:
        records = self._records
        return Device(
            name=box.name, device_type=records.types[box.model.slug], role=records.roles[box.role],
            platform=records.platforms[box.model.vendor], tenant=records.orgs[box.org] if box.org else None,
            site=records.places[box.place], location=records.rooms[box.room] if box.room else None,
            rack=records.racks[box.rack] if box.rack else None,
            position=Decimal(box.position) if box.position else None, face="front" if box.position else "",
            serial=box.serial, asset_tag=box.asset_tag, network=records.networks[box.network],
            purchase_category=box.model.category, bought_on=box.bought_on, fund_source="财政资金(示例)",
            xc_ready=box.bought_on.year >= 2021, description=box.description or "示例设备",
        )  # fmt: skip

    def _interface(self, port: parts.Port) -> Interface:
        is_management = port.kind == "softwareLoopback"
        return Interface(
            device=self.devices[port.box], name=port.name, type=_interface_type(port), mgmt_only=is_management,
            speed=port.mbps * 1000 or None, mtu=1500 if port.is_physical else None,
            mac_address=port.mac.upper() if port.is_physical else "",
            parent=self.ports[port.parent] if port.parent else None,
            description="管理地址" if is_management else port.alias,
        )  # fmt: skip

    def _write_addresses(self, recorded: list[parts.Port]) -> None:
        addressed = [port for port in recorded if port.address]
        rows: dict[parts.Port, IPAddress] = {}
        save_each(addressed, self._address, rows)
        changed = []
        for port, row in rows.items():
            if port.kind == "softwareLoopback":
                device = self.devices[port.box]
                device.primary_ip4 = row
                changed.append(device)
        save(changed)

    def _address(self, port: parts.Port) -> IPAddress:
        org = port.line.org if port.line else port.box.org
        return IPAddress(
            address=port.address, interface=self.ports[port],
            tenant=self._records.orgs[org] if org else None,
            description="示例:模拟设备的管理地址" if port.kind == "softwareLoopback" else REASON,
        )  # fmt: skip

    def _write_credentials(self) -> None:
        """v2c for all, v3 for the routers of the ring and of the exits."""
        rows = [
            Credential(
                name="示例 SNMP v2c(默认)",
                snmp_version="v2c",
                community=simulation.COMMUNITY,
                port=settings.SIMULATOR_PORT,
                description="只用于示例库的模拟设备",
            ),
            self._v3("示例 SNMP v3(出口)", network=self._records.networks[parts.INTERNET]),
        ]
        strict = [b for b in self._records.city.boxes if b.snmp == "v3" and b.network != parts.INTERNET]
        rows += [self._v3(f"示例 SNMP v3({box.name})", device=self.devices[box]) for box in strict]
        save(rows)

    def _v3(self, name: str, **assigned: object) -> Credential:
        return Credential(
            name=name, snmp_version="v3", username=simulation.V3_USER, auth_protocol="SHA",
            auth_secret=simulation.V3_AUTH_KEY, priv_protocol="AES", priv_secret=simulation.V3_PRIV_KEY,
            port=settings.SIMULATOR_PORT, description="只用于示例库的模拟设备", **assigned,
        )  # fmt: skip


def _interface_type(port: parts.Port) -> str:
    if not port.is_physical:
        return _TYPES[port.kind]
    if port.name.lower().startswith(("xg", "ten")) or port.mbps >= 10_000:
        return "10gbase-x-sfpp"
    if port.mbps <= 100:
        return "100base-tx"
    return "1000base-t" if port.box.role == "cpe" else "1000base-x-sfp"
