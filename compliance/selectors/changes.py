from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from compliance.models import VerdictChange
from inventory.models import Circuit, Ring
from kernel import policy
from kernel.registry import registry


def changes_on(user: Any, day: dt.date | None = None) -> QuerySet[VerdictChange]:
    """Verdicts of lines and rings that changed on a day (today), newest first."""
    start = timezone.make_aware(dt.datetime.combine(day or timezone.localdate(), dt.time.min))
    lines = policy.visible(user, registry.of(Circuit), Circuit.objects.all()).values("pk")
    rings = policy.visible(user, registry.of(Ring), Ring.objects.all()).values("pk")
    rows = VerdictChange.objects.filter(at__gte=start, at__lt=start + dt.timedelta(days=1), rule_code="")
    return (
        rows.filter(Q(circuit__in=lines) | Q(ring__in=rings))
        .select_related("circuit__tenant", "circuit__provider", "ring")
        .order_by("-at", "-pk")
    )
