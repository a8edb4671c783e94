"""Whole readings and cheap cycles over UDP."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from collectors.drivers.snmp import PARTS, probe, read_counters, read_device
from collectors.errors import BadAnswer, CollectError, Refused, Unreachable
from collectors.records import InterfaceState
from collectors.transports.snmp import ber
from collectors.transports.snmp import message as messages
from collectors.transports.snmp.engine import Community, Engine
from tests.collectors.agent import Agent, arcs, mib

IF, IFX, SYSTEM = "1.3.6.1.2.1.2.2.1", "1.3.6.1.2.1.31.1.1.1", "1.3.6.1.2.1.1"
LLDP = "1.0.8802.1.1.2.1.4.1.1"
AUTHORIZATION_ERROR = 16


def switch(*, has_ifxtable: bool = True) -> dict[tuple[int, ...], tuple[int, ber.Value]]:
    found = mib({
        f"{SYSTEM}.1.0": (ber.OCTETS, b"a switch"), f"{SYSTEM}.2.0": (ber.OBJECT_ID, "1.3.6.1.4.1.3902.3.100"),
        f"{SYSTEM}.3.0": (ber.TIMETICKS, 360_000), f"{SYSTEM}.5.0": (ber.OCTETS, b"zte-1"),
    })  # fmt: skip
    for port in (1, 5):
        values: dict[str, tuple[int, ber.Value]] = {
            f"{IF}.2": (ber.OCTETS, b"gei_1/%d" % port), f"{IF}.3": (ber.INTEGER, 6), f"{IF}.5": (ber.GAUGE32, 10**9),
            f"{IF}.7": (ber.INTEGER, 1), f"{IF}.8": (ber.INTEGER, 7), f"{IF}.10": (ber.COUNTER32, 1000 + port),
            f"{IF}.13": (ber.COUNTER32, 3), f"{IF}.14": (ber.COUNTER32, 1), f"{IF}.16": (ber.COUNTER32, 2000 + port),
            f"{IF}.19": (ber.COUNTER32, 4), f"{IF}.20": (ber.COUNTER32, 2),
        }  # fmt: skip
        if has_ifxtable:
            values |= {f"{IFX}.6": (ber.COUNTER64, 10**15), f"{IFX}.10": (ber.COUNTER64, 10**14)}
        found |= {(*arcs(column), port): value for column, value in values.items()}
    neighbour: dict[int, int | bytes] = {
        4: 4,
        5: b"\x00\xe0\xfc\x01\x02\x03",
        6: 5,
        7: b"Gi0/1",
        8: b"",
        9: b"core",
        10: b"",
    }
    for column, value in neighbour.items():
        found[(*arcs(LLDP), column, 0, 5, 1)] = (ber.INTEGER if isinstance(value, int) else ber.OCTETS, value)
    return found


def served(agent: Agent, ask: Any) -> Any:
    async def run() -> Any:
        async with agent, Engine() as engine:
            return await ask(engine.session("127.0.0.1", agent.port, Community("public"), timeout_s=0.3))

    return asyncio.run(run())


def test_a_device_without_ifxtable_is_read_whole() -> None:
    reading = served(Agent(switch(has_ifxtable=False)), read_device)

    assert reading.warnings == ()
    assert (reading.system.name, reading.system.uptime_s) == ("zte-1", 3600.0)
    assert [(p.index, p.name, p.speed_mbps, p.oper) for p in reading.interfaces] == [
        (1, "gei_1/1", 1000, "lowerLayerDown"), (5, "gei_1/5", 1000, "lowerLayerDown"),
    ]  # fmt: skip
    assert [(c.in_octets, c.out_octets, c.width) for c in reading.counters] == [(1001, 2001, 32), (1005, 2005, 32)]
    assert [(n.local_port, n.remote_name, n.remote_port) for n in reading.neighbours] == [("gei_1/5", "core", "Gi0/1")]


def test_only_the_parts_asked_for_are_read() -> None:
    reading = served(Agent(switch()), lambda s: read_device(s, parts=("neighbours",)))

    assert (reading.system, reading.interfaces, reading.counters) == (None, (), ())
    assert [neighbour.local_port for neighbour in reading.neighbours] == ["gei_1/5"]


def test_an_unknown_part_is_refused() -> None:
    with pytest.raises(ValueError, match="no part fans"):
        served(Agent(switch()), lambda s: read_device(s, parts=("fans",)))


def test_a_table_that_fails_is_a_warning_and_the_rest_is_read() -> None:
    class WithBrokenModules(Agent):
        def _after(self, name: tuple[int, ...]) -> tuple[int, ...] | None:
            entities = arcs("1.3.6.1.2.1.47.1.1.1.1")
            if name[: len(entities)] == entities:
                return (*entities, name[len(entities)], 1)
            return super()._after(name)

    reading = served(WithBrokenModules(switch()), read_device)

    assert len(reading.warnings) == 1
    assert reading.warnings[0].startswith("modules: ")
    assert "do not increase" in reading.warnings[0]
    assert (reading.modules, len(reading.interfaces), len(reading.neighbours)) == ((), 2, 1)


def test_a_device_that_falls_silent_half_way_raises() -> None:
    class Dying(Agent):
        def datagram_received(self, data: bytes, address: Any) -> None:
            if len(self.requests) < 2:
                super().datagram_received(data, address)

    with pytest.raises(Unreachable):
        served(Dying(switch()), read_device)


def test_the_cheap_cycle_reads_bound_ports_only() -> None:
    agent = Agent(switch())
    uptime_s, counters, states = served(agent, lambda s: read_counters(s, [5, 4711]))

    assert uptime_s == 3600.0
    assert [(c.index, c.in_octets, c.out_octets, c.width) for c in counters] == [(5, 10**15, 10**14, 64)]
    assert [(c.in_errors, c.out_errors, c.in_discards, c.out_discards) for c in counters] == [(1, 2, 3, 4)]
    assert states == (InterfaceState(index=5, admin="up", oper="lowerLayerDown", speed_mbps=1000),)
    assert len(agent.requests) == 1


def test_the_cheap_cycle_falls_back_to_narrow_counters() -> None:
    _, counters, _ = served(Agent(switch(has_ifxtable=False)), lambda s: read_counters(s, [1, 5]))

    assert [(c.index, c.in_octets, c.width) for c in counters] == [(1, 1001, 32), (5, 1005, 32)]


def test_the_cheap_cycle_needs_the_uptime() -> None:
    values = {name: value for name, value in switch().items() if name != arcs(f"{SYSTEM}.3.0")}

    with pytest.raises(BadAnswer, match="uptime"):
        served(Agent(values), lambda s: read_counters(s, [1]))


def test_a_probe_brings_its_own_engine() -> None:
    async def run() -> Any:
        async with Agent(switch()) as agent:
            return await probe("127.0.0.1", agent.port, Community("public"), timeout_s=0.5)

    assert asyncio.run(run()).system.name == "zte-1"


def test_a_probe_of_a_closed_port_is_refused() -> None:
    async def run() -> None:
        async with Agent(switch()) as agent:
            port = agent.port
        await asyncio.sleep(0.01)
        await probe("127.0.0.1", port, Community("public"))

    with pytest.raises(Refused):
        asyncio.run(run())


def test_the_parts_are_the_readings_fields() -> None:
    assert PARTS == ("system", "interfaces", "counters", "neighbours", "modules", "addresses")


CDP, NOKIA, BRIDGE = "1.3.6.1.4.1.9.9.23.1.2.1.1", "1.3.6.1.4.1.6527.3.1.2.59.4.1.1", "1.3.6.1.2.1.17.1.4.1.2"


def of_vendor(object_id: str, rows: Mapping[str, tuple[int, ber.Value]]) -> Agent:
    return Agent(switch() | mib({f"{SYSTEM}.2.0": (ber.OBJECT_ID, object_id), **rows}))


def test_a_cisco_device_is_asked_for_its_cdp_neighbours_too() -> None:
    rows = {f"{CDP}.6.1.9": (ber.OCTETS, b"phone-1"), f"{CDP}.7.1.9": (ber.OCTETS, b"Port 1")}
    cisco, other = (of_vendor(name, rows) for name in ("1.3.6.1.4.1.9.1.1208", "1.3.6.1.4.1.2011.2.23"))

    assert [n.remote_name for n in served(cisco, read_device).neighbours] == ["core", "phone-1"]
    assert [n.remote_name for n in served(other, read_device).neighbours] == ["core"]


def test_a_nokia_device_is_asked_for_its_own_lldp_table() -> None:
    rows = {f"{NOKIA}.5.7.1.1.2": (ber.OCTETS, b"box-2"), f"{NOKIA}.9.7.1.1.2": (ber.OCTETS, b"router-2")}
    nokia = of_vendor("1.3.6.1.4.1.6527.1.3.4", rows)
    values = {name: value for name, value in nokia.values.items() if name[:2] != (1, 0)}

    (neighbour,) = served(Agent(values), read_device).neighbours
    assert (neighbour.remote_name, neighbour.local_port) == ("router-2", "gei_1/1")


def test_a_neighbours_port_is_looked_up_among_the_bridge_ports_when_its_name_is_nobodys() -> None:
    rows: dict[str, tuple[int, ber.Value]] = {
        "1.0.8802.1.1.2.1.3.7.1.2.5": (ber.INTEGER, 7), "1.0.8802.1.1.2.1.3.7.1.3.5": (ber.OCTETS, b"1/5"),
        f"{BRIDGE}.5": (ber.INTEGER, 1),
    }  # fmt: skip

    (neighbour,) = served(of_vendor("1.3.6.1.4.1.171.10", rows), read_device).neighbours
    assert (neighbour.local_port, neighbour.local_index) == ("gei_1/1", 1)


def test_an_agent_that_delivers_nothing_was_not_read() -> None:
    """It answers, but with an error for everything: an empty reading would call it up."""

    class Refusing(Agent):
        def _answer(self, pdu: messages.Pdu, room: int) -> bytes:
            return messages.encode_pdu(messages.RESPONSE, pdu.request_id, b"", first=AUTHORIZATION_ERROR)

    with pytest.raises(CollectError):
        served(Refusing(switch()), read_device)
