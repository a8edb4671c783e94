"""Old rows are deleted so that nobody notices: a few at a time, with a pause for whoever waits to write."""

from __future__ import annotations

import datetime as dt
import time
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from collectors.databases import observed_alias
from collectors.models import (
    CollectorRun,
    PortRate5m,
    PortRateDay,
    PortRateHour,
    PortSample,
    ProbeDay,
    ProbeHour,
    ProbeState,
)

_BATCH = 250
# SQLite's waiting writers look again every few milliseconds: without a pause they would find it taken each time.
_PAUSE_S = 0.02
LIMIT_S = 900.0
KEEP_PROBE_DAYS = dt.timedelta(days=5 * 366)  # as long as a contract is argued about


def clean_up(now: dt.datetime | None = None, *, limit_s: float = LIMIT_S) -> dict[str, int]:
    """Delete what is older than its keep, in transactions of 250 rows; returns the rows deleted by kind.

    Ends after `limit_s`; the next run goes on with what is left. What VictoriaMetrics holds it deletes by itself.
    """
    now = now or timezone.now()
    ends_at = time.monotonic() + limit_s
    return {name: _delete(model, field, now - keep, ends_at) for name, model, field, keep in _kept()}


def _kept() -> list[tuple[str, type[models.Model], str, dt.timedelta]]:
    kept: list[tuple[str, type[models.Model], str, dt.timedelta]] = [
        ("raw", PortSample, "at", dt.timedelta(hours=settings.KEEP_RAW_HOURS)),
        ("5m", PortRate5m, "start", dt.timedelta(days=settings.KEEP_5M_DAYS)),
        ("hour", PortRateHour, "start", dt.timedelta(days=settings.KEEP_HOUR_DAYS)),
        ("probe_hours", ProbeHour, "start", dt.timedelta(days=settings.KEEP_HOUR_DAYS)),
        ("probe_days", ProbeDay, "start", KEEP_PROBE_DAYS),
        ("probe_states", ProbeState, "ended_at", KEEP_PROBE_DAYS),
        ("runs", CollectorRun, "started_at", dt.timedelta(days=settings.KEEP_RUN_DAYS)),
    ]
    if settings.KEEP_DAY_DAYS:
        kept.append(("day", PortRateDay, "start", dt.timedelta(days=settings.KEEP_DAY_DAYS)))
    return kept


def _delete(model: type[models.Model], field: str, before: dt.datetime, ends_at: float) -> int:
    rows: models.QuerySet[Any] = model._default_manager.filter(**{f"{field}__lt": before})
    deleted = 0
    while time.monotonic() < ends_at:
        # In the order of the index on the instant: by key each batch would pass over all rows that stay.
        pks = list(rows.order_by(field, "pk").values_list("pk", flat=True)[:_BATCH])
        if pks:
            with transaction.atomic(using=observed_alias()):
                deleted += model._default_manager.filter(pk__in=pks).delete()[0]
        if len(pks) < _BATCH:
            break
        time.sleep(_PAUSE_S)
    return deleted
