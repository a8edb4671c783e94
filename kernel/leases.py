"""One holder of a piece of work at a time, and one that was killed holds nobody up."""

from __future__ import annotations

import datetime as dt
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db.models import Q
from django.utils import timezone

from kernel.errors import ProductError

_ROW = 1
_PAUSE_S = 0.2
_HOST = 60  # of a host's name; the owner's column has room for the rest


def new_owner() -> str:
    """Unique to one piece of work of one process."""
    return f"{socket.gethostname()[:_HOST]}:{os.getpid()}:{time.monotonic_ns()}"


def is_gone(owner: str) -> bool:
    """A process of this very host that no longer runs. Of other hosts only the lease's end is known."""
    host, pid, _started = owner.rsplit(":", 2)
    is_here = host == socket.gethostname()[:_HOST] and Path("/proc/self").exists()
    return is_here and not Path(f"/proc/{pid}").exists()


@contextmanager
def held(model: Any, *, length: dt.timedelta, wait_s: float, busy: Callable[[], ProductError]) -> Iterator[None]:
    """Hold the one row (`owner`, `until`) of a lease's table; raises `busy()` when another keeps it beyond `wait_s`."""
    owner, rows = new_owner(), model._default_manager
    give_up = time.monotonic() + wait_s
    while not _taken(rows, owner, length):
        if time.monotonic() >= give_up:
            raise busy()
        time.sleep(_PAUSE_S)
    try:
        yield
    finally:
        rows.filter(owner=owner).update(owner="")


def _taken(rows: Any, owner: str, length: dt.timedelta) -> bool:
    now = timezone.now()
    mine = {"owner": owner, "until": now + length}
    if rows.filter(Q(owner="") | Q(until__lt=now), pk=_ROW).update(**mine):
        return True
    _row, is_new = rows.get_or_create(pk=_ROW, defaults=mine)
    if is_new:
        return True
    holder = rows.get(pk=_ROW).owner
    if not holder or not is_gone(holder):
        return False
    # Only whoever still reads the dead owner's name there gets it.
    return bool(rows.filter(pk=_ROW, owner=holder).update(**mine))
