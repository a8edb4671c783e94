"""What reading 200 values costs with our engine, pysnmp and net-snmp, and how long a city of agents takes.

The agents are one process that answers from encoded
values on every loopback address, so that it is not what is measured.
"""

import asyncio
import bisect
import contextlib
import importlib.util
import multiprocessing
import resource
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from functools import lru_cache
from multiprocessing.connection import Connection
from typing import Any

from collectors.errors import CollectError
from collectors.transports.snmp import ber, usm
from collectors.transports.snmp import message as messages
from collectors.transports.snmp.engine import Community, Engine
from collectors.transports.snmp.usm import Authority, UsmUser

ROWS = 50
TABLE = "1.3.6.1.2.1.2.2.1"
COLUMNS = tuple(f"{TABLE}.{column}" for column in (5, 7, 8, 10))
COMMUNITY = Community("public")
USER = UsmUser("bench", "SHA", "bench-authentic", "AES", "bench-private")
DEAD_EVERY = 10
LOOPBACK = 127
_PKTINFO = 8


def bench(
    devices: int = 1000,
    pysnmp_devices: int = 30,
    netsnmp_devices: int = 30,
    city_devices: int = 5000,
    *,
    max_in_flight: int = 200,
) -> dict[str, Any]:
    """All figures; CPU in milliseconds of this process (and its children) a device, wall-clock in seconds."""
    with responder(dead_every=0) as port:
        found: dict[str, Any] = {
            "values_a_device": ROWS * len(COLUMNS),
            "v2c": asyncio.run(_read_many(devices, port, COMMUNITY, max_in_flight)),
            "v3": asyncio.run(_read_many(devices, port, USER, max_in_flight)),
            "pysnmp_v2c": _pysnmp(pysnmp_devices, port, COMMUNITY),
            "pysnmp_v3": _pysnmp(pysnmp_devices, port, USER),
            "netsnmp_v2c": _netsnmp(netsnmp_devices, port, ["-v2c", "-c", COMMUNITY.text]),
            "netsnmp_v3": _netsnmp(netsnmp_devices, port, _netsnmp_user(USER)),
        }
    with responder(dead_every=DEAD_EVERY) as port:
        found["city_v2c"] = asyncio.run(_read_many(city_devices, port, COMMUNITY, max_in_flight, DEAD_EVERY))
        found["city_v3"] = asyncio.run(_read_many(city_devices, port, USER, max_in_flight, DEAD_EVERY))
    for version in ("v2c", "v3"):
        for peer in ("pysnmp", "netsnmp"):
            measured = found[f"{peer}_{version}"]
            if measured is not None:
                ratio = measured["cpu_ms_a_device"] / found[version]["cpu_ms_a_device"]
                found[version][f"{peer}_costs_times"] = round(ratio, 1)
    return found


def address(place: int) -> str:
    return f"127.{1 + place // 40_000}.{place // 200 % 200}.{place % 200 + 1}"


def is_dead(host: str, dead_every: int) -> bool:
    return dead_every > 0 and int(host.rsplit(".", 1)[1]) % dead_every == 0


# --- managers ---------------------------------------------------------------------------------------------------


async def _read_many(
    devices: int, port: int, credentials: Community | UsmUser, max_in_flight: int, dead_every: int = 0
) -> dict[str, Any]:
    async with Engine(max_in_flight=max_in_flight) as engine:

        async def read(host: str) -> int | None:
            try:
                return len(await engine.session(host, port, credentials).table(COLUMNS))
            except CollectError:
                return None

        hosts = [address(place) for place in range(devices)]
        started_at, cpu_s = time.monotonic(), time.process_time()
        rows = await asyncio.gather(*map(read, hosts))
        cpu_s, took_s = time.process_time() - cpu_s, time.monotonic() - started_at
        resent, worst_lag_s = engine.resent, engine.worst_lag_s
    alive = [count for host, count in zip(hosts, rows, strict=True) if not is_dead(host, dead_every)]
    return {
        "devices": devices,
        "dead": devices - len(alive),
        "cpu_ms_a_device": round(cpu_s / devices * 1000, 3),
        "cpu_s": round(cpu_s, 2),
        "seconds": round(took_s, 2),
        "live_called_dead": alive.count(None),
        "incomplete": sum(count not in (None, ROWS) for count in alive),
        "resent": resent,
        "worst_lag_s": round(worst_lag_s, 3),
    }


