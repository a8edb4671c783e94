"""The simulator as its own process, read by net-snmp and by the product's own engine."""

import asyncio
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from collectors.drivers.snmp import probe
from collectors.errors import AuthenticationFailed, Refused, Unreachable
from collectors.simulator import faults
from collectors.simulator.network import Network
from collectors.simulator.plan import dump
from collectors.simulator.server import Server
from collectors.simulator.traffic import wave
from collectors.transports.snmp import ber
from collectors.transports.snmp import message as messages
from collectors.transports.snmp.usm import Community, UsmUser
from tests.collectors.test_simulator_plan import COMMUNITY, USER, small_plan

ROOT = Path(__file__).parents[2]
CORE, ACCESS, OLD, MUTE = "127.16.0.1", "127.16.0.2", "127.16.0.3", "127.16.0.4"
BOOTED_AT = float(int(time.time()) - 40 * 86_400)
HC_IN_OCTETS, OPER_STATUS = ".1.3.6.1.2.1.31.1.1.1.6.4", ".1.3.6.1.2.1.2.2.1.8.4"

needs_net_snmp = pytest.mark.skipif(
    shutil.which("snmpwalk") is None or shutil.which("snmpbulkwalk") is None,
    reason="net-snmp's tools are not installed",
)


def command(plan: Path, port: int, *more: str) -> list[str]:
    return [sys.executable, "-m", "collectors.simulator", "--plan", str(plan), "--port", str(port), *more]


