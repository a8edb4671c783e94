"""What a device said about itself, whatever protocol it was asked in."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SystemFacts:
    name: str
    description: str
    object_id: str
    location: str
    contact: str
    uptime_s: float | None


@dataclass(frozen=True, slots=True)
class InterfaceFacts:
    index: int
    name: str
    description: str
    alias: str
    type: str
    """IANAifType's name, such as "ethernetCsmacd"; a number it does not list stays a number."""
    mtu: int | None
    speed_mbps: int | None
    mac: str | None
    admin: str
    oper: str
    last_change_s: float | None
    """The device's uptime when the port last changed, not how long ago that was."""


@dataclass(frozen=True, slots=True)
class InterfaceCounters:
    """Totals since `discontinuity_s` of uptime; None where the device keeps no such counter."""

    index: int
    in_octets: int | None
    out_octets: int | None
    in_errors: int | None
    out_errors: int | None
    in_discards: int | None
    out_discards: int | None
    width: int
    """Bits of the octet counters, 32 or 64; errors and discards always wrap at 32."""
    discontinuity_s: float | None


@dataclass(frozen=True, slots=True)
class InterfaceState:
    """The part of a port's facts that changes from one poll to the next."""

    index: int
    admin: str
    oper: str
    speed_mbps: int | None


@dataclass(frozen=True, slots=True)
class Neighbour:
    local_port: str
    remote_name: str
    remote_port: str
    remote_description: str
    remote_chassis_id: str
    remote_address: str
    local_index: int | None
    """ifIndex of the local port, None when the device does not let us tell."""


@dataclass(frozen=True, slots=True)
class Module:
    index: int
    name: str
    description: str
    klass: str
    """entPhysicalClass's name: "chassis", "module", "powerSupply" and so on."""
    model: str
    serial: str
    firmware: str
    hardware: str
    software: str
    parent_index: int | None


@dataclass(frozen=True, slots=True)
class Address:
    address: str
    """With its prefix length: "10.0.0.1/24"."""
    interface: str
    interface_index: int


@dataclass(frozen=True, slots=True)
class DeviceReading:
    """One reading; a part that was not asked for, or that failed with a warning, is empty."""

    system: SystemFacts | None
    interfaces: tuple[InterfaceFacts, ...] = ()
    counters: tuple[InterfaceCounters, ...] = ()
    neighbours: tuple[Neighbour, ...] = ()
    modules: tuple[Module, ...] = ()
    addresses: tuple[Address, ...] = ()
    warnings: tuple[str, ...] = ()
