"""Judging by the clock. Whoever polls may also queue it right after a poll; two at once wait for one another."""

from __future__ import annotations

import datetime as dt
import logging
from typing import Any

from celery import shared_task
from django.utils import timezone

from compliance.errors import AlreadyJudging
from compliance.judge import judge
from compliance.models import JudgeRun

log = logging.getLogger(__name__)
RUNS_KEPT = dt.timedelta(days=30)
EVERY_S = 300


@shared_task(name="compliance.judge_all", soft_time_limit=240, time_limit=300)  # type: ignore[untyped-decorator]  # celery
def judge_all() -> None:
    try:
        judge(wait_s=60)
    except AlreadyJudging:
        log.info("Another run is judging; this one is not needed.")


@shared_task(name="compliance.forget_runs", soft_time_limit=60, time_limit=90)  # type: ignore[untyped-decorator]  # celery
def forget_runs() -> None:
    JudgeRun.objects.filter(ended_at__lt=timezone.now() - RUNS_KEPT).delete()


BEAT: dict[str, dict[str, Any]] = {
    "judge-all": {"task": "compliance.judge_all", "schedule": EVERY_S},
    "forget-judge-runs": {"task": "compliance.forget_runs", "schedule": 86_400},
}
