"""What people do to an alert: they say that somebody is on it."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from alerts.models import Alert
from kernel import policy
from kernel.errors import OutOfScope, ProductError
from kernel.models import ChangeRecord
from kernel.pictures import change, current_request, picture
from kernel.registry import registry

ACKNOWLEDGE = "alerts.acknowledge"
LONGEST_NOTE = 500
LONGEST_HOURS = 30 * 24


class NotOpen(ProductError):
    code = "alert_over"
    status = 409


class NoteMissing(ProductError):
    code = "note_missing"


def may_acknowledge(user: Any, alert: Alert) -> bool:
    condition = policy.scope_filter(user, ACKNOWLEDGE, registry.of(Alert).scope)
    return condition is None or Alert.objects.filter(condition, pk=alert.pk).exists()


def acknowledge(alert: Alert, *, actor: Any, note: str, hours: int | None) -> Alert:
    """Stops repetition and escalation, for so many hours or until it is over. `hours` None is until it is over.

    Raises NoteMissing, NotOpen for an alert that is over, OutOfScope when it isn't the actor's.
    """
    note = note.replace("\x00", "").strip()[:LONGEST_NOTE]
    if not note:
        raise NoteMissing(_("Say in the note who does what; others read it."))
    if hours is not None and not 1 <= hours <= LONGEST_HOURS:
        raise NoteMissing(_("Give 1 to %(count)d hours.") % {"count": LONGEST_HOURS})
    if not may_acknowledge(actor, alert):
        raise OutOfScope(_("This alert is not yours to acknowledge."))
    at = timezone.now()
    return _changed(alert, actor, note, acknowledged_by=actor.get_full_name()[:150], acknowledged_at=at,
                    acknowledged_until=None if hours is None else at + dt.timedelta(hours=hours),
                    acknowledged_note=note)  # fmt: skip


def withdraw(alert: Alert, *, actor: Any) -> Alert:
    """Nobody is on it any more: it fires again, and who was told is told again."""
    if not may_acknowledge(actor, alert):
        raise OutOfScope(_("This alert is not yours to acknowledge."))
    return _changed(alert, actor, _("Acknowledgement withdrawn"), acknowledged_at=None, acknowledged_until=None)


def _changed(alert: Alert, actor: Any, reason: str, **values: Any) -> Alert:
    with transaction.atomic():
        row = Alert.objects.select_for_update().get(pk=alert.pk)
        if not row.is_open:
            raise NotOpen(_("This alert is over already."))
        before = picture(row)
        for name, value in values.items():
            setattr(row, name, value)
        if row.state in (Alert.State.FIRING, Alert.State.ACKNOWLEDGED) and row.acknowledged_at is not None:
            row.state = Alert.State.ACKNOWLEDGED  # withdrawn, the next evaluation fires it
            values["state"] = row.state
        row.save(update_fields=list(values))
        ChangeRecord.objects.bulk_create([
            change(registry.of(row), row, action=ChangeRecord.Action.UPDATE, before=before, after=picture(row),
                   actor=actor, reason=reason, scope=(row.org_id, row.area_path), at=timezone.now(),
                   request_id=current_request.get() or uuid.uuid4())
        ])  # fmt: skip
    return row
