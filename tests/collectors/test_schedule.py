"""Each device is asked by one worker at a time, whatever dies meanwhile."""

import datetime as dt
import os
import subprocess
import sys
from collections import Counter

import pytest

from collectors import schedule, selectors
from collectors.errors import AuthenticationFailed, Unreachable
from collectors.models import CollectorWatch, SeenReach, Target
from collectors.schedule import Result
from inventory.models import Device
from kernel import writes
from tests.collectors.record import make_device, make_devices, make_network

pytestmark = pytest.mark.django_db(databases="__all__")

NOON = dt.datetime(2026, 3, 2, 4, tzinfo=dt.UTC)
SILENT = Unreachable("Nothing answered.")


@pytest.fixture(autouse=True)
def _interval(settings):
    settings.POLL_INTERVAL_S = 300


def later(seconds):
    return NOON + dt.timedelta(seconds=seconds)


def many(count, network=None):
    devices = make_devices(
        {f"d{i}": f"127.9.{i // 250}.{i % 250 + 1}" for i in range(count)}, network or make_network()
    )
    schedule.sync_targets(NOON)
    return devices


def test_targets_follow_the_record():
    network = make_network()
    kept, gone = make_devices({"kept": "127.9.0.1", "gone": "127.9.0.2"}, network)
    assert schedule.sync_targets(NOON) == {"added": 2, "changed": 0, "ended": 0}
    gone.status = Device.Status.DECOMMISSIONING
    writes.save(gone, actor=None)
    assert schedule.sync_targets(NOON)["ended"] == 1
    assert [c.device.device_id for c in schedule.claim("w", 10, NOON)] == [kept.pk]


def test_a_device_in_a_network_that_forbids_polling_is_no_target():
    make_device("quiet", network=make_network("closed", poll_allowed=False))
    assert schedule.sync_targets(NOON)["added"] == 0


def test_a_network_that_forbids_polling_after_all_is_noticed_at_the_claim():
    network = make_network()
    many(2, network)
    network.poll_allowed = False
    writes.save(network, actor=None)
    assert schedule.claim("w", 10, NOON) == []
    assert not Target.objects.filter(is_polled=True).exists()


def test_what_is_claimed_is_not_claimed_again():
    many(5)
    assert len(schedule.claim("a", 3, NOON)) == 3
    assert len(schedule.claim("b", 10, NOON)) == 2
    assert schedule.claim("c", 10, NOON) == []


def test_a_lease_that_ended_is_taken_over():
    many(3)
    schedule.claim("dead worker", 10, NOON)
    soon, after = NOON + schedule.LEASE / 2, NOON + schedule.LEASE
    assert schedule.claim("w", 10, soon) == []
    assert len(schedule.claim("w", 10, after)) == 3


def test_the_result_of_a_lost_lease_is_ignored():
    (device,) = many(1)
    schedule.claim("slow", 1, NOON)
    schedule.claim("quick", 1, NOON + schedule.LEASE)
    assert schedule.held("slow", [device.pk]) == set()
    assert schedule.finish("slow", [Result(device.pk, later(400), SILENT)]) == 0
    assert Target.objects.get().lease_owner == "quick"


def test_a_released_device_is_due_at_once():
    many(2)
    schedule.claim("w", 10, NOON)
    assert schedule.release("w") == 2
    assert len(schedule.claim("w", 10, NOON)) == 2


def test_an_answer_plans_the_next_beat_without_drift():
    (device,) = many(1)
    schedule.claim("w", 1, later(7))
    schedule.finish("w", [Result(device.pk, later(9), uptime_s=5.0)])
    row = Target.objects.get()
    assert (row.state, row.reads, row.next_due_at, row.lease_owner) == ("up", 1, later(300), "")


def test_beats_that_were_missed_are_not_made_up_for():
    (device,) = many(1)
    schedule.claim("w", 1, later(1000))
    schedule.finish("w", [Result(device.pk, later(1001))])
    assert Target.objects.get().next_due_at == later(1200)


def test_a_silent_device_is_asked_more_and_more_rarely_and_at_least_every_30_minutes():
    (device,) = many(1)
    waits, now = [], NOON
    for _ in range(6):
        assert schedule.claim("w", 1, now), now
        schedule.finish("w", [Result(device.pk, now, SILENT)])
        row = Target.objects.get()
        waits.append((row.next_due_at - now).total_seconds())
        now = row.next_due_at
    assert waits == [300, 600, 1200, 1800, 1800, 1800]
    assert (row.state, row.error_code, row.failures) == ("down", "unreachable", 6)


def test_an_answer_ends_the_back_off():
    (device,) = many(1)
    Target.objects.update(failures=5, state="down")
    schedule.claim("w", 1, NOON)
    schedule.finish("w", [Result(device.pk, NOON)])
    row = Target.objects.get()
    assert (row.failures, row.state, row.next_due_at) == (0, "up", later(300))


