"""IF-MIB: ports, their states and their counters."""

from collections import Counter
from collections.abc import Sequence

from collectors.parsers.iftypes import interface_type
from collectors.parsers.values import mac, named, number, seconds, text
from collectors.records import InterfaceCounters, InterfaceFacts, InterfaceState
from collectors.transports.snmp.ber import Table, Value, oid

ADMIN_STATES = ("up", "down", "testing")
OPER_STATES = ("up", "down", "testing", "unknown", "dormant", "notPresent", "lowerLayerDown")
SATURATED_SPEED = 0xFFFE0000
"""ifSpeed can not tell such speeds; FortiOS says 0xFFFEFFFF where others say 0xFFFFFFFF."""
IMPLAUSIBLE_MBPS = 10_000_000
"""An ifHighSpeed above this is in bit/s."""

_IF, _IFX = "1.3.6.1.2.1.2.2.1.", "1.3.6.1.2.1.31.1.1.1."
NAME_COLUMNS = (oid(_IF + "2"), oid(_IFX + "1"))
"""ifDescr, ifName."""
FACT_COLUMNS = tuple(oid(_IF + column) for column in ("2", "3", "4", "5", "6", "7", "8", "9"))
"""ifDescr, ifType, ifMtu, ifSpeed, ifPhysAddress, ifAdminStatus, ifOperStatus, ifLastChange."""
FACT_COLUMNS_X = tuple(oid(_IFX + column) for column in ("1", "15", "18"))
"""ifName, ifHighSpeed, ifAlias."""
OCTET_COLUMNS = (oid(_IF + "10"), oid(_IF + "16"))
COUNTER_COLUMNS = tuple(oid(_IF + column) for column in ("14", "20", "13", "19"))
"""ifInErrors, ifOutErrors, ifInDiscards, ifOutDiscards."""
COUNTER_COLUMNS_X = tuple(oid(_IFX + column) for column in ("6", "10", "19"))
"""ifHCInOctets, ifHCOutOctets, ifCounterDiscontinuityTime."""
STATE_COLUMNS = (oid(_IF + "7"), oid(_IF + "8"), oid(_IF + "5"), oid(_IFX + "15"))
"""ifAdminStatus, ifOperStatus, ifSpeed, ifHighSpeed."""


def speed_mbps(high_speed: int | None, speed: int | None) -> int | None:
    """ifHighSpeed where it says something, else ifSpeed; anything slower than 1 Mbit/s counts as 1."""
    if high_speed and high_speed > IMPLAUSIBLE_MBPS:
        high_speed, speed = None, speed or high_speed
    if high_speed:
        return high_speed
    if not speed or speed >= SATURATED_SPEED:
        return None
    return max(1, round(speed / 1_000_000))


def interface_names(rows: Table) -> dict[int, str]:
    """Port names by ifIndex, from rows whose first columns are `NAME_COLUMNS`.

    ifName where it tells ports apart, else ifDescr: some agents give several ports the same ifName. When that name
    has a port's number, it stays with the first, and those after it are layers on top of that port.
    """
    written = {key[0]: (text(row[0]), text(row[1])) for key, row in sorted(rows.items()) if len(key) == 1}
    times = Counter(name for _, name in written.values())
    described = Counter(description for description, _ in written.values())
    names: dict[int, str] = {}
    taken: set[str] = set()
    for index, (description, name) in written.items():
        is_shared = times[name] > 1 and not (name[-1:].isdigit() and name not in taken)
        is_better = is_shared and description and described[description] == 1
        taken.add(name)
        names[index] = description if is_better or not name else name
    return {index: name or str(index) for index, name in names.items()}


def interface_facts(rows: Table) -> tuple[InterfaceFacts, ...]:
    """From rows of `FACT_COLUMNS` and `FACT_COLUMNS_X`."""
    place = len(FACT_COLUMNS)
    names = interface_names({key: [row[0], row[place]] for key, row in rows.items()})
    facts = []
    has_ports = any(value is not None for row in rows.values() for value in row[:place])
    for key, row in sorted(rows.items()):
        # A port that is in ifXTable alone, unlike its neighbours, has no type and no state: it is a leftover.
        if len(key) != 1 or (has_ports and all(value is None for value in row[:place])):
            continue
        description, kind, mtu, speed, address, admin, oper, changed, _, high_speed, alias = row
        facts.append(
            InterfaceFacts(
                index=key[0],
                name=names[key[0]],
                description=text(description),
                alias=text(alias),
                type=interface_type(number(kind)),
                mtu=number(mtu),
                speed_mbps=speed_mbps(number(high_speed), number(speed)),
                mac=mac(address),
                admin=named(admin, ADMIN_STATES),
                oper=named(oper, OPER_STATES),
                last_change_s=seconds(changed),
            )
        )
    return tuple(facts)


def lacks_wide_octets(wide: Sequence[Value]) -> bool:
    """Whether ifHCInOctets and ifHCOutOctets say nothing: missing, or stuck at zero as on some switches."""
    return not wide[0] and not wide[1]


def interface_counters(rows: Table) -> tuple[InterfaceCounters, ...]:
    """From rows of `COUNTER_COLUMNS_X`, `COUNTER_COLUMNS` and `OCTET_COLUMNS`."""
    counters = []
    for key, row in sorted(rows.items()):
        if len(key) != 1:
            continue
        wide_in, wide_out, discontinuity, in_errors, out_errors, in_discards, out_discards, narrow_in, narrow_out = (
            number(value) for value in row
        )
        has_wide = wide_in is not None or wide_out is not None
        if lacks_wide_octets((wide_in, wide_out)) and (narrow_in or narrow_out):
            has_wide = False
        if not has_wide and narrow_in is None and narrow_out is None and in_errors is None:
            continue
        counters.append(
            InterfaceCounters(
                index=key[0],
                in_octets=wide_in if has_wide else narrow_in,
                out_octets=wide_out if has_wide else narrow_out,
                in_errors=in_errors,
                out_errors=out_errors,
                in_discards=in_discards,
                out_discards=out_discards,
                width=64 if has_wide else 32,
                discontinuity_s=seconds(discontinuity),
            )
        )
    return tuple(counters)


def interface_states(rows: Table) -> tuple[InterfaceState, ...]:
    """From rows of `STATE_COLUMNS`."""
    return tuple(
        InterfaceState(
            index=key[0],
            admin=named(admin, ADMIN_STATES),
            oper=named(oper, OPER_STATES),
            speed_mbps=speed_mbps(number(high_speed), number(speed)),
        )
        for key, (admin, oper, speed, high_speed) in sorted(rows.items())
    )
