"""How old what we see is, and whether the collectors were there to see it."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Count, Max, Min, Q
from django.utils import timezone

from collectors.models import CollectorWatch, Target
from collectors.schedule import reach


@dataclass(frozen=True, slots=True)
class DataAge:
    """One network's devices. Ages are None while nothing was ever read."""

    network_id: int | None
    devices: int
    up: int
    down: int
    unknown: int
    newest_at: dt.datetime | None
    oldest_at: dt.datetime | None
    """The last reading of the device that was read longest ago."""
    age_s: float | None
    """Seconds since the newest reading: how old the picture of this network is at best."""


def data_age(now: dt.datetime | None = None) -> dict[int | None, DataAge]:
    """By network. One query."""
    now = now or timezone.now()
    rows = Target.objects.filter(is_polled=True).values("network_id").annotate(
        devices=Count("id"), up=Count("id", filter=Q(state=Target.State.UP)),
        down=Count("id", filter=Q(state=Target.State.DOWN)), unknown=Count("id", filter=Q(state=Target.State.UNKNOWN)),
        newest_at=Max("last_ok_at"), oldest_at=Min("last_ok_at"),
    )  # fmt: skip
    return {
        row["network_id"]: DataAge(
            **row, age_s=None if row["newest_at"] is None else max(0.0, (now - row["newest_at"]).total_seconds())
        )
        for row in rows
    }


@dataclass(frozen=True, slots=True)
class Watched:
    """How well a network was watched over a window."""

    share: float
    """0 to 1: of the window the part in which somebody was asking."""
    worker: str
    """Who asked last."""
    last_at: dt.datetime
    """When the last pass of the window began."""


def watches(since: dt.datetime, until: dt.datetime) -> dict[int | None, Watched]:
    """By network; one that nobody asked in the window is left out. One query.

    `worker` is of the last watch that began before `until` or runs on still.
    """
    length_s = (until - since).total_seconds()
    after = reach()
    rows = CollectorWatch.objects.filter(last_at__gte=since - after).order_by("first_at", "id")
    known: dict[int | None, list[tuple[dt.datetime, dt.datetime]]] = defaultdict(list)
    latest: dict[int | None, tuple[dt.datetime, str]] = {}
    for network_id, first_at, last_at, worker in rows.values_list("network_id", "first_at", "last_at", "worker"):
        known[network_id].append((first_at, last_at + after))
        if first_at <= until or network_id not in latest:
            latest[network_id] = (min(last_at, max(until, first_at)), worker)
    return {
        network_id: Watched(_covered_s(of, since, until) / length_s if length_s > 0 else 0.0, worker, last_at)
        for network_id, of in known.items()
        for last_at, worker in [latest[network_id]]
    }


def _covered_s(of: list[tuple[dt.datetime, dt.datetime]], since: dt.datetime, until: dt.datetime) -> float:
    covered_s, reached = 0.0, since
    for first, last in of:
        begin, end = max(first, reached), min(last, until)
        if end > begin:
            covered_s += (end - begin).total_seconds()
            reached = end
    return covered_s
