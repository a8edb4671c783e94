"""Raw counters become 5-minute rates, those hours and days. Every step may run twice and gives the same rows."""

from __future__ import annotations

import datetime as dt
import logging
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from django.conf import settings
from django.db import models
from django.utils import timezone

from collectors.models import PortSample
from collectors.rates import LONGEST_GAP_S, CounterRow, Rate, percentile, rate
from collectors.series import VALUES, PortKey, Row, SeriesStore, SeriesUnavailable, Step, series_store

_STEP = Step.MINUTES_5.length
_GAP = dt.timedelta(seconds=LONGEST_GAP_S)
_DEVICES_AT_ONCE = 250
# What was missed is caught up so much at a time, and the place reached is noted each time: a run has minutes only.
_WINDOW = dt.timedelta(hours=6)
_HOUR = dt.timedelta(hours=1)

log = logging.getLogger(__name__)


def roll_up(
    now: dt.datetime | None = None, *, since: dt.datetime | None = None, with_days: bool = True
) -> dict[str, int]:
    """Bring the rates up to `now`; returns the rows written by step, none where their store doesn't answer.

    Without `since`, from the last finished 5 minutes on, with an overlap that lets late samples in; so a run that
    failed is made up for by the next one, as long as the raw counters are kept. A day is made of its 288 finer rows a
    port, too many to be read again every 5 minutes: `with_days` is for once an hour.
    """
    now = now or timezone.now()
    written = dict.fromkeys((step.value for step in Step), 0)
    store = series_store()
    try:
        since = since or _resume_at(store, now, with_days)
        while True:
            until = min(now, since + _WINDOW)
            # After a longer break the hourly run alone would not come back to the days before.
            found = _roll(store, since, until, with_days or until - since > 2 * _HOUR)
            for step, rows in found.items():
                written[step.value] += rows
            store.note_rolled_up(until)
            if until >= now:
                return written
            if found:
                store.settle()
            since = Step.HOUR.floor(until - _GAP)
    except SeriesUnavailable as error:
        log.warning(
            "Traffic can't be rolled up now: %s Raw counters are kept for %s hours, and the next run catches up.",
            error, settings.KEEP_RAW_HOURS,
        )  # fmt: skip
        return written


def _resume_at(store: SeriesStore, now: dt.datetime, with_days: bool) -> dt.datetime:
    oldest_raw = now - dt.timedelta(hours=settings.KEEP_RAW_HOURS)
    newest = store.rolled_up_to(now)
    if newest is None:
        return oldest_raw
    # Once an hour an hour back: every port counted since the last such run gets its day, also that of before midnight.
    return max(oldest_raw, newest - _GAP - _STEP - (_HOUR if with_days else dt.timedelta()))


def _roll(store: SeriesStore, since: dt.datetime, until: dt.datetime, with_days: bool) -> dict[Step, int]:
    first = Step.MINUTES_5.floor(since)
    # The rate that reaches into the first step began one gap earlier at most.
    raw = PortSample.objects.filter(at__gte=first - _GAP, at__lte=until)
    device_ids = sorted(raw.values_list("device_id", flat=True).distinct())
    written: dict[Step, int] = defaultdict(int)
    for start in range(0, len(device_ids), _DEVICES_AT_ONCE):
        part = raw.filter(device_id__in=device_ids[start : start + _DEVICES_AT_ONCE])
        fine = list(_rates_of(part.order_by("device_id", "port", "at"), first))
        written[Step.MINUTES_5] += store.write(Step.MINUTES_5, fine, until)
        for step in (Step.HOUR, Step.DAY) if with_days else (Step.HOUR,):
            rows = _coarser(store, step, fine, step.floor(first), until)
            written[step] += store.write(step, rows, until)
    return written


