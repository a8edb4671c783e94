"""net-snmp's snmpd on loopback, started for a test and ended by it."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

SNMPD = shutil.which("snmpd") or shutil.which("snmpd", path="/usr/sbin")

needs_snmpd = pytest.mark.skipif(SNMPD is None, reason="net-snmp's snmpd is not installed")


def free_port() -> int:
    """A UDP port that is free on both loopbacks."""
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as v4,
        socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as v6,
    ):
        v4.bind(("127.0.0.1", 0))
        v6.bind(("::1", v4.getsockname()[1]))
        return int(v4.getsockname()[1])


@contextmanager
def running(
    folder: Path, configuration: str, port: int, hosts: Sequence[str] = ("udp:127.0.0.1",)
) -> Iterator[subprocess.Popen[bytes]]:
    """What it has to remember (its engine id, its boots) stays in `folder` for the next start."""
    assert SNMPD is not None
    folder.mkdir(exist_ok=True)
    (folder / "snmpd.conf").write_text(configuration)
    log = folder / "log"
    log.unlink(missing_ok=True)
    arguments = ["-f", "-Lf", str(log), *(f"{host}:{port}" for host in hosts)]
    state = folder / "state"
    environment = {"SNMPCONFPATH": f"{folder}:{state}", "SNMP_PERSISTENT_DIR": str(state), "MIBS": ""}
    with subprocess.Popen([SNMPD, *arguments], env=environment) as daemon:
        try:
            for _ in range(100):
                if daemon.poll() is not None or (log.exists() and "NET-SNMP version" in log.read_text()):
                    break
                time.sleep(0.05)
            assert daemon.poll() is None, log.read_text() if log.exists() else "snmpd left no log"
            yield daemon
        finally:
            daemon.terminate()
            daemon.wait(10)
