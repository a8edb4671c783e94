"""Evaluating and sending by the clock, in a queue of their own: a poll of a dying network must not hold them up."""

from __future__ import annotations

import datetime as dt
import logging
from typing import Any

from celery import shared_task
from django.utils import timezone

from alerts.evaluation import evaluate
from alerts.leases import AlreadyEvaluating
from alerts.models import Alert, Delivery
from alerts.sending import send_due

log = logging.getLogger(__name__)
QUEUE = "alerts"
EVERY_S = 60.0
SEND_EVERY_S = 10.0
KEPT = dt.timedelta(days=400)


@shared_task(name="alerts.evaluate", soft_time_limit=240, time_limit=280)  # type: ignore[untyped-decorator]  # celery
def evaluate_alerts() -> None:
    try:
        evaluate()
    except AlreadyEvaluating:
        log.info("Alerts are being evaluated; this run is not needed.")


@shared_task(name="alerts.send", soft_time_limit=90, time_limit=110)  # type: ignore[untyped-decorator]  # celery
def send_messages() -> int:
    return send_due()


@shared_task(name="alerts.forget", soft_time_limit=120, time_limit=150)  # type: ignore[untyped-decorator]  # celery
def forget() -> None:
    """Alerts that were over, and messages that were done, long ago."""
    before = timezone.now() - KEPT
    Alert.objects.filter(resolved_at__lt=before).delete()
    Delivery.objects.filter(created_at__lt=before).exclude(state__in=Delivery.WAITING).delete()


BEAT: dict[str, dict[str, Any]] = {
    "alerts-evaluate": {
        "task": "alerts.evaluate", "schedule": EVERY_S, "options": {"expires": EVERY_S, "queue": QUEUE},
    },
    "alerts-send": {
        "task": "alerts.send", "schedule": SEND_EVERY_S, "options": {"expires": SEND_EVERY_S, "queue": QUEUE},
    },
    "alerts-forget": {"task": "alerts.forget", "schedule": 86_400.0, "options": {"queue": QUEUE}},
}  # fmt: skip
