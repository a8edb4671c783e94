"""Real servers for the tests: of their own, each started on a free loopback port and ended by them."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SHARED = Path(__file__).resolve().parents[2] / "shared"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _postgres_programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb")) if Path("/usr/lib/postgresql").exists() else []
    if found:
        return found[-1].parent
    program = shutil.which("initdb")
    return Path(program).parent if program else None


def _as_postgres() -> list[str]:
    """PostgreSQL refuses to run as root; Debian's package brings an account for it."""
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []


@contextmanager
def temporary_postgres() -> Iterator[tuple[str | None, str]]:
    """(address, "") of an empty server, or (None, why there is none)."""
    programs = _postgres_programs()
    if programs is None:
        yield None, "PostgreSQL is not installed (Debian's package is `postgresql`)"
        return
    folder = Path(tempfile.mkdtemp(prefix="netops-pg-"))
    who = _as_postgres()
    if who:
        shutil.chown(folder, "postgres", "postgres")
    port, data = free_port(), folder / "data"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder}
    subprocess.run(
        [
            *who,
            str(programs / "initdb"),
            "-D",
            str(data),
            "-U",
            "netops",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
        ],
        check=True,
        **quiet,  # type: ignore[call-overload]
    )
    server = subprocess.Popen(
        [
            *who,
            str(programs / "postgres"),
            "-D",
            str(data),
            "-p",
            str(port),
            "-h",
            "127.0.0.1",
            "-k",
            str(folder),
            "-c",
            "fsync=off",
            "-c",
            "max_connections=100",
        ],
        **quiet,  # type: ignore[call-overload]
    )
    try:
        for _attempt in range(100):
            ready = subprocess.run([str(programs / "pg_isready"), "-h", "127.0.0.1", "-p", str(port)], **quiet)  # type: ignore[call-overload]
            if ready.returncode == 0:
                break
            time.sleep(0.1)
        subprocess.run(
            [str(programs / "createdb"), "-h", "127.0.0.1", "-p", str(port), "-U", "netops", "netops"],
            check=True,
            **quiet,  # type: ignore[call-overload]
        )
        yield f"postgres://netops@127.0.0.1:{port}/netops", ""
    finally:
        server.terminate()
        server.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


VICTORIAMETRICS_MISSING = "VictoriaMetrics is not installed (Debian's package is `victoria-metrics`)"


@contextmanager
def temporary_victoriametrics(*options: str) -> Iterator[str | None]:
    """The address of an empty server that was started as docs/how-to/use-victoriametrics.md says; None without one."""
    program = shutil.which("victoria-metrics")
    if program is None:
        yield None
        return
    folder, port = tempfile.mkdtemp(prefix="netops-vm-"), free_port()
    command = [
        program, f"-storageDataPath={folder}", f"-httpListenAddr=127.0.0.1:{port}", "-retentionPeriod=100y",
        "-dedup.minScrapeInterval=5m", "-loggerLevel=ERROR", *options,
    ]  # fmt: skip
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _attempt in range(200):
            if server.poll() is not None or _answers(f"http://127.0.0.1:{port}/health"):
                break
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