@dataclass
class _Bucket:
    """Rates that overlap one step. An average weighs each by the seconds it lies within the step."""

    bits: float = 0.0
    seconds: float = 0.0
    values: list[int] = field(default_factory=list)

    def add(self, bps: float, seconds: float) -> None:
        self.bits += bps * seconds
        self.seconds += seconds
        self.values.append(round(bps))

    @property
    def average(self) -> int | None:
        return round(self.bits / self.seconds) if self.seconds else None


_Steps = dict[dt.datetime, tuple[_Bucket, _Bucket]]


def _rates_of(rows: models.QuerySet[PortSample], since: dt.datetime) -> Iterator[Row]:
    columns = (
        "at", "uptime_s", "in_octets", "out_octets", "width", "discontinuity_s", "speed_mbps", "if_index",
    )  # fmt: skip
    key: PortKey | None = None
    before: CounterRow | None = None
    steps: _Steps = defaultdict(lambda: (_Bucket(), _Bucket()))
    for values in rows.values_list("device_id", "port", *columns).iterator(chunk_size=5000):
        if (values[0], values[1]) != key:
            yield from _finished(key, steps, since)
            key, before = (values[0], values[1]), None
            steps.clear()
        after = CounterRow(*values[2:])
        if before is not None:
            one = rate(before, after)
            if isinstance(one, Rate):
                _spread(one, steps)
        before = after
    yield from _finished(key, steps, since)


def _spread(one: Rate, steps: _Steps) -> None:
    """Put a rate into every step that it overlaps, so that no octet is counted twice or lost."""
    since = one.since
    start = since.replace(minute=since.minute - since.minute % 5, second=0, microsecond=0)
    while start < one.until:
        end = start + _STEP
        seconds = (min(end, one.until) - max(start, one.since)).total_seconds()
        if seconds > 0:
            for bucket, bps in zip(steps[start], (one.in_bps, one.out_bps), strict=True):
                if bps is not None:
                    bucket.add(bps, seconds)
        start = end


def _finished(key: PortKey | None, steps: _Steps, since: dt.datetime) -> Iterator[Row]:
    if key is None:
        return
    for start, (ins, outs) in steps.items():
        if start >= since and (ins.values or outs.values):
            yield (
                *key, start, ins.average, outs.average, max(ins.values, default=None), max(outs.values, default=None),
                percentile(ins.values), percentile(outs.values), max(len(ins.values), len(outs.values)), False,
            )  # fmt: skip


def _coarser(
    store: SeriesStore, step: Step, fine: Sequence[Row], since: dt.datetime, until: dt.datetime
) -> Iterator[Row]:
    """From 5-minute rows: the percentile of a day is that of its 5-minute averages, not of its hours' percentiles.

    Those just made are laid over those in the store, which may not show them yet.
    """
    groups: dict[PortKey, dict[dt.datetime, Row]] = {(row[0], row[1]): {} for row in fine}
    for row in store.read(groups.keys(), since, until, Step.MINUTES_5, VALUES):
        groups[row[0], row[1]][row[2]] = row
    for row in fine:
        groups[row[0], row[1]][row[2]] = row
    floors: dict[dt.datetime, dt.datetime] = {}
    for key, by_start in groups.items():
        coarse: dict[dt.datetime, list[Row]] = defaultdict(list)
        for start, row in by_start.items():
            if start not in floors:
                floors[start] = step.floor(start)
            coarse[floors[start]].append(row)
        for start, rows in coarse.items():
            yield _summed_up(key, start, rows)


def _summed_up(key: PortKey, start: dt.datetime, rows: Sequence[Row]) -> Row:
    in_avg, out_avg, in_max, out_max = ([row[i] for row in rows if row[i] is not None] for i in range(3, 7))
    return (
        *key, start, _mean(in_avg), _mean(out_avg), max(in_max, default=None), max(out_max, default=None),
        percentile(in_avg), percentile(out_avg), len(rows), all(row[10] for row in rows),
    )  # fmt: skip


def _mean(values: Sequence[int]) -> int | None:
    return round(sum(values) / len(values)) if values else None
