"""The demo as a user starts it: a process of its own, with a data folder and ports of its own."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from tests.servers import free_port

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 240.0
_STEP = re.compile(r"^\[\d\d:\d\d:\d\d\] ", re.MULTILINE)


def free_ports() -> int:
    """A TCP port whose next one is free too, by UDP and TCP, and the one after: there the simulated network answers."""
    for _attempt in range(50):
        port = free_port()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind(("127.0.0.1", port + 1))
                for after in (port + 1, port + 2):
                    socket.create_server(("127.0.0.1", after)).close()
            except OSError:
                continue
        if port < 64_000:
            return port
    raise RuntimeError("No free pair of ports was found.")


class Demo:
    def __init__(self, folder: Path, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._port, self._data, self._log = port, folder / "data", folder / "demo.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _environment(self, data: Path) -> dict[str, str]:
        # Its own schedule stays out of the way: the tests poll and judge when they want to.
        mine = {
            "NETOPS_SAMPLE": "1",
            "PORT": str(self._port),
            "NETOPS_DATA_DIR": str(data),
            "NETOPS_POLL_INTERVAL_S": "3600",
            "PYTHONUNBUFFERED": "1",
        }
        return {**{k: v for k, v in os.environ.items() if k != "NETOPS_DATABASE_URL"}, **mine}

    def _command(self, *arguments: str) -> list[str]:
        return [sys.executable, str(ROOT / "manage.py"), *arguments]

    def start(self) -> str:
        """Start and wait until it serves; returns what it said."""
        with self._log.open("wb") as out:
            self._process = subprocess.Popen(
                self._command("demo"),
                cwd=ROOT,
                env=self._environment(self._data),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until and self.is_running:
            if f"READY {self.url}" in self.said():
                return self.said()
            time.sleep(0.2)
        state = "gave no sign in time" if self.is_running else f"ended with {self._process.returncode}"
        if self.is_running:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(60)
        raise AssertionError(f"The demo {state}. It said:\n{self.said()}")

    def said(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")

    def stop(self) -> None:
        """Ctrl-C, as from a terminal: it ends by itself, in good order, and leaves nothing behind."""
        assert self._process is not None
        family = _descendants(self._process.pid)
        assert len(family) >= 4, "simulator, worker, schedule and web server are expected to run"
        self._process.send_signal(signal.SIGINT)
        try:
            code = self._process.wait(60)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise AssertionError(f"The demo did not end on SIGINT. It said:\n{self.said()}") from None
        assert code == 0, self.said()
        left = _still_there(family)
        assert not left, f"left behind: {left}"

    def manage(self, *arguments: str) -> str:
        """A management command in a second terminal, on the same data."""
        done = subprocess.run(
            self._command(*arguments),
            cwd=ROOT,
            env=self._environment(self._data),
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
        return done.stdout

    def observe(self) -> None:
        """Two readings, because one is not yet evidence, and a judgement."""
        for command in ("poll", "poll", "judge"):
            self.manage(command)

    def start_another(self, data: Path) -> subprocess.CompletedProcess[str]:
        """A second demo on the same port, with data of its own."""
        return subprocess.run(
            self._command("demo"),
            cwd=ROOT,
            env=self._environment(data),
            capture_output=True,
            text=True,
            timeout=60,
        )


def steps(said: str) -> int:
    return len(_STEP.findall(said))


def _stat(pid: int) -> list[str] | None:
    """The fields of /proc/PID/stat from the state on, or None when there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return None


def _descendants(root: int) -> dict[int, str]:
    """Process numbers below one, each with the moment it started: numbers are given out again."""
    parents: dict[int, tuple[int, str]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (found := _stat(int(entry.name))):
            parents[int(entry.name)] = (int(found[1]), found[19])
    family: dict[int, str] = {}
    layer = {root}
    while layer:
        layer = {pid for pid, (parent, _at) in parents.items() if parent in layer and pid not in family}
        family |= {pid: parents[pid][1] for pid in layer}
    return family


def _still_there(family: dict[int, str], patience_s: float = 5.0) -> list[int]:
    until = time.monotonic() + patience_s
    while True:
        left = [pid for pid, at in family.items() if (now := _stat(pid)) and now[19] == at and now[0] != "Z"]
        if not left or time.monotonic() > until:
            return left
        time.sleep(0.1)
