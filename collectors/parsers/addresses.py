"""IP-MIB: the device's own addresses, from whichever of its three tables the agent fills."""

import ipaddress
from collections.abc import Mapping

from collectors.parsers.values import number, octets
from collectors.records import Address
from collectors.transports.snmp.ber import Index, Table, Value, oid

COLUMNS = tuple(oid(f"1.3.6.1.2.1.4.34.1.{column}") for column in (3, 4, 5))
"""ipAddressIfIndex, ipAddressType, ipAddressPrefix."""
OLD_COLUMNS = tuple(oid(f"1.3.6.1.2.1.4.20.1.{column}") for column in (1, 2, 3))
"""ipAdEntAddr, ipAdEntIfIndex, ipAdEntNetMask."""
OLD_V6_COLUMNS = (oid("1.3.6.1.2.1.55.1.8.1.2"),)
"""ipv6AddrPfxLength."""
MAX_INDEX = 2**31 - 1
"""An ifIndex beyond this, or below zero, is an agent's word for no port."""

_BROADCAST = 3
_PREFIX_ROWS = "1.3.6.1.2.1.4.32.1."
_IP = ipaddress.IPv4Address | ipaddress.IPv6Address
_Found = dict[_IP, dict[int, int | None]]
"""Prefix lengths by address and ifIndex: one link-local address may be on many ports."""
_KNOWN_NETWORKS = (ipaddress.IPv4Network("127.0.0.0/8"), ipaddress.IPv4Network("169.254.0.0/16"))
"""Loopback and link-local: whoever leaves out their mask, it is this."""


def addresses(rows: Table, old_rows: Table, old_v6_rows: Table, names: Mapping[int, str]) -> tuple[Address, ...]:
    """From rows of the three column sets; the newer table wins, the older ones fill what it leaves out."""
    found: _Found = {}
    for key, (interface, kind, prefix) in rows.items():
        address, index = _address(key), number(interface)
        if address is not None and index is not None and kind != _BROADCAST:
            found.setdefault(address, {})[index] = _prefix_length(prefix)
    for key, (written, interface, mask) in old_rows.items():
        index = number(interface)
        address = _from_octets(tuple(octets(written))) or _old_address(key, index)
        if address is not None and index is not None:
            _fill(found, address, index, _mask_length(octets(mask)))
    for key, (length,) in old_v6_rows.items():
        # The octets' own count stands before them in some agents' index.
        address = _from_octets(key[-16:]) if len(key) in (17, 18) else None
        if address is not None:
            _fill(found, address, key[0], number(length) or None)
    return tuple(
        Address(f"{address}/{length or _default_length(address)}", names.get(index, ""), index)
        for address, places in sorted(found.items(), key=lambda item: (item[0].version, int(item[0])))
        for index, length in sorted(places.items())
        if not address.is_unspecified and 0 <= index <= MAX_INDEX
    )


def _fill(found: _Found, address: _IP, index: int, length: int | None) -> None:
    """Adds what an older table knows of an address, without a second place for one that must be unique."""
    places = found.setdefault(address, {})
    if not places or (address.version == 6 and address.is_link_local):
        places.setdefault(index, None)
    for place, known in places.items():
        if known is None and (place == index or not address.is_link_local):
            places[place] = length


def _address(key: Index) -> _IP | None:
    """From ipAddressTable's index: type, length, octets, and a zone of four more for a link-local address."""
    if len(key) < 5:
        return None
    size = 16 if key[0] in (2, 4) else 4
    is_counted = key[1] == len(key) - 2
    octets_at = key[2:] if is_counted else key[1:]
    if len(octets_at) in (size, size + 4):
        return _from_octets(octets_at[:size])
    return _from_text(octets_at) if is_counted else None


def _old_address(key: Index, interface: int | None) -> _IP | None:
    """From ipAdEntTable's index, the address; innovaphone has the ifIndex before it, FortiOS a counter behind it."""
    return _from_octets(key[1:5] if len(key) == 5 and key[0] == interface else key[:4])


def _from_octets(numbers: Index) -> _IP | None:
    if len(numbers) not in (4, 16) or max(numbers) > 255:
        return None
    return ipaddress.ip_address(bytes(numbers))


def _from_text(numbers: Index) -> _IP | None:
    """Fabric OS has the address's text where its octets belong."""
    try:
        return ipaddress.ip_address("".join(map(chr, numbers)))
    except ValueError:
        return None


def _default_length(address: _IP) -> int:
    lengths = (network.prefixlen for network in _KNOWN_NETWORKS if address in network)
    return next(lengths, address.max_prefixlen)


def _prefix_length(pointer: Value) -> int | None:
    """ipAddressPrefix points at a row whose index ends in the prefix length; 0.0 means there is none."""
    if isinstance(pointer, str) and pointer.startswith(_PREFIX_ROWS):
        length = int(pointer.rsplit(".", 1)[1])
        return length if 0 < length <= 128 else None
    return None


def _mask_length(mask: bytes) -> int | None:
    """None for a mask of zeros, too: agents that do not know the mask send it, and no address has that one."""
    if len(mask) != 4:
        return None
    bits = int.from_bytes(mask, "big")
    length = bits.bit_count()
    return length or None if bits == (0xFFFFFFFF << (32 - length)) & 0xFFFFFFFF else None
