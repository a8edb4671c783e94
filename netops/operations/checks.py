"""Is the installation fit to work? Each check says in a sentence what it saw, and what to do when it isn't right."""

from __future__ import annotations

import datetime as dt
import logging
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from django.conf import settings
from django.db import DatabaseError, connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _
from kombu.exceptions import KombuError

from collectors.models import Target
from compliance.models import JudgeRun
from kernel.models import ChangeRecord
from netops.operations.heartbeats import LIMITS_S, SCHEDULE, WORKER, last_sign
from netops.operations.queue_lengths import queue_length

logger = logging.getLogger(__name__)
CLOCK_SLACK = dt.timedelta(minutes=5)


@dataclass(frozen=True)
class Check:
    name: str
    ok: bool
    text: str


def readiness() -> list[Check]:
    """All of them, also when the database is gone. Three short queries on each database at most."""
    checks: tuple[Callable[[], Check], ...] = (_database, _migrations, _queue, _disk, _schedule, _workers, _clock)
    return [check() for check in checks]


def is_ready(found: list[Check]) -> bool:
    return all(check.ok for check in found)


def _database() -> Check:
    try:
        for alias in settings.DATABASES:
            with connections[alias].cursor() as cursor:
                cursor.execute("SELECT 1")
    except DatabaseError as error:
        logger.warning("The database can't be reached: %s", error)
        return Check("database", False, _("The database can't be reached. See the web server's log for the reason."))
    return Check("database", True, _("The database answers."))


@lru_cache(maxsize=1)
def _known_migrations() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None).graph.nodes)


def _migrations() -> Check:
    try:
        pending = {
            key
            for alias in settings.DATABASES
            for key in _known_migrations() - set(MigrationRecorder(connections[alias]).applied_migrations())
        }
    except DatabaseError:
        return Check("migrations", False, _("Whether the tables are up to date can't be seen without the database."))
    if pending:
        said = {"count": len(pending)}
        return Check("migrations", False, _("%(count)d migrations are not applied: start the product anew.") % said)
    return Check("migrations", True, _("The tables are those of this release."))


def _queue() -> Check:
    try:
        said = {"count": queue_length()}
    except (OSError, KombuError) as error:
        logger.warning("The queue can't be reached: %s", error)
        return Check("queue", False, _("The queue can't be reached, so nothing is polled or judged."))
    return Check("queue", True, _("The queue answers; %(count)d tasks wait.") % said)


def _disk() -> Check:
    free_mb = shutil.disk_usage(settings.DATA_DIR).free // 1_000_000
    said = {"free": f"{free_mb / 1000:.1f}", "least": f"{settings.MIN_FREE_MB / 1000:.1f}"}
    if free_mb < settings.MIN_FREE_MB:
        text = _("The data folder's disk has %(free)s GB left, less than %(least)s GB: make room.")
        return Check("disk", False, text % said)
    return Check("disk", True, _("The data folder's disk has %(free)s GB left.") % said)


def _schedule() -> Check:
    return _alive(SCHEDULE, _("The schedule"))


def _workers() -> Check:
    return _alive(WORKER, _("A worker"))


def _alive(name: str, who: str) -> Check:
    """With the embedded queue both run on this machine; with another broker they may run where we can't see them."""
    seen = last_sign(name)
    if seen is None:
        if settings.CELERY_BROKER_URL == "filesystem://":
            return Check(name, False, _("%(who)s has not been seen yet.") % {"who": who})
        return Check(name, True, _("%(who)s is not expected on this machine.") % {"who": who})
    age_s = max(0.0, time.time() - seen)
    said = {"who": who, "seconds": round(age_s)}
    if age_s > LIMITS_S[name]:
        return Check(name, False, _("%(who)s was last seen %(seconds)d seconds ago: start the product anew.") % said)
    return Check(name, True, _("%(who)s was seen %(seconds)d seconds ago.") % said)


def _clock() -> Check:
    """A clock that was set back would write history before the present."""
    try:
        newest = [
            ChangeRecord.objects.aggregate(at=Max("at"))["at"],
            JudgeRun.objects.aggregate(at=Max("ended_at"))["at"],
            Target.objects.aggregate(at=Max("last_try_at"))["at"],
        ]
    except DatabaseError:
        return Check("clock", False, _("The clock can't be compared without the database."))
    ahead = max((at for at in newest if at is not None), default=timezone.now()) - timezone.now()
    if ahead > CLOCK_SLACK:
        said = {"minutes": round(ahead.total_seconds() / 60)}
        text = _("The newest record is %(minutes)d minutes ahead of this machine's clock: set the clock.")
        return Check("clock", False, text % said)
    return Check("clock", True, _("The clock is not behind the newest record."))
