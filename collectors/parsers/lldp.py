"""LLDP-MIB in both of its editions, and Nokia's own: who is at the other end of each port."""

import ipaddress
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from collectors.parsers.values import mac, number, octets, text
from collectors.records import InterfaceFacts, Neighbour
from collectors.transports.snmp.ber import Index, Oid, Table, Value, oid

_PORT_BY_MAC, _PORT_BY_ADDRESS, _PORT_BY_NAME, _PORT_LOCAL = 3, 4, 5, 7
_CHASSIS_BY_MAC, _CHASSIS_BY_ADDRESS, _CHASSIS_BY_NAME = 4, 5, 6
_PLACED = re.compile(r"[A-Za-z0-9_-]{0,24} ?\d+(?:/\d+)+(?:[.:]\d+)*", re.ASCII)
_NUMBERED = re.compile(
    r"(?:[a-z]*eth(?:ernet)?|en[ops]?|em|p\d+p|[a-z]*gei?|xe|et|ae|swp|bond|port|mgmt|m?eth|vmnic|"
    r"lan|wan|wlan|irb|vlan|[a-z]*-?trunk|bridge-aggregation|route-aggregation|port-channel|po)[ -]?\d+[a-z0-9/.:-]*"
    r"|(?:te|fa|gi|tw|hu|fo)\d+",
    re.ASCII | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Edition:
    """Where one edition of the MIB keeps its tables; the local port is the second number of every index."""

    local: tuple[Oid, ...]
    """Port-id subtype, port id and description of the local ports."""
    remote: tuple[Oid, ...]
    """Chassis-id subtype and id, port-id subtype and id, port description, system name and description."""
    management: tuple[Oid, ...]
    index_size: int
    is_by_interface: bool
    """Whether local ports are numbered by ifIndex."""
    vendor: str = ""
    """The sysObjectID that devices with this edition begin with."""


def _edition(root: str, *, first: int, index_size: int, is_by_interface: bool) -> Edition:
    return Edition(
        local=tuple(oid(f"{root}.1.3.7.1.{column}") for column in (2, 3, 4)),
        remote=tuple(oid(f"{root}.1.4.1.1.{column}") for column in range(first, first + 7)),
        management=(oid(f"{root}.1.4.2.1.3"),),
        index_size=index_size,
        is_by_interface=is_by_interface,
    )


_NOKIA = "1.3.6.1.4.1.6527.3.1.2.59"
EDITIONS = (
    _edition("1.0.8802.1.1.2", first=4, index_size=3, is_by_interface=False),
    _edition("1.3.111.2.802.1.1.13", first=5, index_size=4, is_by_interface=True),
    Edition(
        local=(),
        remote=tuple(oid(f"{_NOKIA}.4.1.1.{column}") for column in range(4, 11)),
        management=(oid(f"{_NOKIA}.4.2.1.3"),),
        index_size=4,
        is_by_interface=True,
        vendor="1.3.6.1.4.1.6527.",
    ),
)
BRIDGE_COLUMNS = (oid("1.3.6.1.2.1.17.1.4.1.2"),)
"""dot1dBasePortIfIndex."""


def bridge_ports(rows: Table) -> dict[int, int]:
    """ifIndexes by bridge port, from rows of `BRIDGE_COLUMNS`."""
    found = {key[0]: number(index) for key, (index,) in rows.items() if len(key) == 1}
    return {port: index for port, index in found.items() if index}


def neighbours(
    edition: Edition,
    remote: Table,
    local: Table,
    management: Table,
    interfaces: Sequence[InterfaceFacts],
    bridge: Mapping[int, int] | None = None,
) -> tuple[Neighbour, ...]:
    """From rows of the edition's three column sets; `remote_description` is the neighbour's system description.

    `bridge`, the ifIndexes by bridge port, helps where the local table's names are nobody's.
    """
    ports = _LocalPorts(edition, local, interfaces, bridge or {})
    managed = _management_addresses(edition, management)
    found: dict[Neighbour, None] = {}
    for key, row in sorted(remote.items(), key=lambda item: item[0][1:]):
        if len(key) != edition.index_size:
            continue
        chassis_kind, chassis, port_kind, port, port_description, name, description = row
        # A row that tells nothing of box and port is a leftover of an aged neighbour.
        if not any(map(octets, (chassis, port, port_description, name, description))):
            continue
        if (chassis_kind, port_kind) == (_CHASSIS_BY_NAME, _PORT_BY_MAC):
            # VMware's virtual switch tells its port where the box belongs, and the other way round.
            chassis_kind, chassis, port_kind, port = _CHASSIS_BY_MAC, port, _PORT_BY_NAME, chassis
        local_port, local_index = ports.named(key[1])
        found[
            Neighbour(
                local_port=local_port,
                remote_name=text(name),
                remote_port=remote_port(number(port_kind), port, port_description),
                remote_description=text(description),
                remote_chassis_id=chassis_id(number(chassis_kind), chassis),
                remote_address=managed.get(key, ""),
                local_index=local_index,
            )
        ] = None
    return tuple(found)


def is_port_name(written: str) -> bool:
    """Whether this reads like a port's name ("10GE1/0/42", "ge-0/0/1.0", "eth0") and not like a remark."""
    return bool(_PLACED.fullmatch(written) or _NUMBERED.fullmatch(written))


def chassis_id(kind: int | None, value: Value) -> str:
    if kind == _CHASSIS_BY_MAC:
        return mac(value) or _printable(value)
    if kind == _CHASSIS_BY_ADDRESS:
        return _network_address(octets(value)) or _printable(value)
    return _printable(value)


def remote_port(kind: int | None, value: Value, description: Value) -> str:
    """The port's name; for ids that say little to people (a MAC, a number) its description if that is one."""
    if kind == _PORT_BY_MAC:
        written = mac(value) or _printable(value)
    elif kind == _PORT_BY_ADDRESS:
        written = _network_address(octets(value)) or _printable(value)
    else:
        written = _printable(value)
    if kind == _PORT_BY_NAME and written:
        return written
    described = text(description)
    if is_port_name(described) and not is_port_name(written):
        return described
    return written or described


class _LocalPorts:
    """Finds the local port of a neighbour: its number in LLDP need not be the ifIndex."""

    def __init__(
        self, edition: Edition, local: Table, interfaces: Sequence[InterfaceFacts], bridge: Mapping[int, int]
    ) -> None:
        self._is_by_interface = edition.is_by_interface
        self._bridge = bridge
        self._local = {key[0]: row for key, row in local.items() if len(key) == 1}
        self._by_index = {port.index: port for port in interfaces}
        aliases = Counter(port.alias for port in interfaces)
        self._by_name = {_folded(port.alias): port for port in interfaces if aliases[port.alias] == 1}
        self._by_name |= {_folded(port.description): port for port in interfaces}
        self._by_name |= {_folded(port.name): port for port in interfaces}
        self._by_name.pop("", None)
        times = Counter(port.mac for port in interfaces)
        self._by_mac = {port.mac: port for port in interfaces if port.mac and times[port.mac] == 1}

    def named(self, place: int) -> tuple[str, int | None]:
        kind, identity, description = self._local.get(place, (None, None, None))
        port = None
        if self._is_by_interface:
            port = self._by_index.get(place)
        port = port or self._matching(number(kind), identity, description)
        port = port or self._by_index.get(self._bridge.get(place, 0))
        if port is None and (identity is None or not self._is_named(identity, description)):
            port = self._by_index.get(place)
        if port is not None:
            return port.name, port.index
        for written in (_printable(identity), text(description)):
            if is_port_name(written):
                return written, None
        return text(description) or _printable(identity) or str(place), None

    def _matching(self, kind: int | None, identity: Value, description: Value) -> InterfaceFacts | None:
        if kind == _PORT_BY_MAC:
            by_name = self._by_name.get(_folded(text(description)))
            return by_name or self._by_mac.get(mac(identity) or "")
        written = _folded(_printable(identity))
        port = self._by_name.get(written) or self._by_name.get(_folded(text(description)))
        if port is None and kind == _PORT_LOCAL and written.isdigit():
            port = self._by_index.get(int(written))
        return port

    @staticmethod
    def _is_named(identity: Value, description: Value) -> bool:
        return is_port_name(_printable(identity)) or is_port_name(text(description))


def _folded(name: str) -> str:
    return "".join(name.split()).casefold()


def _printable(value: Value) -> str:
    """Text, or the octets in hex when they are not text at all."""
    data = octets(value)
    if any(byte < 0x20 for byte in data.rstrip(b"\0\r\n\t ")):
        return data.hex(":")
    return text(value)


def _network_address(data: bytes) -> str:
    """An address behind its family's number, as LLDP carries it."""
    if (len(data), data[:1]) in ((5, b"\x01"), (17, b"\x02")):
        return str(ipaddress.ip_address(data[1:]))
    return str(ipaddress.ip_address(data)) if len(data) == 4 else ""


def _management_addresses(edition: Edition, rows: Table) -> dict[Index, str]:
    """The first address of each neighbour, IPv4 before IPv6; the address itself is in the row's index."""
    found: dict[Index, list[ipaddress.IPv4Address | ipaddress.IPv6Address]] = {}
    size = edition.index_size
    for key in rows:
        family, rest = key[size : size + 1], key[size + 1 :]
        width = 4 if family == (1,) else 16 if family == (2,) else None
        if width is None or len(rest) < width or max(rest) > 255:
            continue
        address = ipaddress.ip_address(bytes(rest[-width:]))
        found.setdefault(key[:size], []).append(address)
    return {key: str(min(values, key=lambda value: (value.version, int(value)))) for key, values in found.items()}
