"""Raw counters become 5-minute rates, those hours and days. Every step may run twice and gives the same rows."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import models, transaction
from django.utils import timezone

from collectors.databases import observed_alias
from collectors.models import CollectorRun, PortRate5m, PortRateDay, PortRateHour, PortSample
from collectors.models.counters import PortRate
from collectors.rates import LONGEST_GAP_S, CounterRow, Rate, percentile, rate

KEEP_RAW = dt.timedelta(hours=48)
KEEP_5M = dt.timedelta(days=35)
KEEP_HOURS = dt.timedelta(days=400)
KEEP_RUNS = dt.timedelta(days=400)
_STEP = dt.timedelta(minutes=5)
_BATCH = 250
_DEVICES_AT_ONCE = 250
_VALUES = ("in_avg", "out_avg", "in_max", "out_max", "in_p95", "out_p95", "samples", "is_sample")

Key = tuple[int, str]


def roll_up(
    now: dt.datetime | None = None, *, since: dt.datetime | None = None, with_days: bool = True
) -> dict[str, int]:
    """Bring the rates up to `now`; returns the rows written by step.

    Without `since`, from the last finished 5 minutes on, with an overlap that lets late samples in. A day is made of
    its 288 finer rows a port, too many to be read again every 5 minutes: `with_days` is for once an hour.
    """
    now = now or timezone.now()
    since = since or _resume_at(now)
    written = {"5m": _to_5_minutes(_five_minutes(since), now)}
    written["hour"] = _coarser(PortRate5m, PortRateHour, _hour(since), now, _hour)
    if with_days:
        # An hour back, so that the run after midnight finishes the day before.
        written["day"] = _coarser(PortRate5m, PortRateDay, _day(since - dt.timedelta(hours=1)), now, _day)
    return written


def _resume_at(now: dt.datetime) -> dt.datetime:
    newest = PortRate5m.objects.filter(start__lte=now, is_sample=False).aggregate(newest=models.Max("start"))["newest"]
    oldest_raw = now - KEEP_RAW
    overlap = dt.timedelta(seconds=LONGEST_GAP_S) + _STEP
    return max(oldest_raw, newest - overlap) if newest else oldest_raw


def _five_minutes(at: dt.datetime) -> dt.datetime:
    return at.replace(minute=at.minute - at.minute % 5, second=0, microsecond=0)


def _hour(at: dt.datetime) -> dt.datetime:
    return timezone.localtime(at).replace(minute=0, second=0, microsecond=0)


def _day(at: dt.datetime) -> dt.datetime:
    return timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)


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


def _to_5_minutes(since: dt.datetime, now: dt.datetime) -> int:
    # The rate that reaches into the first step began one gap earlier at most.
    raw = PortSample.objects.filter(at__gte=since - dt.timedelta(seconds=LONGEST_GAP_S), at__lte=now)
    device_ids = sorted(raw.values_list("device_id", flat=True).distinct())
    written = 0
    for first in range(0, len(device_ids), _DEVICES_AT_ONCE):
        part = raw.filter(device_id__in=device_ids[first : first + _DEVICES_AT_ONCE])
        written += _write(PortRate5m, _rates_of(part.order_by("device_id", "port", "at"), since))
    return written


def _rates_of(rows: models.QuerySet[PortSample], since: dt.datetime) -> list[PortRate5m]:
    columns = (
        "at", "uptime_s", "in_octets", "out_octets", "width", "discontinuity_s", "speed_mbps", "if_index",
    )  # fmt: skip
    found: list[PortRate5m] = []
    key: Key | None = None
    before: CounterRow | None = None
    steps: dict[dt.datetime, tuple[_Bucket, _Bucket]] = defaultdict(lambda: (_Bucket(), _Bucket()))
    for values in rows.values_list("device_id", "port", *columns).iterator(chunk_size=5000):
        if (values[0], values[1]) != key:
            found.extend(_finished(key, steps, since))
            key, before = (values[0], values[1]), None
            steps.clear()
        after = CounterRow(*values[2:])
        if before is not None:
            one = rate(before, after)
            if isinstance(one, Rate):
                _spread(one, steps)
        before = after
    found.extend(_finished(key, steps, since))
    return found


def _spread(one: Rate, steps: dict[dt.datetime, tuple[_Bucket, _Bucket]]) -> None:
    """Put a rate into every step that it overlaps, so that no octet is counted twice or lost."""
    start = _five_minutes(one.since)
    while start < one.until:
        end = start + _STEP
        seconds = (min(end, one.until) - max(start, one.since)).total_seconds()
        if seconds > 0:
            for bucket, bps in zip(steps[start], (one.in_bps, one.out_bps), strict=True):
                if bps is not None:
                    bucket.add(bps, seconds)
        start = end


def _finished(
    key: Key | None, steps: dict[dt.datetime, tuple[_Bucket, _Bucket]], since: dt.datetime
) -> Iterable[PortRate5m]:
    if key is None:
        return
    for start, (ins, outs) in steps.items():
        if start >= since and (ins.values or outs.values):
            yield PortRate5m(
                device_id=key[0], port=key[1], start=start, in_avg=ins.average, out_avg=outs.average,
                in_max=max(ins.values, default=None), out_max=max(outs.values, default=None),
                in_p95=percentile(ins.values), out_p95=percentile(outs.values),
                samples=max(len(ins.values), len(outs.values)),
            )  # fmt: skip


def _coarser(
    source: type[PortRate], target: type[PortRate], since: dt.datetime, now: dt.datetime,
    floor: Callable[[dt.datetime], dt.datetime],
) -> int:  # fmt: skip
    """From 5-minute rows: the percentile of a day is that of its 5-minute averages, not of its hours' percentiles."""
    rows = source._default_manager.filter(start__gte=since, start__lte=now)
    device_ids = sorted(rows.values_list("device_id", flat=True).distinct())
    written = 0
    for first in range(0, len(device_ids), _DEVICES_AT_ONCE):
        part = rows.filter(device_id__in=device_ids[first : first + _DEVICES_AT_ONCE])
        groups: dict[tuple[int, str, dt.datetime], list[tuple[Any, ...]]] = defaultdict(list)
        for device_id, port, start, *values in part.values_list("device_id", "port", "start", *_VALUES).iterator(5000):
            groups[device_id, port, floor(start)].append(tuple(values))
        written += _write(target, [_summed_up(target, key, values) for key, values in groups.items()])
    return written


