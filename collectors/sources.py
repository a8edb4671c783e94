"""How a device is asked: over SNMP or SSH, by its credential. Both doors give the same kind of answer."""

from __future__ import annotations

import asyncio
import datetime as dt
import functools
from collections.abc import Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Protocol

from django.utils import timezone

from collectors.credentials import credentials_of
from collectors.devices import PolledDevice
from collectors.drivers import snmp, ssh
from collectors.errors import BadAnswer, CollectError
from collectors.models import Credential, SeenHostKey
from collectors.observe import ALL_PARTS
from collectors.parsers.system import UPTIME
from collectors.parsers.values import seconds
from collectors.records import DeviceReading, InterfaceCounters, InterfaceState
from collectors.transports.snmp.engine import Engine
from collectors.transports.snmp.session import Session
from collectors.transports.snmp.usm import Community, UsmUser
from collectors.transports.ssh.cli import HostKey, Login
from collectors.transports.ssh.profiles import UnknownProfile, profile
from kernel.crypto import UnreadableSecret

SNMP_PORT = 161
SSH_PORT = 22
_DEFAULT_PROFILE = "frr"

Counters = tuple[float, tuple[InterfaceCounters, ...], tuple[InterfaceState, ...]]


class NoCredential(CollectError):
    """Nobody told us how to sign in."""

    code = "no_credential"


class LostKey(CollectError):
    """The credential's secret was encrypted with a key that is no longer there."""

    code = UnreadableSecret.code


class Source(Protocol):
    """One device, ready to be asked inside a running loop."""

    parts: frozenset[str]
    has_counters: bool

    async def uptime_s(self) -> float | None:
        """The cheap question that tells whether the device is there at all."""

    async def read(self) -> DeviceReading: ...

    async def counters(self, indexes: Sequence[int]) -> Counters: ...


@dataclass(frozen=True, slots=True)
class SnmpLogin:
    host: str
    port: int
    credentials: Community | UsmUser = field(repr=False)
    source: str = ""
    """The address of this machine to ask from; empty leaves it to the system."""


@dataclass(frozen=True, slots=True)
class SshLogin:
    login: Login
    profile: str


@dataclass
class SnmpSource:
    session: Session
    parts: frozenset[str] = ALL_PARTS
    has_counters: bool = True

    async def uptime_s(self) -> float | None:
        (value,) = await self.session.get([UPTIME])
        return seconds(value)

    async def read(self) -> DeviceReading:
        return await snmp.read_device(self.session)

    async def counters(self, indexes: Sequence[int]) -> Counters:
        return await snmp.read_counters(self.session, indexes)


@dataclass
class SshSource:
    given: SshLogin
    threads: Executor
    shown_key: HostKey | None = None
    parts: frozenset[str] = ssh.PARTS
    has_counters: bool = False

    async def uptime_s(self) -> float | None:
        return None  # signing in is the probe; a second session would cost as much as the reading

    async def read(self) -> DeviceReading:
        ask = functools.partial(ssh.read_device, self.given.login, profile(self.given.profile))
        reading, self.shown_key = await asyncio.get_running_loop().run_in_executor(self.threads, ask)
        return reading

    async def counters(self, indexes: Sequence[int]) -> Counters:
        raise BadAnswer("A command line tells no counters.")


Way = SnmpLogin | SshLogin


def ways(devices: Iterable[PolledDevice]) -> dict[int, Way | CollectError]:
    """How each device is asked, or why it can't be. Two queries."""
    listed = list(devices)
    chosen = credentials_of(listed)
    keys = _host_keys(d.host for d in listed if d.device_id in chosen and chosen[d.device_id].protocol == "ssh")
    return {d.device_id: _way(d, chosen.get(d.device_id), keys) for d in listed}


def _way(
    device: PolledDevice, credential: Credential | None, keys: dict[tuple[str, int], HostKey]
) -> Way | CollectError:
    if credential is None:
        return NoCredential(f"No credential fits {device.name}. Add one for it, its site or its network.")
    try:
        if credential.protocol == Credential.Protocol.SSH:
            port = credential.port or SSH_PORT
            name = credential.profile or device.platform or _DEFAULT_PROFILE
            profile(name)
            login = Login(
                device.host, port, credential.username, credential.password.reveal(), keys.get((device.host, port))
            )  # fmt: skip
            return SshLogin(login, name)
        return SnmpLogin(
            device.host, credential.port or SNMP_PORT, snmp_credentials(credential), credential.source_address
        )  # fmt: skip
    except CollectError as error:
        return error
    except UnreadableSecret as error:
        return LostKey(str(error))
    except (UnknownProfile, ValueError) as error:
        return NoCredential(f"The credential {credential.name} can't be used: {error}")


def snmp_credentials(credential: Credential) -> Community | UsmUser:
    if credential.snmp_version == Credential.Version.V2C:
        return Community(credential.community.reveal())
    return UsmUser(
        credential.username, credential.auth_protocol, credential.auth_secret.reveal(), credential.priv_protocol,
        credential.priv_secret.reveal(), credential.context,
    )  # fmt: skip


def open_source(way: Way, engine: Engine, threads: Executor) -> Source:
    if isinstance(way, SshLogin):
        return SshSource(way, threads)
    return SnmpSource(engine.session(way.host, way.port, way.credentials, source=way.source))


# Host keys: trusted when first met, refused when they change. ---------------------------------------------------------


def _host_keys(hosts: Iterable[str]) -> dict[tuple[str, int], HostKey]:
    wanted = set(hosts)
    if not wanted:
        return {}
    rows = SeenHostKey.objects.filter(host__in=wanted).values_list("host", "port", "kind", "key")
    return {(host, port): HostKey(kind, key) for host, port, kind, key in rows}


def keep_host_keys(sources: Iterable[Source], now: dt.datetime | None = None) -> None:
    """Remember the keys of hosts that were met for the first time."""
    met = [s for s in sources if isinstance(s, SshSource) and s.shown_key and s.given.login.known_key is None]
    SeenHostKey.objects.bulk_create(
        [
            SeenHostKey(
                host=s.given.login.host, port=s.given.login.port, kind=s.shown_key.kind, key=s.shown_key.key,
                first_seen_at=now or timezone.now(),
            )
            for s in met
            if s.shown_key is not None
        ],
        ignore_conflicts=True,
    )  # fmt: skip
