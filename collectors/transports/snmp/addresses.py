"""From a host as people write it to the address that its packets come from."""

import asyncio
import socket

from collectors.errors import BadAddress, Unreachable
from collectors.transports.snmp.sockets import Address


async def resolved(host: str, port: int, source: str = "") -> Address:
    """The address as the system names its sender; of a name with several, one that `source` can reach."""
    for address in (host, source):
        if "%" in address:
            raise BadAddress(
                f"{address} has an IPv6 zone, which means something on one machine alone. Give the device a global or "
                "unique local address and ask that one."
            )
    family = _family(host)
    wanted = _family(source)
    if family and wanted and family != wanted:
        raise BadAddress(
            f"{host} can't be asked from {source}: one is IPv4, the other IPv6. Give a source address of the device's "
            "address family."
        )
    if family == socket.AF_INET:
        return host, port
    if family == socket.AF_INET6:
        return socket.inet_ntop(family, socket.inet_pton(family, host)), port, 0, 0
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, family=wanted, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError) as error:
        raise Unreachable(f"The name {host} has no address. Check its spelling and DNS.") from error
    return found[0][4]


def is_address(text: str) -> bool:
    """Whether this is one IPv4 or IPv6 address in full, without a zone."""
    return _family(text) != 0


def _family(text: str) -> int:
    """Zero when it is no address but a name or nothing."""
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, text)
        except (OSError, ValueError):
            continue
        return family
    return 0
