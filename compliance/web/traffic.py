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
from collectors.selectors import P95, RatePoint, Step, p95, rates
from compliance.web.figures import bandwidth, mbit, mean
from compliance.web.line_ends import BoundPort

PERIODS = {
    "day": (dt.timedelta(days=1), (Step.MINUTES_5, Step.HOUR), gettext_lazy("Day")),
    "week": (dt.timedelta(days=7), (Step.HOUR,), gettext_lazy("Week")),
    "month": (dt.timedelta(days=30), (Step.HOUR, Step.DAY), gettext_lazy("Month")),
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


def traffic_of(
    ports: Sequence[tuple[str, BoundPort]], period: str, declared_mbps: int | None, now: dt.datetime | None = None
) -> Traffic | None:
    """Of the end and the step that tell most of the period; None when no end was counted. Three queries at most."""
    now = now or timezone.now()
    length, steps, _label = PERIODS[period]
    keys = [port.key for _side, port in ports]
    told: list[tuple[dt.timedelta, Step, str, BoundPort, tuple[RatePoint, ...]]] = []
    for step in steps:
        found = rates(keys, now - length, now, step)
        told += [(len(found[p.key]) * step.length, step, side, p, found[p.key]) for side, p in ports if p.key in found]
    if not told:
        return None
    most = max(covered for covered, *_rest in told)
    # The finest step that tells nearly as much: an end first polled this morning doesn't hide the other one's month.
    _covered, step, side, port, points = next(one for one in told if one[0] >= most * 0.9)
    reached = _better(p95([port.key], now - length, now).get(port.key), _p95_of(points, step, length))
    return Traffic(
        port,
        side,
        period,
        step,
        points,
        _chart(points, step, now - length, now, declared_mbps, reached),
        _table(points, period),
        reached,
        any(point.is_sample for point in points),
    )


def _better(finest: P95 | None, drawn: P95) -> P95:
    """The finest step, unless it covers less of the period than what is drawn: fine points are kept for days only."""
    return drawn if finest is None or finest.coverage < drawn.coverage - 0.05 else finest


def _p95_of(points: Sequence[RatePoint], step: Step, length: dt.timedelta) -> P95:
    """Of the points that are drawn, where the finer ones are gone already."""
    return P95(
        in_bps=percentile([p.in_avg for p in points if p.in_avg is not None]),
        out_bps=percentile([p.out_avg for p in points if p.out_avg is not None]),
        step=step,
        values=len(points),
        expected=max(1, round(length / step.length)),
    )


def _chart(
    points: Sequence[RatePoint],
    step: Step,
    since: dt.datetime,
    until: dt.datetime,
    declared: int | None,
    reached: P95 | None,
) -> dict[str, Any]:
    by_start = {point.start: point for point in points}
    start = min(by_start)
    while start - step.length >= since:
        start -= step.length
    grid = []
    while start < until:
        grid.append(start)
        start += step.length
    shape = "%H:%M" if until - since <= dt.timedelta(days=1) else "%m-%d %H:%M" if step is not Step.DAY else "%m-%d"
    found = [by_start.get(at) for at in grid]
    limits = []
    if declared is not None:
        limits.append(
            {
                "value": declared,
                "label": _("recorded %(bandwidth)s") % {"bandwidth": bandwidth(declared)},
                "token": "--s-contract",
            }
        )
    if reached and reached.worst_bps is not None:
        limits.append(
            {
                "value": round(reached.worst_bps / _MBIT, 2),
                "token": "--s-p95",
                "is_dashed": True,
                "label": _("95th percentile %(rate)s M") % {"rate": mbit(reached.worst_bps)},
            }
        )
    return {
        "at": [timezone.localtime(at).strftime(shape) for at in grid],
        "unit": "Mbit/s",
        "min": 0,
        "max": _top(points, limits),
        "limits": limits,
        "series": [
            {"name": _("In"), "values": [_value(p.in_avg if p else None) for p in found], "is_filled": True},
            {"name": _("Out"), "values": [_value(p.out_avg if p else None) for p in found]},
        ],
    }


def _value(bps: int | None) -> float | None:
    return None if bps is None else round(bps / _MBIT, 3)


def _top(points: Sequence[RatePoint], limits: Sequence[dict[str, Any]]) -> float:
    seen = [v / _MBIT for p in points for v in (p.in_avg, p.out_avg) if v is not None]
    top = max([*seen, *(limit["value"] for limit in limits), 0.1]) * 1.1
    return round(top, 2) if top < 10 else float(round(top))


def _table(points: Sequence[RatePoint], period: str) -> tuple[dict[str, Any], ...]:
    """By hour for a day, else by day, newest first."""
    groups: dict[str, list[RatePoint]] = defaultdict(list)
    for point in points:
        groups[timezone.localtime(point.start).strftime("%m-%d %H:00" if period == "day" else "%Y-%m-%d")].append(point)
    return tuple(
        {
            "at": at,
            "in_avg": mbit(mean(p.in_avg for p in of)),
            "out_avg": mbit(mean(p.out_avg for p in of)),
            "in_max": mbit(_most(p.in_max for p in of)),
            "out_max": mbit(_most(p.out_max for p in of)),
        }
        for at, of in sorted(groups.items(), reverse=True)
    )


def _most(values: Any) -> int | None:
    return max((value for value in values if value is not None), default=None)
