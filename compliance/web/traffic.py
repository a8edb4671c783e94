"""The traffic of a line: points on an even grid, so that silence shows as a gap, and the same as a table."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from collectors.rates import percentile
from collectors.selectors import P95, RatePoint, Step, mean_rate, p95, rates
from compliance.web.figures import bandwidth, mbit, mean
from compliance.web.line_ends import BoundPort


@dataclass(frozen=True, slots=True)
class Period:
    """`steps` are tried in this order; the window begins with a whole `grain`, by which the table counts too."""

    label: Any
    length: dt.timedelta
    steps: tuple[Step, ...]
    grain: Step

    def since(self, now: dt.datetime) -> dt.datetime:
        return self.grain.floor(now - self.length)


PERIODS = {
    "day": Period(gettext_lazy("Day"), dt.timedelta(days=1), (Step.MINUTES_5, Step.HOUR), Step.HOUR),
    "week": Period(gettext_lazy("Week"), dt.timedelta(days=7), (Step.HOUR,), Step.DAY),
    "month": Period(gettext_lazy("Month"), dt.timedelta(days=30), (Step.HOUR, Step.DAY), Step.DAY),
    "year": Period(gettext_lazy("Year"), dt.timedelta(days=365), (Step.DAY,), Step.DAY),
}
STEP_WORDS = {
    Step.MINUTES_5: gettext_lazy("averages of 5 minutes"),
    Step.HOUR: gettext_lazy("hourly averages"),
    Step.DAY: gettext_lazy("daily averages"),
}
_MBIT = 1_000_000


@dataclass(frozen=True)
class Traffic:
    port: BoundPort
    side: str
    period: str
    step: Step
    points: tuple[RatePoint, ...]
    chart: dict[str, Any]
    table: tuple[dict[str, Any], ...]
    p95: P95 | None
    is_sample: bool

    @property
    def step_text(self) -> Any:
        return STEP_WORDS[self.step]

    @property
    def p95_text(self) -> str:
        return mbit(self.p95.worst_bps) if self.p95 else ""

    @property
    def coverage_percent(self) -> str:
        return f"{100 * self.p95.coverage:.1f}" if self.p95 else ""


@dataclass(frozen=True, slots=True)
class _Window:
    """What is drawn: the steps from `since` on, the last of which may not be over at `now`."""

    period: Period
    step: Step
    since: dt.datetime
    now: dt.datetime

    def label(self, start: dt.datetime, step: Step, shape: str) -> str:
        """The running step's mean and peak are those of its part that is over; its label says so."""
        text = timezone.localtime(start).strftime(shape)
        is_running = start <= self.now < step.starts(start, start + 2 * step.length)[1]
        return _("%(at)s so far") % {"at": text} if is_running else text


def traffic_of(
    ports: Sequence[tuple[str, BoundPort]], period: str, declared_mbps: int | None, now: dt.datetime | None = None
) -> Traffic | None:
    """Of the end and the step that tell most of the period; None when no end was counted. Three queries at most.

    Raises SeriesUnavailable while the history can't be read.
    """
    now = now or timezone.now()
    chosen = PERIODS[period]
    since = chosen.since(now)
    keys = [port.key for _side, port in ports]
    told: list[tuple[dt.timedelta, Step, str, BoundPort, tuple[RatePoint, ...]]] = []
    for step in chosen.steps:
        found = rates(keys, since, now, step)
        told += [(len(found[p.key]) * step.length, step, side, p, found[p.key]) for side, p in ports if p.key in found]
    if not told:
        return None
    most = max(covered for covered, *_rest in told)
    # The finest step that tells nearly as much: an end first polled this morning doesn't hide the other one's month.
    _covered, step, side, port, points = next(one for one in told if one[0] >= most * 0.9)
    reached = _better(p95([port.key], since, now).get(port.key), _p95_of(points, step, since, now))
    window = _Window(chosen, step, since, now)
    return Traffic(
        port,
        side,
        period,
        step,
        points,
        _chart(points, window, declared_mbps, reached),
        _table(points, window),
        reached,
        any(point.is_sample for point in points),
    )


