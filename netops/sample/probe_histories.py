"""What the probes measured last month and in this one until now, with the planted outages."""

from __future__ import annotations

import datetime as dt
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from collectors.databases import observed_alias
from collectors.histograms import histogram
from collectors.models import CollectorRun, Probe, ProbeDay, ProbeHour, ProbeState, ProbeTarget
from netops.sample import planted
from netops.sample.parts import City
from netops.sample.probes import past_month, planted_outage

_WORKER = "sample-probes"
_ROUND_S, _PACKETS = 60, 5
_HOUR, _DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
_HOURS_KEPT = dt.timedelta(days=2)
_BATCH = 1000


@dataclass(frozen=True, slots=True)
class _Turn:
    state: str
    start: dt.datetime
    end: dt.datetime | None
    cause: str = ""


def is_written() -> bool:
    return CollectorRun.objects.filter(worker=_WORKER, ended_at__isnull=False).exists()


def write_probe_histories(city: City, now: dt.datetime | None = None) -> int:
    """May be cut off and run again: what a cut run left is taken away first. Returns the rows."""
    started, now = timezone.now(), timezone.localtime(now)
    first = past_month(city.today)
    since = dt.datetime(first.year, first.month, 1, tzinfo=timezone.get_default_timezone())
    probes = list(Probe.objects.select_related("circuit").order_by("circuit_id", "pk"))
    ids = [p.pk for p in probes]
    for model in (ProbeState, ProbeHour, ProbeDay):
        model._default_manager.filter(probe_id__in=ids).delete()
    states, hours, days = [], [], []
    for number, probe in enumerate(probes):
        turns = list(_turns(probe, is_second=bool(number % 2), since=since, until=now, today=city.today))
        states += [
            ProbeState(
                probe_id=probe.pk, state=t.state, cause=t.cause, first_seen_at=t.start, ended_at=t.end, is_sample=True
            )
            for t in turns
        ]
        days += _sums(ProbeDay, probe, turns, since, now, _DAY)
        # Hours are read only where a window touches one, and of the last days.
        hours += _sums(ProbeHour, probe, turns, max(since, _hour(now) - _HOURS_KEPT), now, _HOUR)
        if probe.circuit.line_no == planted.ANNOUNCED_WORK:
            start, end = planted_outage(city.today)
            hours += _sums(ProbeHour, probe, turns, _hour(start) - _HOUR, end + 2 * _HOUR, _HOUR)
    _write_targets(probes, now)
    for model, rows in ((ProbeState, states), (ProbeHour, hours), (ProbeDay, days)):
        for begin in range(0, len(rows), _BATCH):
            with transaction.atomic(using=observed_alias()):
                model._default_manager.bulk_create(rows[begin : begin + _BATCH], ignore_conflicts=True)  # type: ignore[arg-type]  # rows of this model
    CollectorRun.objects.create(
        worker=_WORKER, started_at=started, ended_at=timezone.now(), asked=len(probes), answered=len(probes),
        is_sample=True,
    )  # fmt: skip
    return len(states) + len(hours) + len(days)


def _write_targets(probes: list[Probe], now: dt.datetime) -> None:
    rows = [
        ProbeTarget(
            probe_id=p.pk, circuit_id=p.circuit_id, network_id=p.circuit.network_id, name=p.name, kind=p.kind,
            target=p.target, port=p.port, state="up", last_round_at=now, last_ok_at=now, next_due_at=now,
        )
        for p in probes
    ]  # fmt: skip
    with transaction.atomic(using=observed_alias()):
        ProbeTarget.objects.bulk_create(rows, ignore_conflicts=True)


def _turns(
    probe: Probe, *, is_second: bool, since: dt.datetime, until: dt.datetime, today: dt.date
) -> Iterator[_Turn]:  # fmt: skip
    """Up, with what is planted in between."""
    number = probe.circuit.line_no
    start, end = planted_outage(today)
    between: list[_Turn] = []
    if number in (planted.BAD_SERVICE, planted.ANNOUNCED_WORK) or (number == planted.ONE_PROBE_DOWN and is_second):
        between.append(_Turn("down", start, end))
    recent = until - dt.timedelta(hours=30)
    if number == planted.BAD_SERVICE and recent >= since + dt.timedelta(days=32):
        between.append(_Turn("down", recent, recent + dt.timedelta(hours=5)))
    if number == planted.TOO_LITTLE_DATA:
        between.append(_Turn("unknown", since + 2 * _DAY, since + 8 * _DAY, "not_asked"))
    at = since
    for turn in between:
        yield _Turn("up", at, turn.start)
        yield turn
        at = turn.end or until
    yield _Turn("up", at, None)


def _sums(
    model: Any, probe: Probe, turns: list[_Turn], since: dt.datetime, until: dt.datetime, step: dt.timedelta
) -> list[Any]:  # fmt: skip
    """Rounds of the time the probe was up; its delay is that of its line, with a little noise."""
    found = []
    seed = zlib.crc32(f"{probe.circuit.line_no} {probe.name}".encode())
    start = since
    while start < until:
        end = min(start + step, until)
        up_s = sum(
            max(0.0, (min(t.end or until, end) - max(t.start, start)).total_seconds())
            for t in turns if t.state == "up"
        )  # fmt: skip
        rounds = int(up_s // _ROUND_S)
        if rounds:
            noise = ((seed ^ int(start.timestamp())) * 2_654_435_761 & 0xFFFFFFFF) / 0xFFFFFFFF
            ms = round(2 + seed % 70 / 10 + noise, 3)
            sent = rounds * _PACKETS
            received = sent - (1 if noise > 0.7 else 0)
            late = received // 20
            steps = dict.fromkeys(histogram([ms]), received - late) | dict.fromkeys(histogram([2 * ms]), late)
            found.append(
                model(
                    probe_id=probe.pk, start=start, rounds=rounds, sent=sent, received=received,
                    rtt_sum_ms=ms * (received + late), rtt_min_ms=0.8 * ms, rtt_max_ms=2 * ms, histogram=steps,
                    is_sample=True,
                )
            )  # fmt: skip
        start += step
    return found


def _hour(at: dt.datetime) -> dt.datetime:
    return timezone.localtime(at).replace(minute=0, second=0, microsecond=0)
