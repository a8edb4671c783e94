"""One judge at a time, and a judge that was killed holds nobody up."""

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

from compliance.errors import AlreadyJudging
from compliance.models import JudgeLease

LEASE = dt.timedelta(minutes=10)
_ROW = 1
_PAUSE_S = 0.2


@contextmanager
def judging(wait_s: float) -> Iterator[None]:
    """Hold the lease; raises AlreadyJudging when another judge keeps it longer than `wait_s`."""
    owner = f"{socket.gethostname()}:{os.getpid()}:{time.monotonic_ns()}"
    give_up = time.monotonic() + wait_s
    while not _taken(owner):
        if time.monotonic() >= give_up:
            raise AlreadyJudging(_("Another run is judging just now; wait a minute and try again."))
        time.sleep(_PAUSE_S)
    try:
        yield
    finally:
        JudgeLease.objects.filter(owner=owner).update(owner="")


def _taken(owner: str) -> bool:
    now = timezone.now()
    free = JudgeLease.objects.filter(Q(owner="") | Q(until__lt=now), pk=_ROW)
    if free.update(owner=owner, until=now + LEASE):
        return True
    _row, is_new = JudgeLease.objects.get_or_create(pk=_ROW, defaults={"owner": owner, "until": now + LEASE})
    if is_new:
        return True
    holder = JudgeLease.objects.get(pk=_ROW).owner
    if not holder or not _is_gone(holder):
        return False
    # Only whoever still reads the dead owner's name there gets it.
    return bool(JudgeLease.objects.filter(pk=_ROW, owner=holder).update(owner=owner, until=now + LEASE))


def _is_gone(owner: str) -> bool:
    """A process of this very host that no longer runs. Of other hosts only the lease's end is known."""
    host, pid, _started = owner.rsplit(":", 2)
    return host == socket.gethostname() and Path("/proc/self").exists() and not Path(f"/proc/{pid}").exists()
