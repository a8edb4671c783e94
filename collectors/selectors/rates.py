"""Traffic of ports, keyed by (device number, normalised name). Raises SeriesUnavailable while its store is silent."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.utils import timezone

from collectors.rates import percentile
from collectors.selectors.ports import PortKey
from collectors.series import VALUES, RatePoint, Step, series_store

_MOST_ROWS = 500_000  # about a second of reading; beyond it a coarser step answers
_DAILY = ("in_p95", "out_p95", "in_avg", "out_avg", "samples")
DailyRate = tuple[dt.date, int | None, int | None, int | None, int | None, int]
"""(day, in_p95, out_p95, in_avg, out_avg, samples)"""


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


@dataclass(frozen=True, slots=True)
class PortUsage:
    """The last days of a port in one figure; the busier direction counts."""

    p95_bps: float
    """The mean of the days' 95th percentiles."""
    highest_bps: int
    """The highest of the days' 95th percentiles."""
    days: int
    """Days with data."""


def rates(
    ports: Iterable[PortKey], since: dt.datetime, until: dt.datetime, step: Step = Step.MINUTES_5
) -> dict[PortKey, tuple[RatePoint, ...]]:
    """The points whose step starts in the window, oldest first. One query."""
    found: dict[PortKey, list[RatePoint]] = defaultdict(list)
    for row in series_store().read(set(ports), since, until, step, VALUES):
        found[row[0], row[1]].append(RatePoint(*row[2:]))
    return {key: tuple(points) for key, points in found.items()}


def p95(ports: Iterable[PortKey], since: dt.datetime, until: dt.datetime | None = None) -> dict[PortKey, P95]:
    """The 95th percentile of each port's averages since then. One query.

    Of 5-minute averages where they are kept so long and few enough to be read at once, else of hourly averages; for
    windows longer than even those allow, the mean of the days' own percentiles (each is a true one). `step` says which.
    """
    until = until or timezone.now()
    wanted = set(ports)
    step = _finest(len(wanted), until - since)
    columns = ("in_p95", "out_p95") if step is Step.DAY else ("in_avg", "out_avg")
    ins: dict[PortKey, list[int]] = defaultdict(list)
    outs: dict[PortKey, list[int]] = defaultdict(list)
    counts: dict[PortKey, int] = defaultdict(int)
    for device_id, port, _start, in_bps, out_bps in series_store().read(wanted, since, until, step, columns):
        key = (device_id, port)
        counts[key] += 1
        if in_bps is not None:
            ins[key].append(in_bps)
        if out_bps is not None:
            outs[key].append(out_bps)
    merged = mean_rate if step is Step.DAY else percentile
    expected = max(1, round((until - since) / step.length))
    return {
        key: P95(in_bps=merged(ins[key]), out_bps=merged(outs[key]), step=step, values=count, expected=expected)
        for key, count in counts.items()
    }


def _finest(ports: int, window: dt.timedelta) -> Step:
    for step, kept_days in ((Step.MINUTES_5, settings.KEEP_5M_DAYS), (Step.HOUR, settings.KEEP_HOUR_DAYS)):
        if window <= dt.timedelta(days=kept_days) and ports * (window / step.length) <= _MOST_ROWS:
            return step
    return Step.DAY


def mean_rate(values: Sequence[int]) -> int | None:
    return round(sum(values) / len(values)) if values else None


def daily_rates(ports: Iterable[PortKey], since: dt.date, until: dt.date) -> dict[PortKey, list[DailyRate]]:
    """The days of [since, until) that are known, oldest first: plain tuples, because rules ask for a city's ports.

    One query. A day's percentile is that of its 5-minute averages.
    """
    found: dict[PortKey, list[DailyRate]] = defaultdict(list)
    days: dict[dt.datetime, dt.date] = {}
    rows = series_store().read(set(ports), _midnight(since), _midnight(until), Step.DAY, _DAILY)
    for device_id, port, start, in_p95, out_p95, in_avg, out_avg, samples in rows:
        day = days.get(start)
        if day is None:
            day = days[start] = timezone.localdate(start)
        found[device_id, port].append((day, in_p95, out_p95, in_avg, out_avg, samples))
    return dict(found)


def daily_series(ports: Iterable[PortKey], days: int = 30, today: dt.date | None = None) -> dict[PortKey, DailySeries]:
    """The last days up to today in the product's time zone, one value a day, for sparklines. One query."""
    today = today or timezone.localdate()
    shown = tuple(today - dt.timedelta(days=back) for back in range(days - 1, -1, -1))
    nothing = (None,) * 5
    series = {}
    for key, rows in daily_rates(ports, shown[0], today + dt.timedelta(days=1)).items():
        by_day = {day: values for day, *values in rows}
        in_p95, out_p95, in_avg, out_avg, _samples = zip(*(by_day.get(day, nothing) for day in shown), strict=True)
        series[key] = DailySeries(days=shown, in_avg=in_avg, out_avg=out_avg, in_p95=in_p95, out_p95=out_p95)
    return series


def port_usage(ports: Iterable[PortKey], days: int = 30, today: dt.date | None = None) -> dict[PortKey, PortUsage]:
    """Over the same days as `daily_series`, for thousands of ports. One query."""
    today = today or timezone.localdate()
    rows = daily_rates(ports, today - dt.timedelta(days=days - 1), today + dt.timedelta(days=1))
    found = {}
    for key, of_days in rows.items():
        ins = [in_p95 for _day, in_p95, *_rest in of_days if in_p95 is not None]
        outs = [out_p95 for _day, _in, out_p95, *_rest in of_days if out_p95 is not None]
        known = [values for values in (ins, outs) if values]
        if known:
            found[key] = PortUsage(
                p95_bps=max(sum(values) / len(values) for values in known),
                highest_bps=max(max(values) for values in known), days=max(map(len, known)),
            )  # fmt: skip
    return found


def _midnight(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time()))
