"""Walks of real devices, served over UDP and read back, against what LibreNMS made of the same walks."""

import asyncio
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from collectors.drivers.snmp import read_counters, read_device
from collectors.records import DeviceReading
from collectors.transports.snmp.engine import Community, Engine
from tests.collectors.agent import Agent, arcs, read_recording

RECORDINGS = Path(__file__).resolve().parents[3] / "shared" / "recordings"
NAMES = sorted(path.stem for path in RECORDINGS.glob("*.snmprec")) if RECORDINGS.is_dir() else []

pytestmark = pytest.mark.skipif(not NAMES, reason="the recordings of real devices are not beside this checkout")

ALIAS, DESCRIPTION, HIGH_SPEED, SPEED = (
    "1.3.6.1.2.1.31.1.1.1.18", "1.3.6.1.2.1.2.2.1.2", "1.3.6.1.2.1.31.1.1.1.15", "1.3.6.1.2.1.2.2.1.5",
)  # fmt: skip


@cache
def reading(name: str) -> DeviceReading:
    async def read() -> DeviceReading:
        async with Agent(recording(name)) as agent, Engine() as engine:
            return await read_device(engine.session("127.0.0.1", agent.port, Community("public")))

    return asyncio.run(read())


@cache
def recording(name: str) -> dict[tuple[int, ...], tuple[int, Any]]:
    return read_recording(RECORDINGS / f"{name}.snmprec")


@cache
def expected(name: str, module: str, table: str) -> list[dict[str, Any]]:
    known = json.loads((RECORDINGS / f"{name}.json").read_text())
    stages = known.get(module) or {}
    for stage in ("poller", "discovery"):
        tables = stages.get(stage)
        # A stage may also be the words "matches discovery", or nothing.
        if isinstance(tables, dict) and tables.get(table):
            return list(tables[table])
    return []


def recorded(name: str, column: str, index: int) -> Any:
    return recording(name).get((*arcs(column), index), (0, None))[1]


def test_the_recordings_cover_every_part() -> None:
    """The tests below compare whatever is expected: this one says that something is."""
    for module, table in (
        ("ports", "ports"), ("discovery-protocols", "links"), ("entity-physical", "entPhysical"),
        ("ipv4-addresses", "ipv4_addresses"),
    ):  # fmt: skip
        assert any(expected(name, module, table) for name in NAMES), module


@pytest.mark.parametrize("name", NAMES)
def test_a_recorded_device_is_read_without_a_warning(name: str) -> None:
    assert reading(name).warnings == ()


@pytest.mark.parametrize("name", NAMES)
def test_a_recorded_device_has_its_system_facts(name: str) -> None:
    (device,) = expected(name, "os", "devices")
    system = reading(name).system

    assert system is not None
    assert system.name == device["sysName"]
    assert "." + system.object_id == device["sysObjectID"]
    # LibreNMS trims the lines of a description.
    assert system.description.split() == device["sysDescr"].split()


@pytest.mark.parametrize("name", NAMES)
def test_a_recorded_device_has_its_ports(name: str) -> None:
    ports = {port.index: port for port in reading(name).interfaces}
    rows = [row for row in expected(name, "ports", "ports") if not row["deleted"]]
    seen = [
        {
            "ifIndex": index,
            "ifName": ports[index].name,
            "ifDescr": ports[index].description,
            "ifType": ports[index].type,
            "ifMtu": ports[index].mtu,
            "ifAdminStatus": ports[index].admin,
            "ifOperStatus": ports[index].oper,
            "ifPhysAddress": mac.replace(":", "") if (mac := ports[index].mac) else None,
        }
        for index in (row["ifIndex"] for row in rows)
        if index in ports
    ]

    wanted = [{key: row[key] for key in seen[0]} for row in rows] if seen else []
    assert seen == wanted
    assert len(ports) == len(rows)


@pytest.mark.parametrize("name", NAMES)
def test_a_recorded_port_has_its_alias(name: str) -> None:
    """LibreNMS shows ifDescr where the alias is empty; we keep it empty, since nobody typed it."""
    ports = {port.index: port for port in reading(name).interfaces}

    for row in expected(name, "ports", "ports"):
        port = ports[row["ifIndex"]]
        assert (port.alias or port.description) == row["ifAlias"]
        assert bool(port.alias) == bool(recorded(name, ALIAS, port.index))


