"""CISCO-CDP-MIB: the neighbours that speak Cisco's protocol, of which LLDP knows only some."""

import ipaddress
import re
from collections.abc import Sequence

from collectors.parsers.values import mac, octets, text
from collectors.records import InterfaceFacts, Neighbour
from collectors.transports.snmp.ber import Table, oid

CISCO = "1.3.6.1.4.1.9."
COLUMNS = tuple(oid(f"1.3.6.1.4.1.9.9.23.1.2.1.1.{column}") for column in (4, 5, 6, 7))
"""cdpCacheAddress, Version, DeviceId, DevicePort; the index is the local ifIndex and a counter."""

_SERIAL = re.compile(r"\([A-Z0-9]{8,}\)$")
"""NX-OS writes its serial number behind its name."""


def neighbours(rows: Table, interfaces: Sequence[InterfaceFacts], known: Sequence[Neighbour]) -> tuple[Neighbour, ...]:
    """From rows of `COLUMNS`, those that are not among the `known` from LLDP."""
    names = {port.index: port.name for port in interfaces}
    seen = {(neighbour.local_index, _key(neighbour.remote_name)) for neighbour in known}
    seen |= {(neighbour.local_index, _key(neighbour.remote_chassis_id)) for neighbour in known}
    found: dict[Neighbour, None] = {}
    for key, (address, version, device, port) in sorted(rows.items()):
        name = _SERIAL.sub("", text(device))
        if len(key) != 2 or not name or (key[0], _key(mac(device) or name)) in seen:
            continue
        found[
            Neighbour(
                local_port=names.get(key[0], str(key[0])),
                remote_name=name,
                remote_port=text(port),
                remote_description=text(version),
                remote_chassis_id=mac(device) or "",
                remote_address=_address(octets(address)),
                local_index=key[0] if key[0] in names else None,
            )
        ] = None
    return tuple(found)


def _key(name: str) -> str:
    """A name without its domain, which the one protocol tells and the other leaves out."""
    return name.partition(".")[0].casefold()


def _address(data: bytes) -> str:
    return str(ipaddress.ip_address(data)) if len(data) in (4, 16) and any(data) else ""
