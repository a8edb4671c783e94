"""IP-MIB: the device's own addresses, from whichever of its three tables the agent fills."""

import ipaddress
from collections.abc import Mapping

from collectors.parsers.values import number, octets
from collectors.records import Address
from collectors.transports.snmp.ber import Index, Table, Value, oid

COLUMNS = tuple(oid(f"1.3.6.1.2.1.4.34.1.{column}") for column in (3, 4, 5))
"""ipAddressIfIndex, ipAddressType, ipAddressPrefix."""
OLD_COLUMNS = tuple(oid(f"1.3.6.1.2.1.4.20.1.{column}") for column in (2, 3))
"""ipAdEntIfIndex, ipAdEntNetMask."""
OLD_V6_COLUMNS = (oid("1.3.6.1.2.1.55.1.8.1.2"),)
"""ipv6AddrPfxLength."""

_BROADCAST = 3
_PREFIX_ROWS = "1.3.6.1.2.1.4.32.1."
_Found = dict[ipaddress.IPv4Address | ipaddress.IPv6Address, tuple[int, int | None]]


def addresses(rows: Table, old_rows: Table, old_v6_rows: Table, names: Mapping[int, str]) -> tuple[Address, ...]:
    """From rows of the three column sets; the newer table wins, the older ones fill what it leaves out."""
    found: _Found = {}
    for key, (interface, kind, prefix) in rows.items():
        address = _address(key)
        index = number(interface)
        if address is not None and index is not None and kind != _BROADCAST:
            found[address] = (index, _prefix_length(prefix))
    for key, (interface, mask) in old_rows.items():
        address, index = _from_octets(key), number(interface)
        if address is not None and index is not None and (found.get(address) or (0, None))[1] is None:
            found[address] = (index, _mask_length(octets(mask)))
    for key, (length,) in old_v6_rows.items():
        # The octets' own count stands before them in some agents' index.
        address = _from_octets(key[-16:]) if len(key) in (17, 18) else None
        if address is not None and (found.get(address) or (0, None))[1] is None:
            found[address] = (key[0], number(length))
    return tuple(
        Address(f"{address}/{address.max_prefixlen if length is None else length}", names.get(index, ""), index)
        for address, (index, length) in sorted(found.items(), key=lambda item: (item[0].version, int(item[0])))
        if not address.is_unspecified
    )


def _address(key: Index) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """From ipAddressTable's index: type, length, octets, and a zone of four more for a link-local address."""
    if len(key) < 5:
        return None
    size = 16 if key[0] in (2, 4) else 4
    start = 2 if len(key) in (size + 2, size + 6) else 1
    return _from_octets(key[start : start + size])


def _from_octets(numbers: Index) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    if len(numbers) not in (4, 16) or max(numbers) > 255:
        return None
    return ipaddress.ip_address(bytes(numbers))


def _prefix_length(pointer: Value) -> int | None:
    """ipAddressPrefix points at a row whose index ends in the prefix length; 0.0 means there is none."""
    if isinstance(pointer, str) and pointer.startswith(_PREFIX_ROWS):
        length = int(pointer.rsplit(".", 1)[1])
        return length if length <= 128 else None
    return None


def _mask_length(mask: bytes) -> int | None:
    if len(mask) != 4:
        return None
    bits = int.from_bytes(mask, "big")
    length = bits.bit_count()
    return length if bits == (0xFFFFFFFF << (32 - length)) & 0xFFFFFFFF else None
