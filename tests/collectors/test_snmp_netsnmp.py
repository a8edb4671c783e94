"""net-snmp's snmpd and snmpget, as found on the machine."""

import asyncio
import shutil
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from collectors.drivers.snmp import probe, read_counters
from collectors.errors import AuthenticationFailed, Unreachable
from collectors.transports.snmp import ber
from collectors.transports.snmp.engine import Community, Engine, UsmUser
from tests.collectors import snmpd
from tests.collectors.agent import Agent, mib
from tests.collectors.snmpd import needs_snmpd

PUBLIC = Community("public")
FULL = UsmUser("poller", "SHA", "authentic-key", "AES", "private-key")
SIGNED = UsmUser("signer", "SHA", "authentic-key")
PLAIN = UsmUser("reader")
CONFIGURATION = """
sysName core-1
sysLocation 政务中心3F
sysContact noc
rocommunity public 127.0.0.1
createUser poller SHA authentic-key AES private-key
createUser signer SHA authentic-key
createUser reader
rouser poller priv
rouser signer auth
rouser reader noauth
"""

needs_snmpget = pytest.mark.skipif(shutil.which("snmpget") is None, reason="net-snmp's snmpget is not installed")


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    number = snmpd.free_port()
    with snmpd.running(tmp_path_factory.mktemp("snmpd"), CONFIGURATION, number):
        yield number


def get(port: int, user: Community | UsmUser, **options: Any) -> Any:
    async def run() -> Any:
        async with Engine() as engine:
            return await engine.session("127.0.0.1", port, user, **options).get(["1.3.6.1.2.1.1.5.0"])

    return asyncio.run(run())


@needs_snmpd
@pytest.mark.parametrize("user", [PUBLIC, FULL, SIGNED, PLAIN], ids=["v2c", "authPriv", "authNoPriv", "noAuthNoPriv"])
def test_snmpd_is_read_at_every_level(port: int, user: Community | UsmUser) -> None:
    assert get(port, user) == [b"core-1"]


@needs_snmpd
@pytest.mark.parametrize("user", [PUBLIC, FULL], ids=["v2c", "authPriv"])
def test_snmpd_tells_of_its_host(port: int, user: Community | UsmUser) -> None:
    reading = asyncio.run(probe("127.0.0.1", port, user))
    ports = {known.name: known for known in reading.interfaces}

    assert reading.warnings == ()
    assert reading.system is not None
    assert (reading.system.name, reading.system.location) == ("core-1", "政务中心3F")
    assert reading.system.uptime_s is not None
    assert (ports["lo"].type, ports["lo"].oper, ports["lo"].index) == ("softwareLoopback", "up", loopback_index())
    assert {counter.index for counter in reading.counters} == {known.index for known in reading.interfaces}
    assert "127.0.0.1/8" in {known.address for known in reading.addresses if known.interface == "lo"}


@needs_snmpd
def test_snmpds_counters_grow(port: int) -> None:
    async def run() -> tuple[Any, Any]:
        async with Engine() as engine:
            session = engine.session("127.0.0.1", port, PUBLIC)
            first = await read_counters(session, [loopback_index(), 9_999])
            # snmpd reads the kernel's counters at most every few seconds.
            await asyncio.sleep(4)
            return first, await read_counters(session, [loopback_index(), 9_999])

    (started_s, (before,), (state,)), (ended_s, (after,), _) = asyncio.run(run())
    assert 3.5 < ended_s - started_s < 10
    assert after.in_octets > before.in_octets
    assert (before.width, state.oper) == (64, "up")


@needs_snmpd
@pytest.mark.parametrize(
    ("user", "report"),
    [
        (UsmUser("nobody", "SHA", "authentic-key", "AES", "private-key"), "unknownUserNames"),
        (UsmUser("poller", "SHA", "another-key-", "AES", "private-key"), "wrongDigests"),
        (UsmUser("signer", "SHA", "authentic-key", "AES", "private-key"), "unsupportedSecLevels"),
    ],
)
def test_snmpd_tells_what_is_wrong_with_a_user(port: int, user: UsmUser, report: str) -> None:
    with pytest.raises(AuthenticationFailed) as caught:
        get(port, user)

    assert caught.value.report == report


@needs_snmpd
def test_a_wrong_privacy_key_is_told(port: int) -> None:
    """snmpd drops what it can not decrypt, or reports it: both end in an error of ours."""
    with pytest.raises((AuthenticationFailed, Unreachable)):
        get(port, UsmUser("poller", "SHA", "authentic-key", "AES", "another-key"), timeout_s=0.3)


@needs_snmpget
@pytest.mark.parametrize(
    "options",
    [
        ["-v2c", "-c", "public"],
        ["-v3", "-u", "poller", "-l", "authPriv", "-a", "SHA", "-A", "authentic-key", "-x", "AES", "-X", "private-key"],
    ],
    ids=["v2c", "authPriv"],
)
def test_snmpget_reads_our_codecs_agent(options: list[str]) -> None:
    async def run() -> str:
        values = mib({"1.3.6.1.2.1.1.5.0": (ber.OCTETS, b"core-1"), "1.3.6.1.2.1.1.3.0": (ber.TIMETICKS, 4242)})
        async with Agent(values, users=(FULL,)) as agent:
            asked = ("1.3.6.1.2.1.1.5.0", "1.3.6.1.2.1.1.3.0")
            command = ["snmpget", "-On", "-Oqt", *options, f"127.0.0.1:{agent.port}", *asked]
            process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, env={"MIBS": ""})
            output, _ = await process.communicate()
            return output.decode()

    assert asyncio.run(run()).split() == [".1.3.6.1.2.1.1.5.0", '"core-1"', ".1.3.6.1.2.1.1.3.0", "4242"]


def loopback_index() -> int:
    return socket.if_nametoindex("lo")
