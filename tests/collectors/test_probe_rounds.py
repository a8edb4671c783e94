"""Probes are asked when they are due, by one worker each, and what comes of it is whole whatever dies."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from collectors import probe_rounds, probe_schedule
from collectors.databases import observed_alias
from collectors.models import ProbeDay, ProbeHour, ProbeState, ProbeTarget
from collectors.probe_rounds import Answer
from collectors.tasks import probe_due
from collectors.transports.probes.values import Round
from inventory.models import Prefix
from kernel import writes
from tests.collectors.probes import make_lines, make_probe
from tests.collectors.record import make_network

pytestmark = pytest.mark.django_db(databases="__all__")
NOON = dt.datetime(2026, 3, 2, 4, tzinfo=dt.UTC)
GOOD, LOST = Round(5, (1.0, 1.0, 2.0, 1.0, 5.0)), Round(5)


def at(seconds: int) -> dt.datetime:
    return NOON + dt.timedelta(seconds=seconds)


def rounds(second: int, **answers: Round) -> None:
    """One pass over everything that is due, with these answers by the probe's name."""
    claimed = probe_schedule.claim("w", 100, at(second))
    probe_rounds.store("w", [Answer(c, answers.get(c.probe.name, GOOD), at(second)) for c in claimed])


def states(probe_id: int) -> list[tuple[str, int, int | None]]:
    rows = ProbeState.objects.filter(probe_id=probe_id).order_by("first_seen_at", "pk")
    return [(r.state, _second(r.first_seen_at), r.ended_at and _second(r.ended_at)) for r in rows]


def _second(moment: dt.datetime) -> int:
    return int((moment - NOON).total_seconds())


def test_probes_of_networks_that_forbid_polling_and_of_forbidden_prefixes_are_never_asked() -> None:
    line, other = make_lines(1)[0], make_lines(1, make_network("closed", poll_allowed=False))[0]
    writes.save(Prefix(prefix="127.9.4.0/22", polling_forbidden=True), actor=None)
    writes.save(Prefix(prefix="127.9.5.0/24", polling_forbidden=True), actor=None)
    asked = make_probe(line, "free", "127.9.3.255")
    make_probe(line, "inside", "127.9.7.1")
    make_probe(line, "nested", "127.9.5.9")
    make_probe(other, "closed", "127.9.3.1")
    make_probe(line, "off", "127.9.3.2", is_enabled=False)
    assert probe_schedule.sync_probes(NOON) == {"added": 4, "changed": 0, "ended": 0}
    assert [c.probe.probe_id for c in probe_schedule.claim("w", 10, NOON)] == [asked.pk]
    said = dict(ProbeTarget.objects.filter(is_asked=False).values_list("name", "error_code"))
    assert said == {"inside": "target_forbidden", "nested": "target_forbidden", "closed": "network_not_polled"}
    assert ProbeTarget.objects.get(name="inside").error_values == {"target": "127.9.7.1", "prefix": "127.9.4.0/22"}


def test_a_prefix_that_becomes_forbidden_is_noticed_at_the_claim() -> None:
    make_probe(make_lines(1)[0])
    probe_schedule.sync_probes(NOON)
    writes.save(Prefix(prefix="127.0.0.0/8", polling_forbidden=True), actor=None)
    assert probe_schedule.claim("w", 10, NOON) == []
    assert not ProbeTarget.objects.get().is_asked


def test_a_deleted_probe_is_asked_no_more_and_keeps_what_it_measured() -> None:
    probe = make_probe(make_lines(1)[0])
    probe_schedule.sync_probes(NOON)
    rounds(0)
    writes.delete(probe, actor=None)
    assert probe_schedule.sync_probes(at(60))["ended"] == 1
    assert probe_schedule.claim("w", 10, at(120)) == []
    assert ProbeHour.objects.get().received == 5


def test_each_probe_goes_to_one_worker_and_comes_back_when_its_lease_ends() -> None:
    for line in make_lines(3):
        make_probe(line)
    probe_schedule.sync_probes(NOON)
    assert len(probe_schedule.claim("a", 2, NOON)) == 2
    assert len(probe_schedule.claim("b", 9, NOON)) == 1
    assert probe_schedule.claim("c", 9, NOON) == []
    later = NOON + probe_schedule.LEASE
    assert len(probe_schedule.claim("c", 9, later)) == 3
    answers = [Answer(c, GOOD, NOON) for c in probe_schedule.claim("d", 9, later + probe_schedule.LEASE)]
    assert probe_rounds.store("a", answers) == 0
    assert not ProbeHour.objects.exists()


