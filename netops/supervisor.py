"""Runs the product's processes on one machine: starts them, restarts one that dies, stops them all together."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from django.core.management.base import CommandError

_PATIENCE_S = 10.0


@dataclass
class Service:
    """One child process. `command` is started anew when it ends by itself, at most every few seconds."""

    name: str
    command: list[str]
    log: Path
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    log_start: int = 0

    def start(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.log_start = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as out:
            # Its own session: Ctrl-C reaches the supervisor alone, which then ends each in order.
            self.process = subprocess.Popen(
                self.command,
                stdout=out,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                env={**os.environ, **self.environment},
            )
        self.started_at = time.monotonic()

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def ask_to_stop(self) -> None:
        if self.process is not None and self.is_running:
            self.process.terminate()

    def wait_or_kill(self, until: float) -> None:
        if self.process is None:
            return
        try:
            self.process.wait(max(0.1, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            pass
        try:  # what it left behind in its own session
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()

    def wait_for(self, word: str, patience_s: float) -> None:
        """Until its log, from this start on, says the word: then it is ready."""
        until = time.monotonic() + patience_s
        while time.monotonic() < until and self.is_running:
            with self.log.open("rb") as said:
                said.seek(self.log_start)
                if word.encode() in said.read():
                    return
            time.sleep(0.1)
        raise RuntimeError(f"{self.name} did not start. Its last words: {self.last_words()}")

    def last_words(self) -> str:
        lines = self.log.read_text(encoding="utf-8", errors="replace").strip().splitlines() if self.log.exists() else []
        return "\n".join(lines[-8:])


@contextmanager
def only_one(data: Path) -> Iterator[None]:
    """Held by the one supervisor of a data folder; the system lets go of it however the process ends."""
    with (data / "supervisor.lock").open("w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise CommandError(f"The product is running already on the data in {data}.") from error
        yield


class Supervisor:
    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._services: list[Service] = []
        self._stopping = threading.Event()

    def add(self, service: Service) -> Service:
        service.start()
        self._services.append(service)
        return service

    def watch(self) -> None:
        """Until SIGINT or SIGTERM: start again what ended by itself."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_args: self._stopping.set())
        while not self._stopping.wait(1.0):
            for service in self._services:
                if not service.is_running and time.monotonic() - service.started_at > 3:
                    self._say(f"{service.name} ended; starting it again. Its last words: {service.last_words()}")
                    service.start()

    def stop(self) -> None:
        # The web server and the schedule stop before the workers and the simulator they use.
        for service in reversed(self._services):
            service.ask_to_stop()
        until = time.monotonic() + _PATIENCE_S
        for service in reversed(self._services):
            service.wait_or_kill(until)


def _worker(name: str, queue: str, logs: Path) -> Service:
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    command = ["-m", "celery", "-A", "netops", "worker", "--pool", "solo", "--loglevel", "WARNING", "-Q", queue, *quiet]
    return Service(name, [sys.executable, *command, "-n", f"{name}@%h"], logs / f"{name}.log")


def product_services(data: Path, port: int) -> list[Service]:
    """Web server, workers and schedule. Alerts have a worker of their own, so that no poll delays one."""
    python, logs = sys.executable, data / "log"
    return [
        _worker("worker", "celery", logs),
        _worker("messages", "alerts", logs),
        Service(
            "schedule",
            [python, "-m", "celery", "-A", "netops", "beat", "--loglevel", "WARNING", "--pidfile", ""],
            logs / "schedule.log",
        ),
        Service(
            "web",
            [
                python,
                "-m",
                "gunicorn",
                "netops.wsgi",
                "--config",
                "python:netops.gunicorn",
                "--bind",
                f"127.0.0.1:{port}",
                "--workers",
                "2",
                "--threads",
                "4",
                "--timeout",
                "120",
                "--preload",
                "--log-level",
                "warning",
                "--no-control-socket",
            ],
            logs / "web.log",
        ),
    ]