def _pysnmp(devices: int, port: int, credentials: Community | UsmUser) -> dict[str, Any] | None:
    if not devices or importlib.util.find_spec("pysnmp") is None:
        return None
    return asyncio.run(_pysnmp_reads(devices, port, credentials))


async def _pysnmp_reads(devices: int, port: int, credentials: Community | UsmUser) -> dict[str, Any]:
    """The same four columns and repetitions, one engine for all devices."""
    from pysnmp.hlapi.v3arch import asyncio as hlapi

    if isinstance(credentials, Community):
        user: Any = hlapi.CommunityData(credentials.text, mpModel=1)
    else:
        user = hlapi.UsmUserData(
            credentials.name,
            credentials.auth_key,
            credentials.priv_key,
            authProtocol=hlapi.usmHMACSHAAuthProtocol,
            privProtocol=hlapi.usmAesCfb128Protocol,
        )
    engine = hlapi.SnmpEngine()
    roots = [hlapi.ObjectIdentity(column) for column in COLUMNS]
    values = 0

    async def read(host: str) -> int:
        target = await hlapi.UdpTransportTarget.create((host, port), timeout=5, retries=1)
        last, found = roots, 0
        while found < ROWS * len(COLUMNS):
            names = [hlapi.ObjectType(name) for name in last]
            error, _, _, varbinds = await hlapi.bulk_cmd(
                engine, user, target, hlapi.ContextData(), 0, 25, *names, lookupMib=False
            )
            if error or not varbinds:
                break
            found += len(varbinds)
            last = [hlapi.ObjectIdentity(name) for name, _ in varbinds[-len(COLUMNS) :]]
        return found

    started_at, cpu_s = time.monotonic(), time.process_time()
    for place in range(devices):
        values += await read(address(place))
    cpu_s, took_s = time.process_time() - cpu_s, time.monotonic() - started_at
    engine.close_dispatcher()
    return {
        "devices": devices,
        "values": values,
        "cpu_ms_a_device": round(cpu_s / devices * 1000, 3),
        "seconds": round(took_s, 2),
    }


def _netsnmp_user(user: UsmUser) -> list[str]:
    keys = ["-a", user.auth_protocol, "-A", user.auth_key, "-x", user.priv_protocol, "-X", user.priv_key]
    return ["-v3", "-u", user.name, "-l", "authPriv", *keys]


def _netsnmp(devices: int, port: int, options: list[str]) -> dict[str, Any] | None:
    command = shutil.which("snmpbulkwalk")
    if not devices or command is None:
        return None
    before, started_at, values = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic(), 0
    for place in range(devices):
        done = subprocess.run(
            [command, "-Cr25", "-On", *options, f"{address(place)}:{port}", TABLE],
            capture_output=True,
            env={"MIBS": ""},
            check=False,
            timeout=60,
        )
        values += done.stdout.count(b"Gauge32")
    after, took_s = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic() - started_at
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {
        "devices": devices,
        "values": values,
        "cpu_ms_a_device": round(cpu_s / devices * 1000, 3),
        "seconds": round(took_s, 2),
    }


