"""How long a line's chart takes in a city of 10,000 counted ports, and the days of all of them at once."""

from __future__ import annotations

import datetime as dt
import statistics
import time
from collections.abc import Iterator, Sequence
from typing import Any

from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from collectors import selectors
from collectors.databases import observed_alias
from collectors.ports import normal_port_name
from collectors.series import Row, Step, series_store
from compliance.services import load_policy
from compliance.web.line_ends import ends_of, own_ports
from compliance.web.traffic import PERIODS, traffic_of
from inventory.models import BoundInterface, RoleGrant
from kernel import writes
from kernel.models import Role, User
from tests.bench.city import build

TARGET_MS = 200
_LINES = 40
_TIMES = 5


def bench(ports: int = 10_000) -> dict[str, Any]:
    """Fills the databases, which it takes empty, and leaves them so.

    Every port has 35 days and the last 12 hours of hourly rates; those of the lines looked at have all that is kept: a
    year of days, 90 days of hours and of 5-minute rates for one line. What other ports have beyond that lies elsewhere
    in the index and costs a chart nothing.
    """
    started = time.perf_counter()
    now = timezone.now()
    load_policy(actor=None)
    city = build(_LINES, now)
    watched = [
        (device_id, normal_port_name(name))
        for device_id, name in BoundInterface.objects.values_list("interface__device_id", "interface__name")
    ]
    others = [(1_000_000 + n // 48, f"ge1/0/{n % 48 + 1}") for n in range(ports - len(watched))]
    line = city.lines[0]
    mine = [port.key for _side, port in own_ports(ends_of([line.pk])[line.pk])]
    rows = _fill(Step.DAY, [*watched, *others], now, dt.timedelta(days=35))
    rows += _fill(Step.HOUR, [*watched, *others], now, dt.timedelta(hours=12))
    rows += _fill(Step.DAY, watched, now, dt.timedelta(days=366))
    rows += _fill(Step.HOUR, watched, now, dt.timedelta(days=90))
    rows += _fill(Step.MINUTES_5, mine, now, dt.timedelta(days=90))
    filled = time.perf_counter() - started
    return {
        "ports": ports, "rows": rows, "fill_seconds": round(filled, 1), "target_ms": TARGET_MS,
        "charts": {period: _chart(line, period, now) for period in PERIODS},
        "daily_rates_30_days": _daily([*watched, *others]),
    }  # fmt: skip


def _fill(step: Step, keys: Sequence[selectors.PortKey], now: dt.datetime, length: dt.timedelta) -> int:
    starts = step.starts(now - length, now)

    def rows() -> Iterator[Row]:
        for start in starts:
            for device_id, port in keys:
                bps = 1_000_000 + (device_id * 7919 + int(start.timestamp()) // 300) % 90_000_000
                yield (device_id, port, start, bps, bps // 2, 2 * bps, bps, bps + 1, bps, 12, False)

    return series_store().write(step, rows(), now, keeps_existing=True)


def _chart(line: Any, period: str, now: dt.datetime) -> dict[str, Any]:
    """The figures of the chart alone, and of the request for the page that it stands on."""
    ports = own_ports(ends_of([line.pk])[line.pk])
    found, cpu = [], []
    with CaptureQueriesContext(connections[observed_alias()]) as asked:
        drawn = traffic_of(ports, period, 100, now)
    queries = len(asked)  # a request empties the log
    for _ in range(_TIMES):
        wall, spent = time.perf_counter(), time.process_time()
        traffic_of(ports, period, 100, now)
        cpu.append(time.process_time() - spent)
        found.append(time.perf_counter() - wall)
    assert drawn is not None
    client, url = _client(), reverse("circuits-circuit-detail", args=[line.pk])
    page = []
    for _ in range(_TIMES):
        spent = time.process_time()
        answer = client.get(url, {"traffic": period}, headers={"host": "127.0.0.1"})
        page.append(time.process_time() - spent)
        assert b"traffic-data" in answer.content
    figures = {
        "points": len(drawn.points), "queries": queries, "p95_of": drawn.p95.step.value if drawn.p95 else "",
        "chart_cpu_ms": _ms(cpu), "chart_ms": _ms(found), "page_cpu_ms": _ms(page),
    }  # fmt: skip
    return {**figures, "is_met": figures["chart_cpu_ms"] <= TARGET_MS}


def _ms(seconds: list[float]) -> float:
    return round(1000 * statistics.median(seconds), 1)


def _client() -> Client:
    user, is_new = User.objects.get_or_create(username="bench")
    if is_new:
        role = writes.save(Role(name="Bench", slug="bench", permissions=["*"]), actor=None)
        writes.save(RoleGrant(user=user, role=role), actor=None)
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def _daily(keys: Sequence[selectors.PortKey]) -> dict[str, Any]:
    today = timezone.localdate()
    spent = time.process_time()
    found = selectors.daily_rates(keys, today - dt.timedelta(days=30), today)
    return {
        "cpu_seconds": round(time.process_time() - spent, 2),
        "ports": len(found),
        "days": sum(map(len, found.values())),
    }
