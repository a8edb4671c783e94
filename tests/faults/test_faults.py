"""Whatever fails in a cycle: nothing recorded twice, nothing half, no live device called down, and it goes on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.faults.installation import ROOT, Installation, installation
from tests.servers import temporary_postgres

pytestmark = pytest.mark.slow
LIVE = ("core", "access", "old")

# Fifty children, each killed at a moment of its cycle that the dice choose; then one that is left to finish.
_KILLS = """
import os, random, signal, sys, time
import datetime as dt
from django.db import connections
from django.utils import timezone
from collectors import polls, rollups, schedule
from compliance.judge import judge
from compliance.services import load_policy
load_policy(actor=None)

def cycle(number):
    # What a killed one held is free again when its lease is over; the clock of the schedule moves on by that.
    now = timezone.now() + number * 2 * schedule.LEASE
    owner = polls.new_owner()
    claimed = schedule.claim(owner, 10, now)
    if claimed:
        polls.run_pass(claimed, owner, is_full=number % 2 == 0)
    rollups.roll_up()
    judge(wait_s=1)

def child(number):
    connections.close_all()
    pid = os.fork()
    if pid == 0:
        try:
            cycle(number)
        finally:
            os._exit(0)
    return pid

begun = time.monotonic()
os.waitpid(child(0), 0)
length = time.monotonic() - begun
dice, killed = random.Random(20190613), 0
for number in range(1, 51):
    pid = child(number)
    time.sleep(dice.uniform(0.02, length * 0.8))
    os.kill(pid, signal.SIGKILL)
    _pid, status = os.waitpid(pid, 0)
    killed += os.WIFSIGNALED(status)
os.waitpid(child(60), 0)
print(killed)
"""


def assert_whole(state: dict[str, Any]) -> None:
    assert state["ports_open_twice"] == [] and state["samples_twice"] == []
    assert state["intervals_backwards"] == [] and state["negative_rates"] == 0
    assert {name: state["states"][name] for name in LIVE} == dict.fromkeys(LIVE, "up")


@pytest.fixture
def sqlite(tmp_path: Path) -> Any:
    with installation(tmp_path) as made:
        yield made


def poll(made: Installation, check: bool = True) -> subprocess.CompletedProcess[str]:
    return made.run(
        "from django.core.management import call_command\ncall_command('poll', '--format', 'json')", check=check
    )


def test_a_worker_killed_at_fifty_moments_leaves_nothing_twice_and_nothing_half(sqlite: Installation) -> None:
    killed = int(sqlite.run(_KILLS).stdout.strip().splitlines()[-1])
    assert killed >= 25, killed  # some were through before the dice's moment came
    state = sqlite.state()
    assert_whole(state)
    before = state["reads"]
    poll(sqlite)
    after = sqlite.state()
    assert_whole(after)
    assert all(after["reads"][name] == before[name] + 1 for name in LIVE)


def test_a_clock_set_back_an_hour_stops_nothing(sqlite: Installation) -> None:
    code = """
import datetime as dt, time_machine
from django.utils import timezone
from collectors import rollups, tasks
now = timezone.now()
asked = []
for minutes in (0, 5, 10, -50, -44, -38):
    with time_machine.travel(now + dt.timedelta(minutes=minutes), tick=True):
        asked.append(tasks.poll_due())
        rollups.roll_up()
