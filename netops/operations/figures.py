"""The figures of the installation, read from the databases by a fixed number of queries."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, connections
from django.db.models import Count, DurationField, ExpressionWrapper, F, Max, Q, Sum
from django.utils import timezone

from collectors.models import CollectorRun, Target
from compliance.models import Finding, JudgeRun
from inventory.models import Network
from kernel.models import ChangeRecord, SealEntry

WINDOW = dt.timedelta(hours=1)
_LOOK_BACK = dt.timedelta(days=2)


@dataclass(frozen=True)
class Reading:
    """One network's devices in one state."""

    network: str
    state: str
    devices: int
    due: int
    overdue: int
    newest_at: dt.datetime | None


@dataclass(frozen=True)
class Runs:
    """What the collectors did for one network within the last hour, and when they last ended."""

    network: str
    runs: int
    asked: int
    answered: int
    seconds: float
    last_end_at: dt.datetime | None


@dataclass(frozen=True)
class Figures:
    readings: list[Reading]
    runs: list[Runs]
    last_judged: JudgeRun | None
    findings: dict[tuple[str, str], int]
    """Open ones by rule and severity."""
    unsealed: int
    database_bytes: dict[str, int]


def figures(now: dt.datetime | None = None) -> Figures:
    """Seven queries on SQLite, eight on PostgreSQL, however much there is."""
    now = now or timezone.now()
    names = dict(Network.objects.values_list("pk", "slug"))
    found = (
        Finding.objects.filter(state=Finding.State.OPEN).values_list("rule__code", "severity").annotate(n=Count("id"))
    )
    return Figures(
        readings=_readings(names, now),
        runs=_runs(names, now),
        last_judged=JudgeRun.objects.order_by("-ended_at").first(),
        findings={(rule, severity): count for rule, severity, count in found.order_by("rule__code", "severity")},
        # Each seal is of one change; looking for changes without one would walk both tables.
        unsealed=max(0, ChangeRecord.objects.count() - SealEntry.objects.count()),
        database_bytes=_database_bytes(),
    )


def _readings(names: dict[int, str], now: dt.datetime) -> list[Reading]:
    """Overdue: due for longer than a whole poll interval, so somebody should have asked by now."""
    late = now - dt.timedelta(seconds=settings.POLL_INTERVAL_S)
    rows = Target.objects.filter(is_polled=True).values("network_id", "state").annotate(
        devices=Count("id"), due=Count("id", filter=Q(next_due_at__lte=now)),
        overdue=Count("id", filter=Q(next_due_at__lte=late)), newest_at=Max("last_ok_at"),
    )  # fmt: skip
    return [
        Reading(
            network=_named(names, row["network_id"]), state=row["state"], devices=row["devices"], due=row["due"],
            overdue=row["overdue"], newest_at=row["newest_at"],
        )
        for row in rows.order_by("network_id", "state")
    ]  # fmt: skip


def _runs(names: dict[int, str], now: dt.datetime) -> list[Runs]:
    lately = Q(started_at__gte=now - WINDOW)
    length = ExpressionWrapper(F("ended_at") - F("started_at"), output_field=DurationField())
    ended = CollectorRun.objects.filter(started_at__gte=now - _LOOK_BACK, ended_at__isnull=False)
    rows = ended.values("network_id").annotate(
        runs=Count("id", filter=lately), asked=Sum("asked", filter=lately), answered=Sum("answered", filter=lately),
        length=Sum(length, filter=lately), last_end_at=Max("ended_at"),
    )  # fmt: skip
    return [_run(names, row) for row in rows.order_by("network_id")]


def _run(names: dict[int, str], row: Mapping[str, Any]) -> Runs:
    return Runs(
        network=_named(names, row["network_id"]), runs=row["runs"], asked=row["asked"] or 0,
        answered=row["answered"] or 0, seconds=row["length"].total_seconds() if row["length"] else 0.0,
        last_end_at=row["last_end_at"],
    )  # fmt: skip


def _named(names: dict[int, str], network_id: int | None) -> str:
    """A network that is no longer on record keeps its number; devices without one are `none`."""
    return "none" if network_id is None else names.get(network_id, str(network_id))


def _database_bytes() -> dict[str, int]:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_database_size(current_database())")
            return {"default": int(cursor.fetchone()[0])}
    return {alias: _file_bytes(Path(str(connections[alias].settings_dict["NAME"]))) for alias in settings.DATABASES}


def _file_bytes(path: Path) -> int:
    files = (path, path.with_name(path.name + "-wal"))
    return sum(file.stat().st_size for file in files if file.exists())