@pytest.mark.parametrize("name", NAMES)
def test_a_recorded_port_has_its_speed(name: str) -> None:
    """LibreNMS leaves out a speed of 0, as we do, and keeps bits: we round what is not whole Mbit/s."""
    ports = {port.index: port for port in reading(name).interfaces}

    for row in expected(name, "ports", "ports"):
        port, bits = ports[row["ifIndex"]], row["ifSpeed"]
        assert port.speed_mbps == (max(1, round(bits / 1_000_000)) if bits else None), row["ifName"]


@pytest.mark.parametrize("name", NAMES)
def test_a_recorded_port_has_its_counters(name: str) -> None:
    counters = {counter.index: counter for counter in reading(name).counters}

    for row in expected(name, "ports", "ports"):
        counter = counters[row["ifIndex"]]
        seen = (counter.in_octets, counter.out_octets, counter.in_errors, counter.out_errors)
        assert seen == tuple(row[key] for key in ("ifInOctets", "ifOutOctets", "ifInErrors", "ifOutErrors"))
        assert (counter.in_discards, counter.out_discards) == (row["ifInDiscards"], row["ifOutDiscards"])


@pytest.mark.parametrize("name", NAMES)
def test_the_cheap_cycle_says_the_same_as_the_whole_reading(name: str) -> None:
    whole = reading(name)
    indexes = [port.index for port in whole.interfaces]

    async def read() -> Any:
        async with Agent(recording(name)) as agent, Engine() as engine:
            return await read_counters(engine.session("127.0.0.1", agent.port, Community("public")), indexes)

    uptime_s, counters, states = asyncio.run(read())

    assert whole.system is not None
    assert uptime_s == whole.system.uptime_s
    assert counters == whole.counters
    assert [(s.index, s.admin, s.oper, s.speed_mbps) for s in states] == [
        (port.index, port.admin, port.oper, port.speed_mbps) for port in whole.interfaces
    ]


@pytest.mark.parametrize("name", NAMES)
def test_a_recorded_device_has_its_neighbours(name: str) -> None:
    """LibreNMS writes the chassis id in brackets behind the remote port; that is our `remote_chassis_id`."""
    wanted = {
        (row["ifName"], row["remote_hostname"], row["remote_port"], " ".join(row["remote_version"].split()))
        for row in expected(name, "discovery-protocols", "links")
    }
    seen = {
        (
            known.local_port,
            known.remote_name,
            f"{known.remote_port} ({known.remote_chassis_id.replace(':', '')})",
            " ".join(known.remote_description.split()),
        )
        for known in reading(name).neighbours
    }

    assert seen == wanted


@pytest.mark.parametrize("name", NAMES)
def test_a_recorded_device_has_its_modules(name: str) -> None:
    modules = {module.index: module for module in reading(name).modules}
    rows = expected(name, "entity-physical", "entPhysical")
    seen = [
        {
            "entPhysicalIndex": index,
            "entPhysicalName": modules[index].name,
            "entPhysicalDescr": modules[index].description,
            "entPhysicalClass": modules[index].klass,
            "entPhysicalModelName": modules[index].model,
            "entPhysicalSerialNum": modules[index].serial,
            "entPhysicalFirmwareRev": modules[index].firmware,
            "entPhysicalHardwareRev": modules[index].hardware,
            "entPhysicalSoftwareRev": modules[index].software,
            "entPhysicalContainedIn": modules[index].parent_index or 0,
        }
        for index in (row["entPhysicalIndex"] for row in rows)
    ]

    assert seen == [{key: row[key] for key in seen[0]} for row in rows]


@pytest.mark.parametrize("name", NAMES)
def test_a_recorded_device_has_its_addresses(name: str) -> None:
    wanted = {
        (f"{row['ipv4_address']}/{row['ipv4_prefixlen']}", row["ifIndex"])
        for row in expected(name, "ipv4-addresses", "ipv4_addresses")
    }
    ports = {port.index: port.name for port in reading(name).interfaces}
    seen = {(known.address, known.interface_index) for known in reading(name).addresses if ":" not in known.address}

    assert seen == wanted
    assert all(known.interface == ports[known.interface_index] for known in reading(name).addresses)