def test_state_and_sums_are_kept_and_an_outage_is_no_loss() -> None:
    one, two = make_lines(2)
    probe = make_probe(one, "cut")
    make_probe(two, "good", "127.9.0.2")
    probe_schedule.sync_probes(NOON)
    for second, answer in ((0, GOOD), (60, LOST), (120, LOST), (180, LOST), (240, GOOD), (300, LOST), (360, GOOD)):
        rounds(second, cut=answer)
    assert states(probe.pk) == [("up", 0, 60), ("down", 60, 240), ("up", 240, None)]
    hour = ProbeHour.objects.get(probe_id=probe.pk)
    assert (hour.rounds, hour.sent, hour.received) == (3, 20, 15)  # 5 of a single lost round are loss, 15 are not
    assert (hour.rtt_sum_ms, hour.rtt_min_ms, hour.rtt_max_ms) == (30.0, 1.0, 5.0)
    assert sum(hour.histogram.values()) == 15
    day = ProbeDay.objects.get(probe_id=probe.pk)
    assert (day.received, timezone.localtime(day.start).hour) == (15, 0)


def test_when_every_line_of_a_network_is_silent_no_line_is_down() -> None:
    lines = make_lines(3)
    probes = [make_probe(line, f"p{n}", f"127.9.0.{n}") for n, line in enumerate(lines, start=1)]
    probe_schedule.sync_probes(NOON)
    rounds(0)
    for second in (60, 120, 180):
        rounds(second, p1=LOST, p2=LOST, p3=LOST)
    rounds(240)
    for probe in probes:
        assert states(probe.pk) == [("up", 0, 60), ("unknown", 60, 240), ("up", 240, None)]


def test_a_collector_that_was_away_leaves_a_gap_and_no_outage() -> None:
    probe = make_probe(make_lines(1)[0])
    probe_schedule.sync_probes(NOON)
    rounds(0)
    rounds(3600)
    assert states(probe.pk) == [("up", 0, 0), ("unknown", 0, 3600), ("up", 3600, None)]


def test_rounds_keep_their_pace() -> None:
    make_probe(make_lines(1)[0], interval_s=30)
    probe_schedule.sync_probes(NOON)
    rounds(7)
    assert _second(ProbeTarget.objects.get().next_due_at) == 30
    rounds(95)
    assert _second(ProbeTarget.objects.get().next_due_at) == 120


def test_a_pass_costs_the_same_queries_for_2_new_probes_and_for_20() -> None:
    network, counts = make_network(), []
    for turn, new in enumerate((1, 2, 20)):  # the first pass has no known rows to add to
        for n, line in enumerate(make_lines(new, network)):
            make_probe(line, target=f"127.9.{turn}.{n + 1}")
        probe_schedule.sync_probes(NOON)
        with CaptureQueriesContext(connections[observed_alias()]) as queries:
            rounds(turn * 60)
        counts.append(len(queries))
    assert counts[2] == counts[1]


def test_real_rounds_over_the_loopback() -> None:
    line, other = make_lines(2)
    make_probe(line, "echo", "127.0.0.1", packets=2)
    make_probe(other, "refused", "127.0.0.1", kind="tcp", port=9, packets=2)
    probe_schedule.sync_probes(timezone.now())
    assert probe_due() == 2
    found = {t.name: (t.state, t.error_code) for t in ProbeTarget.objects.all()}
    assert found["refused"] == ("up", "")
    assert found["echo"] in (("up", ""), ("unknown", "icmp_not_permitted"))
    assert probe_due() == 0


@pytest.mark.django_db(transaction=True, databases="__all__")
def test_a_killed_worker_leaves_whole_rows_and_a_lease_that_ends() -> None:
    lines = make_lines(2)
    make_probe(lines[0], "one", "127.9.0.1")
    make_probe(lines[1], "two", "198.51.100.77", kind="tcp", port=9)
    probe_schedule.sync_probes(timezone.now())
    code = (
        "import django, os, signal, sys; django.setup()\n"
        "from django.conf import settings\n"
        "for alias, name in zip(sys.argv[1::2], sys.argv[2::2]): settings.DATABASES[alias]['NAME'] = name\n"
        "from django.db import connections\n"
        "for alias, name in zip(sys.argv[1::2], sys.argv[2::2]): connections[alias].settings_dict['NAME'] = name\n"
        "from collectors import probe_rounds, probe_schedule\n"
        "claimed = probe_schedule.claim('dead', 9)\n"
        "before = probe_rounds._add_sums\n"
        "def die(*args, **kwargs):\n"
        "    before(*args, **kwargs); os.kill(os.getpid(), signal.SIGKILL)\n"
        "probe_rounds._add_sums = die\n"
        "print(len(claimed), flush=True)\n"
        "probe_rounds.run_pass(claimed, 'dead')\n"
    )
    named = [str(part) for a in connections for part in (a, connections[a].settings_dict["NAME"])]
    if any("memory" in name for name in named):
        pytest.skip("another process can't open a database in memory")
    done = subprocess.run(
        [sys.executable, "-c", code, *named], capture_output=True, text=True, timeout=60, check=False,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "netops.settings", "PYTHONPATH": os.getcwd()},
    )  # fmt: skip
    assert (done.stdout.strip(), done.returncode) == ("2", -9), done.stderr
    assert not ProbeState.objects.exists()
    assert not ProbeHour.objects.exists()
    assert probe_schedule.claim("next", 9) == []
    assert len(probe_schedule.claim("next", 9, timezone.now() + probe_schedule.LEASE)) == 2
