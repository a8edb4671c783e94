"""How long the judge takes for a city: the first run writes everything, the next ones only what changed."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import Any

from django.db import connections, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from collectors.databases import observed_alias
from compliance.judge import judge
from compliance.services import load_policy
from tests.bench.city import build


def bench(lines: int = 5000, other_ports: int = 0) -> dict[str, Any]:
    """Fill the databases, judge twice and roll everything back. Take an empty database: the city's numbers are fixed.

    `seconds`, `cpu_seconds` and `queries` are the first run's, with every row new; `repeat_*` those of the next.
    """
    aliases = list(dict.fromkeys(("default", observed_alias())))
    with ExitStack() as stack:
        for alias in aliases:
            stack.enter_context(transaction.atomic(using=alias))
        started = time.perf_counter()
        load_policy(actor=None)
        build(lines, timezone.now(), other_ports)
        filled = time.perf_counter() - started
        first = _measured(aliases)
        repeat = _measured(aliases)
        for alias in aliases:
            transaction.set_rollback(True, using=alias)
    return {
        "lines": lines, "fill_seconds": round(filled, 2), **first,
        **{f"repeat_{name}": value for name, value in repeat.items()},
    }  # fmt: skip


def _measured(aliases: list[str]) -> dict[str, Any]:
    with ExitStack() as stack:
        captured = [stack.enter_context(CaptureQueriesContext(connections[alias])) for alias in aliases]
        wall, cpu = time.perf_counter(), time.process_time()
        report = judge()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {
        "seconds": round(wall, 2), "cpu_seconds": round(cpu, 2), "queries": sum(len(c) for c in captured),
        "counts": dict(report.counts), "opened": len(report.opened),
    }  # fmt: skip