def _better(finest: P95 | None, drawn: P95) -> P95:
    """The finest step, unless it covers less of the period than what is drawn: fine points are kept for days only."""
    return drawn if finest is None or finest.coverage < drawn.coverage - 0.05 else finest


def _p95_of(points: Sequence[RatePoint], step: Step, since: dt.datetime, until: dt.datetime) -> P95:
    """Of the points that are drawn, where the finer ones are gone already. A day brings its own true percentile."""
    if step is Step.DAY:
        ins, outs, merged = [p.in_p95 for p in points], [p.out_p95 for p in points], mean_rate
    else:
        ins, outs, merged = [p.in_avg for p in points], [p.out_avg for p in points], percentile
    return P95(
        in_bps=merged([value for value in ins if value is not None]),
        out_bps=merged([value for value in outs if value is not None]),
        step=step,
        values=len(points),
        expected=len(step.starts(since, until)),
    )


_SHAPES = {Step.MINUTES_5: "%H:%M", Step.HOUR: "%m-%d %H:%M", Step.DAY: "%m-%d"}


def _chart(points: Sequence[RatePoint], window: _Window, declared: int | None, reached: P95 | None) -> dict[str, Any]:
    """Every step of the window has its place, None where nothing is known: the line is not drawn across it."""
    step = window.step
    by_start = {step.floor(point.start): point for point in points}
    grid = step.starts(window.since, window.now)
    shape = "%Y-%m-%d" if window.period.length > dt.timedelta(days=300) else _SHAPES[step]
    found = [by_start.get(at) for at in grid]
    limits = _limits(declared, reached)
    # Only the last step can be the running one.
    labels = [timezone.localtime(at).strftime(shape) for at in grid[:-1]]
    return {
        "at": [*labels, *(window.label(at, step, shape) for at in grid[-1:])],
        "unit": "Mbit/s",
        "min": 0,
        "max": _top(points, limits),
        "limits": limits,
        "series": [
            {"name": _("In"), "values": [_value(p.in_avg if p else None) for p in found], "is_filled": True},
            {"name": _("Out"), "values": [_value(p.out_avg if p else None) for p in found]},
        ],
    }


def _limits(declared: int | None, reached: P95 | None) -> list[dict[str, Any]]:
    limits: list[dict[str, Any]] = []
    if declared is not None:
        label = _("recorded %(bandwidth)s") % {"bandwidth": bandwidth(declared)}
        limits.append({"value": declared, "label": label, "token": "--s-contract"})
    if reached and reached.worst_bps is not None:
        label = _("95th percentile %(rate)s M") % {"rate": mbit(reached.worst_bps)}
        value = round(reached.worst_bps / _MBIT, 2)
        limits.append({"value": value, "token": "--s-p95", "is_dashed": True, "label": label})
    return limits


def _value(bps: int | None) -> float | None:
    return None if bps is None else round(bps / _MBIT, 3)


def _top(points: Sequence[RatePoint], limits: Sequence[dict[str, Any]]) -> float:
    seen = [v / _MBIT for p in points for v in (p.in_avg, p.out_avg) if v is not None]
    top = max([*seen, *(limit["value"] for limit in limits), 0.1]) * 1.1
    return round(top, 2) if top < 10 else float(round(top))


def _table(points: Sequence[RatePoint], window: _Window) -> tuple[dict[str, Any], ...]:
    """By hour for a day, else by day, newest first."""
    grain = window.period.grain
    shape = "%m-%d %H:00" if grain is Step.HOUR else "%Y-%m-%d"
    groups: dict[dt.datetime, list[RatePoint]] = defaultdict(list)
    for point in points:
        groups[grain.floor(point.start)].append(point)
    return tuple(
        {
            "at": window.label(at, grain, shape),
            "in_avg": mbit(mean(p.in_avg for p in of)),
            "out_avg": mbit(mean(p.out_avg for p in of)),
            "in_max": mbit(_most(p.in_max for p in of)),
            "out_max": mbit(_most(p.out_max for p in of)),
        }
        for at, of in sorted(groups.items(), reverse=True)
    )


def _most(values: Any) -> int | None:
    return max((value for value in values if value is not None), default=None)
