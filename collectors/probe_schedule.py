"""Which probes are due, who holds them and until when. As in `collectors.schedule`, the queue only wakes workers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import connections, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from collectors.databases import observed_alias
from collectors.models import ProbeTarget
from collectors.probes import AskedProbe, asked_probes

LEASE = dt.timedelta(minutes=2)
_BATCH = 250
_COPIED = ("circuit_id", "network_id", "name", "kind", "target", "port")


@dataclass(frozen=True, slots=True)
class Claimed:
    """A probe that this worker alone may ask until the lease ends."""

    probe: AskedProbe
    next_due_at: dt.datetime


def sync_probes(now: dt.datetime | None = None) -> dict[str, int]:
    """Make the targets equal to the probes that the record lets us ask; returns how many came, changed and ended.

    What is forbidden stays in the list with the reason, so that somebody can be told.
    """
    now = now or timezone.now()
    wanted = {p.probe_id: p for p in asked_probes()}
    known = {t.probe_id: t for t in ProbeTarget.objects.all()}
    added = [_copied(ProbeTarget(probe_id=i, next_due_at=now), p) for i, p in wanted.items() if i not in known]
    changed = [_copied(known[i], p) for i, p in wanted.items() if i in known and _differs(known[i], p)]
    ended = [i for i, t in known.items() if t.is_asked and i not in wanted]
    for start in range(0, len(added), _BATCH):
        with transaction.atomic(using=observed_alias()):
            ProbeTarget.objects.bulk_create(added[start : start + _BATCH], ignore_conflicts=True)
    for start in range(0, len(changed), _BATCH):
        fields = [*_COPIED, "is_asked", "error_code", "error_values"]
        ProbeTarget.objects.bulk_update(changed[start : start + _BATCH], fields)
    for part in _parts(ended):
        part.update(is_asked=False, lease_owner="", lease_until=None)
    return {"added": len(added), "changed": len(changed), "ended": len(ended)}


def _copied(target: ProbeTarget, probe: AskedProbe) -> ProbeTarget:
    for name in _COPIED:
        setattr(target, name, getattr(probe, name))
    target.is_asked = probe.fault is None
    if probe.fault is not None:
        target.error_code, target.error_values = probe.fault.code, dict(probe.fault.values)
    return target


def _differs(target: ProbeTarget, probe: AskedProbe) -> bool:
    is_other = any(getattr(target, name) != getattr(probe, name) for name in _COPIED)
    return is_other or target.is_asked != (probe.fault is None)


def _parts(probe_ids: Sequence[int]) -> Iterable[QuerySet[ProbeTarget]]:
    for start in range(0, len(probe_ids), _BATCH):
        yield ProbeTarget.objects.filter(probe_id__in=probe_ids[start : start + _BATCH])


def claim(owner: str, limit: int, now: dt.datetime | None = None) -> list[Claimed]:
    """Take up to `limit` due probes, longest due first; each goes to one caller however many ask at once.

    The record is asked once more whether they may be asked; those that may not are dropped.
    """
    now = now or timezone.now()
    free = Q(lease_until=None) | Q(lease_until__lte=now)
    with transaction.atomic(using=observed_alias()):
        rows = ProbeTarget.objects.filter(free, is_asked=True, next_due_at__lte=now).order_by("next_due_at", "id")
        if connections[observed_alias()].features.has_select_for_update_skip_locked:
            rows = rows.select_for_update(skip_locked=True)
        pks = list(rows.values_list("pk", flat=True)[:limit])
        # The condition is asked again: on SQLite nothing was locked by reading.
        ProbeTarget.objects.filter(free, pk__in=pks).update(lease_owner=owner, lease_until=now + LEASE)
    taken = ProbeTarget.objects.filter(pk__in=pks, lease_owner=owner).order_by("next_due_at", "id")
    held = list(taken.values_list("probe_id", "next_due_at"))
    allowed = {p.probe_id: p for p in asked_probes(i for i, _due in held) if p.fault is None} if held else {}
    for part in _parts([i for i, _due in held if i not in allowed]):
        part.update(is_asked=False, lease_owner="", lease_until=None)
    return [Claimed(allowed[i], due) for i, due in held if i in allowed]


def release(owner: str) -> int:
    """Give back what the owner took and didn't finish, unchanged."""
    return ProbeTarget.objects.filter(lease_owner=owner).update(lease_owner="", lease_until=None)
