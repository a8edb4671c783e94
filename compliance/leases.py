"""One judge at a time: two at once would both open the same finding."""

from __future__ import annotations

import datetime as dt
from contextlib import AbstractContextManager

from django.utils.translation import gettext as _

from compliance.errors import AlreadyJudging
from compliance.models import JudgeLease
from kernel.leases import held

LEASE = dt.timedelta(minutes=10)


def judging(wait_s: float) -> AbstractContextManager[None]:
    """Hold the lease; raises AlreadyJudging when another judge keeps it longer than `wait_s`."""
    return held(JudgeLease, length=LEASE, wait_s=wait_s, busy=_busy)


def _busy() -> AlreadyJudging:
    return AlreadyJudging(_("Another run is judging just now; wait a minute and try again."))