def test_a_device_that_refuses_us_is_not_called_down():
    (device,) = many(1)
    schedule.claim("w", 1, NOON)
    schedule.finish("w", [Result(device.pk, NOON, AuthenticationFailed("Wrong password."))])
    row = Target.objects.get()
    assert (row.state, row.error_code) == ("unknown", "authentication_failed")


def test_when_a_whole_network_falls_silent_no_device_is_blamed():
    devices = many(8)
    Target.objects.update(state="up")
    schedule.claim("w", 10, NOON)
    schedule.finish("w", [Result(d.pk, NOON, SILENT) for d in devices])
    assert set(Target.objects.values_list("state", "failures", "error_code")) == {("unknown", 0, "network_silent")}
    assert set(Target.objects.values_list("next_due_at", flat=True)) == {later(300)}


def test_one_live_device_shows_that_the_others_are_down():
    devices = many(8)
    Target.objects.update(state="up")
    schedule.claim("w", 10, NOON)
    schedule.finish("w", [Result(d.pk, NOON, SILENT if d is not devices[0] else None) for d in devices])
    assert Counter(Target.objects.values_list("state", flat=True)) == {"down": 7, "up": 1}


def test_collector_uptime_is_the_share_of_time_with_runs(settings):
    for minute in (0, 5, 10, 15):
        start = later(minute * 60)
        schedule.note_runs("w", start, start, {7: (1, 0)})
    assert CollectorWatch.objects.count() == 1
    assert {n: w.share for n, w in selectors.watches(NOON, later(1200)).items()} == {7: 1.0}
    assert selectors.watches(NOON, later(3600))[7].share == pytest.approx((900 + 450) / 3600)


def test_a_pass_that_comes_too_late_begins_a_new_watch(settings):
    for minute in (0, 5, 30):
        schedule.note_runs("w", later(minute * 60), later(minute * 60), {7: (1, 1)})
    assert CollectorWatch.objects.count() == 2
    assert selectors.watches(NOON, later(3600))[7].share == pytest.approx((300 + 450 + 450) / 3600)


def test_whether_a_device_answered_is_kept_as_intervals():
    device, *_ = many(1)
    for minute, error in ((0, None), (5, SILENT), (10, SILENT), (15, None)):
        schedule.claim("w", 10, later(minute * 60), device_ids=[device.pk])
        schedule.finish("w", [Result(device.pk, later(minute * 60), error)])
    found = SeenReach.objects.order_by("first_seen_at").values_list("state", "first_seen_at", "ended_at")
    assert list(found) == [
        ("up", NOON, later(300)), ("down", later(300), later(900)), ("up", later(900), None),
    ]  # fmt: skip


def test_the_age_of_data_is_told_by_network():
    network = make_network()
    one, *_ = many(2, network)
    schedule.claim("w", 10, NOON)
    schedule.finish("w", [Result(one.pk, NOON)])
    age = selectors.data_age(later(60))[network.pk]
    assert (age.devices, age.up, age.unknown, age.age_s) == (2, 1, 1, 60.0)


_WORKER = """
import django, sys
django.setup()
from django.conf import settings
from django.utils.dateparse import parse_datetime
import json
for alias, name in json.loads(sys.argv[2]).items():
    settings.DATABASES[alias]["NAME"] = name
from collectors import schedule
now, taken = parse_datetime(sys.argv[3]), []
sys.stdout.write("ready\\n"); sys.stdout.flush(); sys.stdin.readline()
for turn in range(1000):
    claimed = schedule.claim(f"{sys.argv[1]}-{turn}", 7, now)
    if not claimed:
        break
    taken += [c.device.device_id for c in claimed]
sys.stdout.write(json.dumps(taken))
"""


@pytest.mark.django_db(databases="__all__", transaction=True)
def test_four_processes_never_claim_one_device_twice():
    import json

    from django.db import connections

    devices = many(120)
    names = {alias: str(connections[alias].settings_dict["NAME"]) for alias in connections}
    if any("memory" in name for name in names.values()):
        pytest.skip("the test database is in memory, where other processes can't reach it")
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", _WORKER, str(number), json.dumps(names), NOON.isoformat()],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=dict(os.environ),
        )
        for number in range(4)
    ]  # fmt: skip
    try:
        for worker in workers:
            assert worker.stdout.readline() == "ready\n"
        for worker in workers:
            worker.stdin.write("go\n")
            worker.stdin.flush()
        taken = Counter()
        for worker in workers:
            output, _ = worker.communicate(timeout=60)
            assert worker.returncode == 0
            taken.update(json.loads(output))
    finally:
        for worker in workers:
            if worker.poll() is None:
                worker.kill()
    assert taken == Counter(d.pk for d in devices)
