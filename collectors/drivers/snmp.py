"""Reading a device over SNMP: everything it says about itself, or the few counters of a poll."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from collectors.errors import AgentError, BadAnswer
from collectors.parsers import addresses, cdp, entity, interfaces, lldp, system
from collectors.parsers.values import seconds
from collectors.records import (
    Address,
    DeviceReading,
    InterfaceCounters,
    InterfaceFacts,
    InterfaceState,
    Module,
    Neighbour,
    SystemFacts,
)
from collectors.transports.snmp.ber import Table, Value, encode_index
from collectors.transports.snmp.engine import Engine
from collectors.transports.snmp.session import Session
from collectors.transports.snmp.usm import Community, UsmUser

PARTS = ("system", "interfaces", "counters", "neighbours", "modules", "addresses")

T = TypeVar("T")


async def read_device(session: Session, *, parts: Sequence[str] = PARTS) -> DeviceReading:
    """Raises when the device is silent, refuses us or delivers nothing; one table it can't deliver is a warning."""
    unknown = set(parts) - set(PARTS)
    if unknown:
        raise ValueError(f"A device has no part {', '.join(sorted(unknown))}.")
    return await _Reading(session, parts).whole()


async def read_counters(
    session: Session, indexes: Sequence[int]
) -> tuple[float, tuple[InterfaceCounters, ...], tuple[InterfaceState, ...]]:
    """Uptime in seconds, counters and states of the ports with these ifIndexes; ports that are gone are left out."""
    columns = interfaces.STATE_COLUMNS + interfaces.COUNTER_COLUMNS_X + interfaces.COUNTER_COLUMNS
    tails = [encode_index((index,)) for index in indexes]
    names = [system.UPTIME, *(column + tail for tail in tails for column in columns)]
    uptime, *values = await session.get(names)
    uptime_s = seconds(uptime)
    if uptime_s is None:
        raise BadAnswer(f"{session.host} does not tell its uptime. Check its SNMP view: it must show 1.3.6.1.2.1.1.")
    split = len(interfaces.STATE_COLUMNS)
    rows: dict[int, list[Value]] = {}
    for place, index in enumerate(indexes):
        row = values[place * len(columns) : (place + 1) * len(columns)]
        if any(value is not None for value in row):
            rows[index] = row
    narrow = await _narrow_octets(session, [i for i, row in rows.items() if interfaces.lacks_wide_octets(row[split:])])
    states: Table = {(index,): row[:split] for index, row in rows.items()}
    counters: Table = {(index,): row[split:] + narrow.get((index,), [None, None]) for index, row in rows.items()}
    return uptime_s, interfaces.interface_counters(counters), interfaces.interface_states(states)


async def _narrow_octets(session: Session, indexes: Sequence[int]) -> Table:
    if not indexes:
        return {}
    return await session.table(interfaces.OCTET_COLUMNS, [(index,) for index in indexes])


async def probe(
    host: str,
    port: int,
    credentials: Community | UsmUser,
    timeout_s: float = 2.0,
    retries: int = 1,
    *,
    source: str = "",
) -> DeviceReading:
    """One whole reading of one device, for a person who waits for it."""
    async with Engine() as engine:
        session = engine.session(host, port, credentials, timeout_s=timeout_s, retries=retries, source=source)
        return await read_device(session)


class _Reading:
    """The parts of one reading in the order that lets later ones use earlier ones."""

    def __init__(self, session: Session, parts: Sequence[str]) -> None:
        self._session = session
        self._parts = frozenset(parts)
        self._warnings: list[str] = []
        self._failures: list[BadAnswer | AgentError] = []

    async def whole(self) -> DeviceReading:
        facts = await self._part("system", self._system, None)
        ports = await self._needed_interfaces()
        reading = DeviceReading(
            system=facts,
            interfaces=ports if "interfaces" in self._parts else (),
            counters=await self._part("counters", lambda: self._counters(len(ports)), ()),
            neighbours=await self._part("neighbours", lambda: self._neighbours(ports), ()),
            modules=await self._part("modules", self._modules, ()),
            addresses=await self._part("addresses", lambda: self._addresses(ports), ()),
            warnings=tuple(self._warnings),
        )
        if self._failures and reading == DeviceReading(system=None, warnings=reading.warnings):
            raise self._failures[0]  # nothing at all was delivered, so the device was not read
        return reading

    async def _part(self, name: str, read: Callable[[], Awaitable[T]], nothing: T) -> T:
        if name not in self._parts:
            return nothing
        try:
            return await read()
        except (BadAnswer, AgentError) as error:
            self._warnings.append(f"{name}: {error}")
            self._failures.append(error)
            return nothing

    async def _system(self) -> SystemFacts:
        return system.system_facts(await self._session.get(system.SCALARS))

    async def _needed_interfaces(self) -> tuple[InterfaceFacts, ...]:
        """Ports, also when only their names are needed to name a neighbour's or an address's port."""
        if self._parts.isdisjoint(("interfaces", "neighbours", "addresses")):
            return ()
        try:
            rows = await self._session.table(interfaces.FACT_COLUMNS + interfaces.FACT_COLUMNS_X)
        except (BadAnswer, AgentError) as error:
            self._warnings.append(f"interfaces: {error}")
            self._failures.append(error)
            return ()
        return interfaces.interface_facts(rows)

    async def _counters(self, expected_rows: int) -> tuple[InterfaceCounters, ...]:
        columns = interfaces.COUNTER_COLUMNS_X + interfaces.COUNTER_COLUMNS + interfaces.OCTET_COLUMNS
        return interfaces.interface_counters(await self._session.table(columns, expected_rows=expected_rows))

    async def _neighbours(self, ports: Sequence[InterfaceFacts]) -> tuple[Neighbour, ...]:
        kind = await self._object_id()
        found = await self._lldp_neighbours(ports, kind)
        if kind.startswith(cdp.CISCO):
            found += cdp.neighbours(await self._session.table(cdp.COLUMNS), ports, found)
        return found

    async def _lldp_neighbours(self, ports: Sequence[InterfaceFacts], kind: str) -> tuple[Neighbour, ...]:
        for edition in lldp.EDITIONS:
            remote = await self._session.table(edition.remote) if kind.startswith(edition.vendor) else {}
            if not remote:
                continue
            local = await self._session.table(edition.local)
            management = await self._session.table(edition.management)
            found = lldp.neighbours(edition, remote, local, management, ports)
            if all(neighbour.local_index is not None for neighbour in found):
                return found
            bridge = lldp.bridge_ports(await self._session.table(lldp.BRIDGE_COLUMNS))
            return lldp.neighbours(edition, remote, local, management, ports, bridge)
        return ()

    async def _modules(self) -> tuple[Module, ...]:
        rows = await self._session.table(entity.COLUMNS)
        is_huawei = (await self._object_id()).startswith(entity.HUAWEI)
        return entity.modules(rows, await self._session.table(entity.HUAWEI_COLUMNS) if rows and is_huawei else {})

    async def _object_id(self) -> str:
        (object_id,) = await self._session.get([system.OBJECT_ID])
        return object_id if isinstance(object_id, str) else ""

    async def _addresses(self, ports: Sequence[InterfaceFacts]) -> tuple[Address, ...]:
        names = {port.index: port.name for port in ports}
        rows = await self._session.table(addresses.COLUMNS)
        old_rows = await self._session.table(addresses.OLD_COLUMNS)
        old_v6_rows = await self._session.table(addresses.OLD_V6_COLUMNS)
        return addresses.addresses(rows, old_rows, old_v6_rows, names)
