"""SNMPv2-MIB's system group."""

from collections.abc import Sequence

from collectors.parsers.values import seconds, text
from collectors.records import SystemFacts
from collectors.transports.snmp.ber import Value, oid

OBJECT_ID = oid("1.3.6.1.2.1.1.2.0")
UPTIME = oid("1.3.6.1.2.1.1.3.0")
SCALARS = tuple(oid(f"1.3.6.1.2.1.1.{number}.0") for number in (5, 1, 2, 6, 4, 3))
"""sysName, sysDescr, sysObjectID, sysLocation, sysContact, sysUpTime."""


def system_facts(values: Sequence[Value]) -> SystemFacts:
    """From the values of `SCALARS`."""
    name, description, object_id, location, contact, uptime = values
    return SystemFacts(
        name=text(name),
        description=text(description),
        object_id=object_id if isinstance(object_id, str) else "",
        location=text(location),
        contact=text(contact),
        uptime_s=seconds(uptime),
    )
