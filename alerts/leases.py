"""One evaluation at a time, and an evaluation that was killed holds nobody up; the same for a message being sent."""

from __future__ import annotations

import datetime as dt
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from alerts.models import EvaluationLease
from kernel.errors import ProductError

LEASE = dt.timedelta(minutes=5)
_ROW = 1
_PAUSE_S = 0.1


class AlreadyEvaluating(ProductError):
    code = "already_evaluating"


def new_owner() -> str:
    """Unique to one piece of work of one process."""
    return f"{socket.gethostname()[:60]}:{os.getpid()}:{time.monotonic_ns()}"


def is_gone(owner: str) -> bool:
    """A process of this very host that no longer runs. Of other hosts only the lease's end is known."""
    host, pid, _started = owner.rsplit(":", 2)
    is_here = host == socket.gethostname()[:60] and Path("/proc/self").exists()
    return is_here and not Path(f"/proc/{pid}").exists()


@contextmanager
def evaluating(wait_s: float) -> Iterator[None]:
    """Hold the lease; raises AlreadyEvaluating when another evaluation keeps it longer than `wait_s`."""
    owner = new_owner()
    give_up = time.monotonic() + wait_s
    while not _taken(owner):
        if time.monotonic() >= give_up:
            raise AlreadyEvaluating(_("Alerts are being evaluated just now; wait a minute and try again."))
        time.sleep(_PAUSE_S)
    try:
        yield
    finally:
        EvaluationLease.objects.filter(owner=owner).update(owner="")


def _taken(owner: str) -> bool:
    now = timezone.now()
    free = EvaluationLease.objects.filter(Q(owner="") | Q(until__lt=now), pk=_ROW)
    if free.update(owner=owner, until=now + LEASE):
        return True
    _row, is_new = EvaluationLease.objects.get_or_create(pk=_ROW, defaults={"owner": owner, "until": now + LEASE})
    if is_new:
        return True
    holder = EvaluationLease.objects.get(pk=_ROW).owner
    if not holder or not is_gone(holder):
        return False
    # Only whoever still reads the dead owner's name there gets it.
    return bool(EvaluationLease.objects.filter(pk=_ROW, owner=holder).update(owner=owner, until=now + LEASE))