# --- agents -----------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def responder(*, dead_every: int) -> Iterator[int]:
    """A process that answers on one UDP port of every loopback address; yields the port."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_respond, args=(theirs, dead_every), daemon=True)
    process.start()
    theirs.close()
    try:
        yield int(ours.recv())
    finally:
        process.terminate()
        process.join()


class _Answers:
    """Encoded answers to the requests seen so far: all devices hold the same values."""

    def __init__(self) -> None:
        values = {
            (*ber.arcs(ber.oid(column)), row): ber.encode_varbind(
                ber.oid(f"{column}.{row}"), ber.GAUGE32, 1_000_000_000 + row
            )
            for column in COLUMNS
            for row in range(1, ROWS + 1)
        }
        self._names = sorted(values)
        self._values = [values[name] for name in self._names]
        self._end = ber.encode_varbind(ber.oid("1.3.6.1.2.1.2.2.1.11"), ber.END_OF_MIB_VIEW)
        self.body = lru_cache(maxsize=256)(self._body)

    def _body(self, request: bytes) -> bytes:
        """What follows the request id in the answer to what followed it in the request."""
        repetitions, position = ber.integer(request, ber.integer(request, 0, len(request))[1], len(request))
        start, stop = ber.expect(request, position, len(request), ber.SEQUENCE)
        places = [bisect.bisect_right(self._names, ber.arcs(name)) for name, _, _ in ber.varbinds(request, start, stop)]
        found = [
            self._values[place + step] if place + step < len(self._values) else self._end
            for step in range(max(repetitions, 1))
            for place in places
        ]
        return b"\x02\x01\x00\x02\x01\x00" + ber.tlv(ber.SEQUENCE, b"".join(found))

    def pdu(self, data: bytes, position: int, end: int) -> bytes:
        _, position, end = ber.header(data, position, end)
        _, after = ber.integer(data, position, end)
        return ber.tlv(messages.RESPONSE, data[position:after] + self.body(data[after:end]))


def _respond(parent: Connection, dead_every: int) -> None:
    answers, authorities = _Answers(), dict[bytes, Authority]()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as served:
        # Only root may pass the system's limit, by this option (SO_RCVBUFFORCE).
        with contextlib.suppress(OSError):
            served.setsockopt(socket.SOL_SOCKET, 33, 16 * 1024 * 1024)
        served.setsockopt(socket.IPPROTO_IP, _PKTINFO, 1)
        # Every loopback address, and nobody from outside: see the check of `host` below.
        with contextlib.suppress(OSError):
            served.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo")
        served.bind(("0.0.0.0", 0))
        parent.send(served.getsockname()[1])
        while True:
            data, control, _, peer = served.recvmsg(65_535, 64)
            host = control[0][2][8:12]
            if host[0] != LOOPBACK or (dead_every and host[3] % dead_every == 0):
                continue
            start, end = ber.expect(data, 0, len(data), ber.SEQUENCE)
            version, position = ber.integer(data, start, end)
            if version == messages.V3:
                authority = authorities.setdefault(host, Authority(b"\x80\x00\x00\x09\x01" + host, 3, 100_000))
                reply = _reply_v3(data, authority, answers)
            else:
                community, position = ber.octets(data, position, end)
                reply = messages.encode_v2(community, answers.pdu(data, position, end))
            # The address that was asked is the one to answer from.
            served.sendmsg([reply], [(socket.IPPROTO_IP, _PKTINFO, bytes(4) + host + bytes(4))], 0, peer)


def _reply_v3(data: bytes, authority: Authority, answers: _Answers) -> bytes:
    request = messages.decode_v3(data)
    if request.engine_id != authority.engine_id:
        counter = ber.encode_varbind(ber.oid("1.3.6.1.6.3.15.1.1.4.0"), ber.COUNTER32, 1)
        pdu, user, flags = messages.encode_pdu(messages.REPORT, 0, counter), UsmUser(request.user.decode()), 0
    else:
        plain = usm.decrypted(USER, request)
        start, end = ber.expect(plain, 0, len(plain), ber.SEQUENCE)
        _, position = ber.octets(plain, start, end)
        _, position = ber.octets(plain, position, end)
        pdu, user, flags = answers.pdu(plain, position, end), USER, USER.flags
    scoped = messages.encode_scoped(authority.engine_id, b"", pdu)
    return usm.seal(user, authority, scoped, message_id=request.message_id, reportable=False, flags=flags)
