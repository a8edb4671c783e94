"""Reading a device by its command line."""

from __future__ import annotations

from collections.abc import Callable

from collectors.parsers import frr
from collectors.records import DeviceReading
from collectors.transports.ssh.cli import Cli, HostKey, Login
from collectors.transports.ssh.profiles import Profile

_PARSERS: dict[str, Callable[[str, str], DeviceReading]] = {"frr": frr.device_reading}

PARTS = frozenset({"system", "interfaces", "addresses"})
"""What a command line tells us; ports' counters, neighbours and modules it leaves as they were."""


def read_device(login: Login, profile: Profile, *, deadline_s: float = 60.0) -> tuple[DeviceReading, HostKey]:
    """Blocking. One session, one reading, and the host key that was shown."""
    parse = _PARSERS.get(profile.name)
    if parse is None:
        raise ValueError(f"Nothing reads the output of the profile {profile.name}.")
    with Cli(login, profile, deadline_s=deadline_s) as cli:
        version = cli.run(profile.commands["version"])
        interfaces = cli.run(profile.commands["interfaces"])
        return parse(version, interfaces), cli.host_key
