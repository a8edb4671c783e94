"""What Celery runs. A task may run twice or be lost: the next tick finds in the database what is still due."""

from __future__ import annotations

import time
from typing import Any

from celery import shared_task
from django.conf import settings

from collectors import polls, probe_rounds, probe_schedule, retention, rollups, schedule

SHARD = 200
PASS_S = 240  # a worker goes on claiming shards so long, below the lease of the last one
TICK_S = 10
PROBES_AT_ONCE = 500
PROBING_S = 30  # below the lease, so that a worker of one process goes back to its polls

BEAT: dict[str, dict[str, Any]] = {
    "collectors-sync": {"task": "collectors.sync_targets", "schedule": 60.0, "options": {"expires": 60}},
    "collectors-poll": {"task": "collectors.poll_due", "schedule": float(TICK_S), "options": {"expires": TICK_S}},
    "collectors-probes": {"task": "collectors.probe_due", "schedule": float(TICK_S), "options": {"expires": TICK_S}},
    "collectors-rates": {"task": "collectors.roll_up", "schedule": 300.0, "options": {"expires": 300}},
    "collectors-days": {
        "task": "collectors.roll_up", "schedule": 3600.0, "kwargs": {"with_days": True}, "options": {"expires": 3600},
    },
    "collectors-clean": {"task": "collectors.clean_up", "schedule": 3600.0, "options": {"expires": 3600}},
}  # fmt: skip


@shared_task(name="collectors.sync_targets", soft_time_limit=60, time_limit=90)  # type: ignore[untyped-decorator]  # Celery has no types
def sync_targets() -> dict[str, int]:
    return schedule.sync_targets() | {f"probes_{name}": n for name, n in probe_schedule.sync_probes().items()}


@shared_task(name="collectors.poll_due", soft_time_limit=PASS_S + 150, time_limit=PASS_S + 180)  # type: ignore[untyped-decorator]  # Celery has no types
def poll_due(limit: int = SHARD) -> int:
    """Take due devices shard by shard until none is left; returns how many were asked."""
    until = time.monotonic() + PASS_S
    asked = 0
    while time.monotonic() < until:
        owner = polls.new_owner()
        claimed = schedule.claim(owner, limit)
        if not claimed:
            break
        try:
            polls.run_pass(claimed, owner, is_sample=settings.IS_SAMPLE)
        finally:
            schedule.release(owner)
        asked += len(claimed)
    return asked


@shared_task(name="collectors.probe_due", soft_time_limit=PROBING_S + 60, time_limit=PROBING_S + 75)  # type: ignore[untyped-decorator]  # Celery has no types
def probe_due(limit: int = PROBES_AT_ONCE) -> int:
    """Ask due probes until none is left; returns how many rounds there were."""
    until = time.monotonic() + PROBING_S
    asked = 0
    while time.monotonic() < until:
        owner = polls.new_owner()
        claimed = probe_schedule.claim(owner, limit)
        if not claimed:
            break
        try:
            probe_rounds.run_pass(claimed, owner, is_sample=settings.IS_SAMPLE)
        finally:
            probe_schedule.release(owner)
        asked += len(claimed)
    return asked


@shared_task(name="collectors.roll_up", soft_time_limit=280, time_limit=300)  # type: ignore[untyped-decorator]  # Celery has no types
def roll_up(with_days: bool = False) -> dict[str, int]:
    return rollups.roll_up(with_days=with_days)


@shared_task(name="collectors.clean_up", soft_time_limit=1800, time_limit=1860)  # type: ignore[untyped-decorator]  # Celery has no types
def clean_up() -> dict[str, int]:
    return retention.clean_up()
