"""Traffic of ports. Ports are keyed by (device number, normalised name)."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from django.utils import timezone

from collectors.models import PortRate5m, PortRateDay, PortRateHour
from collectors.models.counters import PortRate
from collectors.rates import percentile
from collectors.selectors.ports import PortKey

_MOST_ROWS = 500_000  # about two seconds of reading; beyond it a coarser step answers


class Step(Enum):
    MINUTES_5 = "5m"
    HOUR = "hour"
    DAY = "day"

    @property
    def length(self) -> dt.timedelta:
        return {"5m": dt.timedelta(minutes=5), "hour": dt.timedelta(hours=1), "day": dt.timedelta(days=1)}[self.value]

    @property
    def model(self) -> type[PortRate]:
        return {"5m": PortRate5m, "hour": PortRateHour, "day": PortRateDay}[self.value]


@dataclass(frozen=True, slots=True)
class RatePoint:
    """Bits per second over one step from `start`. A direction the device doesn't count is None; silence is 0."""

    start: dt.datetime
    in_avg: int | None
    out_avg: int | None
    in_max: int | None
    out_max: int | None
    in_p95: int | None
    out_p95: int | None
    samples: int
    is_sample: bool


@dataclass(frozen=True, slots=True)
class P95:
    """The 95th percentile of the averages of one step, and how much of the window those cover."""

    in_bps: int | None
    out_bps: int | None
    step: Step
    values: int
    expected: int

    @property
    def coverage(self) -> float:
        return min(1.0, self.values / self.expected) if self.expected else 0.0

    @property
    def worst_bps(self) -> int | None:
        known = [v for v in (self.in_bps, self.out_bps) if v is not None]
        return max(known) if known else None


@dataclass(frozen=True, slots=True)
class DailySeries:
    """One value a day, oldest first, None for a day without data."""

    days: tuple[dt.date, ...]
    in_avg: tuple[int | None, ...]
    out_avg: tuple[int | None, ...]
    in_p95: tuple[int | None, ...]
    out_p95: tuple[int | None, ...]


_POINT = ("start", "in_avg", "out_avg", "in_max", "out_max", "in_p95", "out_p95", "samples", "is_sample")


def rates(
    ports: Iterable[PortKey], since: dt.datetime, until: dt.datetime, step: Step = Step.MINUTES_5
) -> dict[PortKey, tuple[RatePoint, ...]]:
    """The points whose step starts in the window, oldest first. One query."""
    wanted = set(ports)
    rows = step.model._default_manager.filter(
        device_id__in={device_id for device_id, _ in wanted}, start__gte=since, start__lt=until
    )
    if len(wanted) == 1:
        rows = rows.filter(port=next(iter(wanted))[1])
    found: dict[PortKey, list[RatePoint]] = defaultdict(list)
    for row in rows.order_by("device_id", "port", "start").values_list("device_id", "port", *_POINT):
        if (key := (row[0], row[1])) in wanted:
            found[key].append(RatePoint(*row[2:]))
    return {key: tuple(points) for key, points in found.items()}


def p95(ports: Iterable[PortKey], since: dt.datetime, until: dt.datetime | None = None) -> dict[PortKey, P95]:
    """The 95th percentile of each port's averages since then. One query.

    Of 5-minute averages where they are few enough to be read at once, else of hourly averages; for windows longer
    than even those allow, the mean of the days' own percentiles (each is a true one). `step` says which.
    """
    until = until or timezone.now()
    wanted = set(ports)
    step = _finest(len(wanted), until - since)
    columns = ("in_p95", "out_p95") if step is Step.DAY else ("in_avg", "out_avg")
    rows = step.model._default_manager.filter(
        device_id__in={device_id for device_id, _ in wanted}, start__gte=since, start__lt=until
    )
    ins: dict[PortKey, list[int]] = defaultdict(list)
    outs: dict[PortKey, list[int]] = defaultdict(list)
    counts: dict[PortKey, int] = defaultdict(int)
    for device_id, port, in_bps, out_bps in rows.values_list("device_id", "port", *columns).iterator(chunk_size=5000):
        if (key := (device_id, port)) not in wanted:
            continue
        counts[key] += 1
        if in_bps is not None:
            ins[key].append(in_bps)
        if out_bps is not None:
            outs[key].append(out_bps)
    merged = _mean if step is Step.DAY else percentile
    expected = max(1, round((until - since) / step.length))
    return {
        key: P95(in_bps=merged(ins[key]), out_bps=merged(outs[key]), step=step, values=count, expected=expected)
        for key, count in counts.items()
    }


def _finest(ports: int, window: dt.timedelta) -> Step:
    for step in (Step.MINUTES_5, Step.HOUR):
        if ports * (window / step.length) <= _MOST_ROWS:
            return step
    return Step.DAY


def _mean(values: list[int]) -> int | None:
    return round(sum(values) / len(values)) if values else None


def daily_series(ports: Iterable[PortKey], days: int = 30, today: dt.date | None = None) -> dict[PortKey, DailySeries]:
    """The last days up to today in the product's time zone, one value a day, for sparklines. One query."""
    today = today or timezone.localdate()
    shown = tuple(today - dt.timedelta(days=back) for back in range(days - 1, -1, -1))
    since = timezone.make_aware(dt.datetime.combine(shown[0], dt.time()))
    until = timezone.make_aware(dt.datetime.combine(today + dt.timedelta(days=1), dt.time()))
    series = {}
    for key, points in rates(ports, since, until, Step.DAY).items():
        by_day = {timezone.localdate(point.start): point for point in points}
        found = [by_day.get(day) for day in shown]
        series[key] = DailySeries(
            days=shown,
            in_avg=tuple(None if p is None else p.in_avg for p in found),
            out_avg=tuple(None if p is None else p.out_avg for p in found),
            in_p95=tuple(None if p is None else p.in_p95 for p in found),
            out_p95=tuple(None if p is None else p.out_p95 for p in found),
        )  # fmt: skip
    return series
