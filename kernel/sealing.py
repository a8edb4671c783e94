"""The sealer: chains change records by digest, in batches, after they are committed."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from kernel.models import ChangeRecord, SealEntry


@dataclass(frozen=True)
class SealReport:
    checked: int
    unsealed: int
    broken_at: int | None  # the change record whose content no longer gives its digest

    @property
    def is_whole(self) -> bool:
        return self.broken_at is None


def seal_pending(limit: int = 2000) -> int:
    """Seal what is not sealed yet, oldest first; returns how many. Two sealers at once can't fork the chain:
    the second one fails on the unique change and leaves nothing."""
    with transaction.atomic():
        last = SealEntry.objects.select_for_update().order_by("-pk").first()
        digest = last.digest if last else ""
        entries = []
        for record in ChangeRecord.objects.filter(seal=None).order_by("pk")[:limit]:
            digest = SealEntry.chained(digest, record)
            entries.append(SealEntry(change=record, digest=digest))
        SealEntry.objects.bulk_create(entries, batch_size=250)
    return len(entries)


def verify() -> SealReport:
    """Walk the chain from its first link and recompute every digest."""
    digest, checked = "", 0
    for entry in SealEntry.objects.select_related("change").order_by("pk").iterator(chunk_size=1000):
        digest = SealEntry.chained(digest, entry.change)
        if digest != entry.digest:
            return SealReport(checked, ChangeRecord.objects.filter(seal=None).count(), entry.change_id)
        checked += 1
    return SealReport(checked, ChangeRecord.objects.filter(seal=None).count(), None)
