"""Signs of life of the schedule and the workers: files in the data folder whose time is the last sign."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from celery import signals
from django.conf import settings

SCHEDULE, WORKER = "schedule", "worker"
# The schedule sends something every five seconds; a worker may be busy with one task up to its limit of 7 minutes.
LIMITS_S = {SCHEDULE: 120.0, WORKER: 600.0}
_EVERY_S = 5.0
_last: dict[str, float] = {}


def last_sign(name: str) -> float | None:
    """Seconds since 1970, or None when there never was one in this data folder."""
    try:
        return _file(name).stat().st_mtime
    except OSError:
        return None


def give_sign(name: str) -> None:
    now = time.monotonic()
    if now - _last.get(name, -_EVERY_S) < _EVERY_S:
        return
    _last[name] = now
    file = _file(name)
    file.parent.mkdir(exist_ok=True)
    file.touch()


def watch_celery() -> None:
    """Called once by the Celery application; the signals come from Celery, whose processes these are."""
    signals.beat_init.connect(_schedule_starts, weak=False)
    for signal in (signals.worker_ready, signals.task_prerun, signals.task_postrun):
        signal.connect(_worker_lives, weak=False)


def _schedule_starts(**_said: Any) -> None:
    give_sign(SCHEDULE)
    # Only in the schedule's own process does sending a task mean that the schedule lives.
    signals.before_task_publish.connect(_schedule_lives, weak=False)


def _schedule_lives(**_said: Any) -> None:
    give_sign(SCHEDULE)


def _worker_lives(**_said: Any) -> None:
    give_sign(WORKER)


def _file(name: str) -> Path:
    return Path(settings.DATA_DIR) / "heartbeats" / name
