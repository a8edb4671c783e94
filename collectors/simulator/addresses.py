"""IP-MIB: the old table of IPv4 addresses, and the newer one where the vendor fills it."""

import ipaddress
from collections.abc import Sequence
from typing import TypeAlias

from collectors.simulator import habits
from collectors.simulator.plan import PlannedDevice
from collectors.simulator.ports import Port
from collectors.simulator.tables import Arcs, Column, Rows, fixed, integer, object_id
from collectors.transports.snmp import ber

_OLD: Arcs = (1, 3, 6, 1, 2, 1, 4, 20, 1)
_NEW: Arcs = (1, 3, 6, 1, 2, 1, 4, 34, 1)
_PREFIX: Arcs = (1, 3, 6, 1, 2, 1, 4, 32, 1, 5)
_Found: TypeAlias = dict[ipaddress.IPv4Interface | ipaddress.IPv6Interface, int]
_UNICAST, _MANUAL, _PREFERRED = 1, 2, 1


def columns(device: PlannedDevice, ports: Sequence[Port]) -> list[Column]:
    found: _Found = {
        ipaddress.ip_interface(port.plan.address): port.plan.index for port in ports if port.plan.address is not None
    }
    is_newer = habits.of(device).has_address_table
    narrow: _Found = {address: index for address, index in found.items() if address.version == 4}
    wide: _Found = {address: index for address, index in found.items() if is_newer or address.version == 6}
    return [*_old(narrow), *_new(wide)]


def _old(found: _Found) -> list[Column]:
    rows = Rows([tuple(address.packed) for address in found])
    values = {
        1: [ber.tlv(ber.IP_ADDRESS, address.packed) for address in found],
        2: [integer(index) for index in found.values()],
        3: [ber.tlv(ber.IP_ADDRESS, address.netmask.packed) for address in found],
        4: [integer(1)] * len(found),
        5: [integer(65_535)] * len(found),
    }
    return [fixed((*_OLD, number), rows, column) for number, column in values.items()]


def _new(found: _Found) -> list[Column]:
    rows = Rows([_index(address.packed) for address in found])
    values = {
        3: [integer(index) for index in found.values()],
        4: [integer(_UNICAST)] * len(found),
        5: [object_id(_pointer(address, index)) for address, index in found.items()],
        6: [integer(_MANUAL)] * len(found),
        7: [integer(_PREFERRED)] * len(found),
    }
    return [fixed((*_NEW, number), rows, column) for number, column in values.items()]


def _index(packed: bytes) -> Arcs:
    return (1 if len(packed) == 4 else 2, len(packed), *packed)


def _pointer(address: ipaddress.IPv4Interface | ipaddress.IPv6Interface, index: int) -> Arcs:
    network = address.network
    return (*_PREFIX, index, *_index(network.network_address.packed), network.prefixlen)
