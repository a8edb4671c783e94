"""One evaluation at a time: two at once would both open the same alert."""

from __future__ import annotations

import datetime as dt
from contextlib import AbstractContextManager

from django.utils.translation import gettext as _

from alerts.models import EvaluationLease
from kernel.errors import ProductError
from kernel.leases import held

LEASE = dt.timedelta(minutes=5)


class AlreadyEvaluating(ProductError):
    code = "already_evaluating"


def evaluating(wait_s: float) -> AbstractContextManager[None]:
    """Hold the lease; raises AlreadyEvaluating when another evaluation keeps it longer than `wait_s`."""
    return held(EvaluationLease, length=LEASE, wait_s=wait_s, busy=_busy)


def _busy() -> AlreadyEvaluating:
    return AlreadyEvaluating(_("Alerts are being evaluated just now; wait a minute and try again."))