@contextmanager
def running(folder: Path, port: int = 0) -> Iterator[tuple[int, "subprocess.Popen[str]"]]:
    with subprocess.Popen(
        command(folder / "plan.json", port), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            said = re.fullmatch(r"Simulating 4 devices on UDP port (\d+)\.\n", process.stdout.readline())
            assert said is not None
            yield int(said[1]), process
        finally:
            process.terminate()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    dump(small_plan(BOOTED_AT), tmp_path / "plan.json")
    return tmp_path


@pytest.fixture
def port(folder: Path) -> Iterator[int]:
    with running(folder) as (number, _):
        yield number


def net_snmp(tool: str, where: str, root: str, *options: str) -> subprocess.CompletedProcess[str]:
    arguments = [tool, *options, "-On", "-t", "1", "-r", "1", where, root]
    return subprocess.run(arguments, capture_output=True, text=True, env={"MIBS": "", "HOME": "/"}, check=False)


def read(tool: str, where: str, root: str, *options: str) -> dict[str, str]:
    finished = net_snmp(tool, where, root, *(options or ("-v2c", "-c", COMMUNITY)))
    assert finished.returncode == 0, finished.stderr
    found: dict[str, str] = {}
    for line in finished.stdout.splitlines():
        name, separator, value = line.partition(" = ")
        if separator and name.startswith(".") and not value.startswith("No more variables"):
            assert name not in found
            found[name] = value
    return found


def number(port: int, name: str) -> int:
    return int(read("snmpget", f"{CORE}:{port}", name)[name].rpartition(" ")[2])


def soon(is_so: Callable[[], bool], within_s: float = 1.0) -> bool:
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        if is_so():
            return True
        time.sleep(0.05)
    return False


V3 = ("-v3", "-l", "authPriv", "-u", USER.name, "-a", "SHA", "-A", USER.auth_key, "-x", "AES", "-X", USER.priv_key)


# --- net-snmp ---------------------------------------------------------------------------------------------------


@needs_net_snmp
@pytest.mark.parametrize(("address", "options"), [(CORE, ()), (OLD, ()), (ACCESS, V3)])
def test_net_snmp_walks_a_device_to_its_end_in_order(port: int, address: str, options: tuple[str, ...]) -> None:
    singly = read("snmpwalk", f"{address}:{port}", ".1", *options)
    in_bulk = read("snmpbulkwalk", f"{address}:{port}", ".1", *options)

    assert len(singly) > 50
    assert list(in_bulk) == list(singly)
    assert list(singly) == sorted(singly, key=lambda name: [int(arc) for arc in name.strip(".").split(".")])


@needs_net_snmp
def test_two_devices_answer_for_themselves(port: int) -> None:
    name = ".1.3.6.1.2.1.1.5.0"

    assert read("snmpget", f"{CORE}:{port}", name) == {name: 'STRING: "ZZ-CORE-1"'}
    assert read("snmpget", f"{OLD}:{port}", name) == {name: 'STRING: "ZZ-OLD-1"'}
    assert read("snmpget", f"{ACCESS}:{port}", name, *V3) == {name: 'STRING: "ZZ-ACC-1"'}


@needs_net_snmp
def test_a_stranger_is_not_answered_or_told_why(port: int) -> None:
    unknown = [word if word != USER.name else "nobody" for word in V3]

    assert "Timeout" in net_snmp("snmpget", f"{CORE}:{port}", OPER_STATUS, "-v2c", "-c", "public").stderr
    assert "Timeout" in net_snmp("snmpget", f"{MUTE}:{port}", OPER_STATUS, "-v2c", "-c", COMMUNITY).stderr
    assert "Unknown user name" in net_snmp("snmpget", f"{ACCESS}:{port}", OPER_STATUS, *unknown).stderr


@needs_net_snmp
def test_a_fault_is_seen_within_a_second_and_so_is_its_mending(folder: Path, port: int) -> None:
    assert number(port, OPER_STATUS) == 1

    faults.break_line(folder, "L2")
    assert soon(lambda: number(port, OPER_STATUS) == 2)
    time.sleep(0.3)
    stopped = number(port, HC_IN_OCTETS)
    time.sleep(0.5)
    assert number(port, HC_IN_OCTETS) == stopped

    faults.mend_line(folder, "L2")
    assert soon(lambda: number(port, OPER_STATUS) == 1)
    assert soon(lambda: number(port, HC_IN_OCTETS) > stopped)


@needs_net_snmp
def test_a_restarted_simulator_counts_on(folder: Path) -> None:
    rate = 100 * 125_000 * wave("L2", started_at=BOOTED_AT).level(time.time())
    with running(folder) as (number_of_port, _):
        before, asked_at = number(number_of_port, HC_IN_OCTETS), time.time()
    time.sleep(0.5)
    with running(folder, number_of_port):
        after, again_at = number(number_of_port, HC_IN_OCTETS), time.time()

    assert after - before == pytest.approx(rate * (again_at - asked_at), rel=0.05)


# --- the product's own engine -----------------------------------------------------------------------------------


def test_the_engine_reads_a_whole_device(port: int) -> None:
    reading = asyncio.run(probe(CORE, port, Community(COMMUNITY)))

    assert reading.warnings == ()
    assert reading.system is not None
    assert (reading.system.name, reading.system.location) == ("ZZ-CORE-1", "政务中心3F")
    assert "NE40E-X8" in reading.system.description
    assert reading.system.object_id.startswith("1.3.6.1.4.1.2011.2.")
    assert [(item.name, item.alias, item.oper, item.speed_mbps) for item in reading.interfaces] == [
        ("GigabitEthernet0/0/1", "至办公室", "up", 1000),
        ("GigabitEthernet0/0/2", "", "up", 1000),
        ("GigabitEthernet0/0/3", "", "down", 1000),
        ("100GE0/0/4", "", "up", 100_000),
    ]
    assert {counters.width for counters in reading.counters} == {64}
    assert [
        (item.local_port, item.remote_name, item.remote_port, item.remote_address) for item in reading.neighbours
    ] == [
        ("GigabitEthernet0/0/1", "ZZ-ACC-1", "GigabitEthernet1/0/1", ACCESS),
        ("GigabitEthernet0/0/2", "ZZ-OLD-1", "gei-0/1/0/1", OLD),
        ("100GE0/0/4", "ISP", "eth7", ""),
    ]
    assert [(item.klass, item.serial, item.parent_index) for item in reading.modules] == [
        ("chassis", "SN-CORE", None),
        ("module", "SN-LPU", reading.modules[0].index),
        ("powerSupply", "SN-PWR", reading.modules[0].index),
    ]
    assert [(item.address, item.interface) for item in reading.addresses] == [("10.1.1.1/30", "GigabitEthernet0/0/1")]


def test_the_engine_reads_a_device_in_secret_and_in_gbk(port: int) -> None:
    user = UsmUser(USER.name, "SHA", USER.auth_key, "AES", USER.priv_key)

    reading = asyncio.run(probe(ACCESS, port, user))

    assert [item.alias for item in reading.interfaces] == ["上联核心"]
    assert [item.remote_port for item in reading.neighbours] == ["GigabitEthernet0/0/1"]
    assert [item.model for item in reading.modules] == ["S6520X-30QC-EI"]


def test_the_engine_reads_an_old_switch_by_its_descriptions(port: int) -> None:
    reading = asyncio.run(probe(OLD, port, Community(COMMUNITY)))

    assert [(item.name, item.speed_mbps) for item in reading.interfaces] == [("gei-0/1/0/1", 1000)]
    assert [(item.width, item.in_octets is not None) for item in reading.counters] == [(32, True)]
    assert [item.local_port for item in reading.neighbours] == ["gei-0/1/0/1"]


def test_the_engine_is_told_of_a_wrong_key_and_hears_nothing_from_the_silent(port: int) -> None:
    with pytest.raises(AuthenticationFailed):
        asyncio.run(probe(ACCESS, port, UsmUser(USER.name, "SHA", "another-key", "AES", USER.priv_key)))
    with pytest.raises(Unreachable):
        asyncio.run(probe(MUTE, port, Community(COMMUNITY), 0.3, 0))


# --- the process ------------------------------------------------------------------------------------------------


def get_name() -> bytes:
    pdu = messages.encode_pdu(messages.GET, 7, ber.encode_varbind(ber.oid("1.3.6.1.2.1.1.5.0")))
    return messages.encode_v2(COMMUNITY.encode(), pdu)


def test_the_answer_comes_from_the_address_that_was_asked(port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(2)
        for address in (CORE, OLD):
            asking.sendto(get_name(), (address, port))
            assert asking.recvfrom(65_535)[1] == (address, port)


def own_address() -> str:
    """This machine's address towards others."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as finding:
        try:
            finding.connect(("192.0.2.1", 9))
        except OSError:
            pytest.skip("this machine has no address but the loopback one")
        return str(finding.getsockname()[0])


def test_only_loopback_addresses_are_served(port: int) -> None:
    with pytest.raises((Unreachable, Refused)):
        asyncio.run(probe(own_address(), port, Community(COMMUNITY), 0.3, 0))


def test_other_addresses_are_not_served_where_the_socket_can_not_be_bound_to_loopback(folder: Path) -> None:
    own = own_address()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as unbound, socket.socket(type=socket.SOCK_DGRAM) as asking:
        unbound.setsockopt(socket.IPPROTO_IP, 8, 1)  # IP_PKTINFO
        unbound.setblocking(False)
        unbound.bind(("0.0.0.0", 0))
        server = Server(Network(small_plan(BOOTED_AT), folder), unbound)
        for address in (own, CORE):
            asking.sendto(get_name(), (address, unbound.getsockname()[1]))
        server.drain()

    assert (server.answered, server.ignored) == (1, 1)


def test_rubbish_does_not_stop_it(port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as throwing:
        for rubbish in (
            b"",
            b"\x30",
            b"\x30\x84\xff\xff\xff\xff",
            bytes(65_000),
            b"\x30\x03\x02\x01\x03",
            b"\xff" * 500,
        ):
            for address in (CORE, ACCESS, MUTE, "127.9.9.9"):
                throwing.sendto(rubbish, (address, port))

    assert asyncio.run(probe(CORE, port, Community(COMMUNITY))).system is not None


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_cleanly_when_told_to(folder: Path, end: signal.Signals) -> None:
    with running(folder) as (_, process):
        process.send_signal(end)

        assert process.communicate(timeout=5) == ("", "")
        assert process.returncode == 0


def test_an_occupied_port_is_said_in_one_sentence(folder: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
        holder.bind(("0.0.0.0", 0))
        taken = holder.getsockname()[1]
        finished = subprocess.run(
            command(folder / "plan.json", taken, "--bind-check"), cwd=ROOT, capture_output=True, text=True, check=False
        )

    assert finished.returncode == 2
    assert finished.stdout == ""
    assert finished.stderr == (
        f"UDP port {taken} can not be opened: another program uses it. Choose another one with --port.\n"
    )


def test_a_wrong_plan_is_said_in_one_sentence(folder: Path) -> None:
    (folder / "plan.json").write_text('{"version": 1, "community": "c", "devices": []}')
    finished = subprocess.run(
        command(folder / "plan.json", 0), cwd=ROOT, capture_output=True, text=True, check=False
    )  # fmt: skip

    assert finished.returncode == 2
    assert finished.stderr == "The key 'started_at' is missing in the plan.\n"


def test_a_check_opens_the_port_and_leaves(folder: Path) -> None:
    finished = subprocess.run(
        command(folder / "plan.json", 0, "--bind-check"), cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert finished.returncode == 0
    assert finished.stdout.startswith("The plan has 4 devices and UDP port ")
