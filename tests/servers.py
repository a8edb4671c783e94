"""Real servers for the tests: a PostgreSQL of their own, started on a free loopback port and ended by them."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
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
