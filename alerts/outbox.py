"""The outbox: notices become messages, messages are taken, sent and noted. All of it is in the database."""

from __future__ import annotations

import datetime as dt
import random
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from alerts.models import AlertChannel, Delivery, Notice
from kernel.leases import is_gone, new_owner

LEASE = dt.timedelta(minutes=2)  # longer than one message may take
BACK_OFF_S = (30, 60, 120, 300, 900, 1800, 3600, 3600, 7200, 14_400)
MOST_A_MINUTE: Mapping[str, int] = {AlertChannel.Kind.WECOM: 20, AlertChannel.Kind.DINGTALK: 20}
_MINUTE = dt.timedelta(minutes=1)


def _locked(rows: Any) -> Any:
    return rows.select_for_update(skip_locked=True) if connection.features.has_select_for_update_skip_locked else rows


def gather_messages(at: dt.datetime | None = None) -> int:
    """Notices of one channel and occasion that have waited long enough become one message; returns how many came."""
    at = at or timezone.now()
    with transaction.atomic():
        waiting: dict[tuple[int, str], list[Notice]] = defaultdict(list)
        for notice in _locked(Notice.objects.filter(delivery=None).order_by("pk")):
            waiting[notice.channel_id, notice.occasion].append(notice)
        channels = AlertChannel.objects.in_bulk({pk for pk, _occasion in waiting})
        made = 0
        for (channel_id, occasion), notices in waiting.items():
            channel = channels.get(channel_id)
            if channel is None:  # removed meanwhile: nobody is left to tell
                Notice.objects.filter(pk__in=[n.pk for n in notices]).delete()
                continue
            if min(n.due_at for n in notices) + dt.timedelta(seconds=channel.group_s) > at:
                continue
            message = new_message(channel, occasion, at)
            for start in range(0, len(notices), 500):
                part = [n.pk for n in notices[start : start + 500]]
                Notice.objects.filter(pk__in=part, delivery=None).update(delivery=message)
            made += 1
    return made


def new_message(channel: AlertChannel, occasion: str, at: dt.datetime) -> Delivery:
    return Delivery.objects.create(
        channel_id=channel.pk, channel_name=channel.name, occasion=occasion, created_at=at, next_try_at=at
    )


def take(at: dt.datetime | None = None, *, pk: int | None = None) -> Delivery | None:
    """The message due longest, held by the caller alone until its lease ends; None when nothing is due.

    What a killed process of this host held is free at once, what one elsewhere held when its lease is over.
    """
    at = at or timezone.now()
    owner = new_owner()
    _free_the_dead()
    free = Q(lease_until=None) | Q(lease_until__lte=at)
    wanted = Delivery.objects.filter(free, state__in=Delivery.WAITING)
    wanted = wanted.filter(pk=pk) if pk is not None else wanted.filter(next_try_at__lte=at)
    full: set[int] = set()
    while True:
        with transaction.atomic():
            found = _locked(wanted.exclude(channel_id__in=full).order_by("next_try_at", "pk")).first()
            if found is None:
                return None
            if _is_full(found.channel_id, at):
                full.add(found.channel_id)
                continue
            held = Delivery.objects.filter(free, pk=found.pk, state__in=Delivery.WAITING)
            if held.update(lease_owner=owner, lease_until=at + LEASE):
                return Delivery.objects.get(pk=found.pk)


def _free_the_dead() -> None:
    held = Delivery.objects.filter(state__in=Delivery.WAITING).exclude(lease_owner="").values_list("pk", "lease_owner")
    for pk, owner in held:
        if is_gone(owner):
            Delivery.objects.filter(pk=pk, lease_owner=owner).update(lease_owner="", lease_until=None)


def _is_full(channel_id: int, at: dt.datetime) -> bool:
    """Whether a robot has had as many messages within a minute as its maker allows."""
    kind = AlertChannel.objects.filter(pk=channel_id).values_list("kind", flat=True).first()
    most = MOST_A_MINUTE.get(kind or "")
    if most is None:
        return False
    lately = Q(sent_at__gt=at - _MINUTE) | Q(lease_until__gt=at)
    return Delivery.objects.filter(lately, channel_id=channel_id).count() >= most


def note_sent(message: Delivery, at: dt.datetime) -> bool:
    """False when the lease was lost meanwhile, and somebody else's word counts."""
    return _note(message, state=Delivery.State.SENT, sent_at=at, error={})


def note_failed(message: Delivery, at: dt.datetime, error: Mapping[str, Any], *, can_retry: bool, wait_s: int) -> bool:
    """Later again, twice as late each time or as the other side asked; given up in the end."""
    tries = message.attempts + 1
    if not can_retry or tries >= len(BACK_OFF_S):
        return _note(message, state=Delivery.State.GIVEN_UP, next_try_at=at, error=dict(error))
    pause_s = max(BACK_OFF_S[tries - 1] * random.uniform(0.9, 1.1), wait_s)
    return _note(
        message, state=Delivery.State.FAILED, next_try_at=at + dt.timedelta(seconds=pause_s), error=dict(error)
    )


def _note(message: Delivery, **values: Any) -> bool:
    held = Delivery.objects.filter(pk=message.pk, lease_owner=message.lease_owner)
    changed = held.update(**values, attempts=message.attempts + 1, lease_owner="", lease_until=None)
    message.refresh_from_db()
    return bool(changed)
