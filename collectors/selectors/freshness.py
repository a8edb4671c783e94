"""How old what we see is, and whether the collectors were there to see it."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Count, Max, Min, Q
from django.utils import timezone

from collectors.models import CollectorRun, Target


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


def collector_uptime(
    network_ids: Iterable[int | None], since: dt.datetime, until: dt.datetime | None = None
) -> dict[int | None, float]:
    """The share (0 to 1) of the window in which somebody was asking the network's devices. One query.

    A run vouches for one and a half poll intervals from its start, so that an even pace leaves no gaps.
    """
    until = until or timezone.now()
    length_s = (until - since).total_seconds()
    wanted = list(network_ids)
    known = [n for n in wanted if n is not None]
    reach = dt.timedelta(seconds=1.5 * settings.POLL_INTERVAL_S)
    of_networks = Q(network_id__in=known) | (Q(network_id=None) if None in wanted else Q(pk__in=[]))
    rows = CollectorRun.objects.filter(
        of_networks, started_at__gte=since - reach, started_at__lt=until, ended_at__isnull=False
    )
    starts: dict[int | None, list[dt.datetime]] = defaultdict(list)
    for network_id, started_at in rows.order_by("started_at", "id").values_list("network_id", "started_at"):
        starts[network_id].append(started_at)
    return {n: _covered_s(starts[n], reach, since, until) / length_s if length_s > 0 else 0.0 for n in wanted}


def _covered_s(starts: list[dt.datetime], reach: dt.timedelta, since: dt.datetime, until: dt.datetime) -> float:
    covered_s, reached = 0.0, since
    for start in starts:
        begin, end = max(start, reached), min(start + reach, until)
        if end > begin:
            covered_s += (end - begin).total_seconds()
            reached = end
    return covered_s