print(asked)
"""
    asked = json.loads(sqlite.run(code).stdout.strip().splitlines()[-1])
    assert all(count >= 3 for count in asked), asked
    state = sqlite.state()
    assert_whole(state)
    assert all(state["reads"][name] == 6 for name in LIVE)


def test_a_queue_whose_messages_are_lost_loses_no_poll(sqlite: Installation) -> None:
    """Messages are sent, the folder is emptied under them, and the next tick asks every device once."""
    send = "from collectors.tasks import poll_due\nfor _ in range(5): poll_due.delay()"
    sqlite.run(send)
    folder = Path(sqlite.environment["NETOPS_DATA_DIR"]) / "queue" / "messages"
    lost = [path.unlink() for path in folder.iterdir()]
    assert len(lost) >= 5
    sqlite.run("from collectors.tasks import poll_due\npoll_due.delay()")
    worker = subprocess.Popen(
        [sys.executable, "-m", "celery", "-A", "netops", "worker", "--pool", "solo", "--without-gossip",
         "--without-mingle", "--loglevel", "CRITICAL"],
        env=sqlite.environment, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        for _attempt in range(60):
            time.sleep(1)
            state = sqlite.state()
            if all(state["reads"][name] for name in LIVE) and state["held"] == 0:
                break
    finally:
        worker.terminate()
        worker.wait(30)
    assert_whole(state)
    assert all(state["reads"][name] == 1 for name in LIVE)


@pytest.mark.skipif(os.geteuid() != 0, reason="a small disk of its own can be mounted by root alone")
def test_a_full_disk_fails_the_cycle_and_spoils_nothing(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", str(disk)])
    if mounted.returncode:
        pytest.skip("no disk can be mounted here")
    try:
        with installation(tmp_path, data=disk) as made:
            poll(made)
            before = made.state()
            filler = disk / "filler"
            with filler.open("wb") as full:
                try:
                    while True:
                        full.write(b"\0" * 65_536)
                except OSError:
                    pass
            assert poll(made, check=False).returncode != 0
            filler.unlink()
            state = made.state()
            assert_whole(state)
            made.run(
                "from django.db import connections\n"
                "for alias in connections:\n"
                "    with connections[alias].cursor() as c:\n"
                "        c.execute('PRAGMA integrity_check'); assert c.fetchone() == ('ok',)\n"
                "from collectors.models import Target\n"
                "from django.utils import timezone\n"
                "Target.objects.update(lease_until=timezone.now())"
            )
            poll(made)
            after = made.state()
            assert_whole(after)
            assert all(after["reads"][name] > before["reads"][name] for name in LIVE)
    finally:
        subprocess.run(["umount", "-l", str(disk)])


def test_a_database_that_is_gone_for_a_while_is_met_again(tmp_path: Path) -> None:
    """PostgreSQL is stopped hard in the middle of cycles and started again; the worker's process goes on."""
    with temporary_postgres() as (url, reason):
        if url is None:
            pytest.skip(reason)
        with installation(tmp_path, url) as made:
            code = """
import sys, time
from django.db import DatabaseError, InterfaceError, close_old_connections
from collectors import rollups
from collectors.models import Target
from collectors.tasks import poll_due
from django.utils import timezone
failed = done = after = 0
until = time.monotonic() + 45
while time.monotonic() < until and after < 3:
    close_old_connections()
    try:
        # What a pass held when the database went is free when its lease is over; here that is at once.
        Target.objects.update(next_due_at=timezone.now(), lease_until=timezone.now())
        poll_due(); rollups.roll_up()
        done += 1
        after += failed > 0
    except (DatabaseError, InterfaceError):
        failed += 1
        time.sleep(0.5)
print(done, failed, after)
"""
            server = _postmaster(url)
            worker = subprocess.Popen(
                [sys.executable, "-c", f"import django\ndjango.setup()\n{code}"], env=made.environment, cwd=ROOT,
                stdout=subprocess.PIPE, text=True,
            )  # fmt: skip
            time.sleep(6)
            _crash_and_restart(server)
            output, _ = worker.communicate(timeout=120)
            done, failed, after = map(int, output.split())
            assert failed > 0 and after >= 1, (done, failed, after)
            assert_whole(made.state())


def _postmaster(url: str) -> tuple[int, list[str], str]:
    """Its pid, its command line and the folder it runs in."""
    port = url.rsplit(":", 1)[1].split("/", maxsplit=1)[0]
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            line = (folder / "cmdline").read_bytes().decode().split("\0")[:-1]
        except OSError:
            continue
        if line and line[0].endswith("/postgres") and port in line:
            return int(folder.name), line, str((folder / "cwd").resolve())
    raise AssertionError("the test's own PostgreSQL is not running")


def _crash_and_restart(server: tuple[int, list[str], str]) -> None:
    import signal

    from tests.servers import _as_postgres

    pid, line, folder = server
    os.kill(pid, signal.SIGQUIT)  # immediate shutdown: no goodbye to anybody
    time.sleep(4)
    again = subprocess.Popen([*_as_postgres(), *line], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _RESTARTED.append(again)


_RESTARTED: list[subprocess.Popen[bytes]] = []


@pytest.fixture(autouse=True)
def _end_restarted() -> Any:
    yield
    while _RESTARTED:
        process = _RESTARTED.pop()
        process.terminate()
        process.wait(30)