def _summed_up(target: type[PortRate], key: tuple[int, str, dt.datetime], rows: Sequence[tuple[Any, ...]]) -> PortRate:
    in_avg, out_avg, in_max, out_max = ([row[i] for row in rows if row[i] is not None] for i in range(4))
    return target(
        device_id=key[0], port=key[1], start=key[2], in_avg=_mean(in_avg), out_avg=_mean(out_avg),
        in_max=max(in_max, default=None), out_max=max(out_max, default=None), in_p95=percentile(in_avg),
        out_p95=percentile(out_avg), samples=len(rows), is_sample=all(row[7] for row in rows),
    )  # fmt: skip


def _mean(values: Sequence[int]) -> int | None:
    return round(sum(values) / len(values)) if values else None


def _write(model: type[PortRate], rows: Sequence[PortRate]) -> int:
    for start in range(0, len(rows), _BATCH):
        with transaction.atomic(using=observed_alias()):
            model._default_manager.bulk_create(
                rows[start : start + _BATCH], update_conflicts=True, unique_fields=["device_id", "port", "start"],
                update_fields=list(_VALUES),
            )  # fmt: skip
    return len(rows)


def clean_up(now: dt.datetime | None = None) -> dict[str, int]:
    """Delete what is older than its keep, in transactions of 250 rows; returns the rows deleted by kind."""
    now = now or timezone.now()
    kept: tuple[tuple[str, models.QuerySet[Any]], ...] = (
        ("raw", PortSample.objects.filter(at__lt=now - KEEP_RAW)),
        ("5m", PortRate5m.objects.filter(start__lt=now - KEEP_5M)),
        ("hour", PortRateHour.objects.filter(start__lt=now - KEEP_HOURS)),
        ("runs", CollectorRun.objects.filter(started_at__lt=now - KEEP_RUNS)),
    )
    return {name: _delete(rows) for name, rows in kept}


def _delete(rows: models.QuerySet[Any]) -> int:
    deleted = 0
    while True:
        with transaction.atomic(using=observed_alias()):
            pks = list(rows.order_by("pk").values_list("pk", flat=True)[:_BATCH])
            rows.model._default_manager.filter(pk__in=pks).delete()
        deleted += len(pks)
        if len(pks) < _BATCH:
            return deleted
