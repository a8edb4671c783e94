from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from compliance.models import Finding
from kernel import policy
from kernel.registry import registry


def open_findings(user: Any) -> QuerySet[Finding]:
    """The user's findings that wait for evidence, newest first."""
    rows = policy.visible(user, registry.of(Finding)).filter(state=Finding.State.OPEN)
    return rows.select_related("rule__clause", "circuit__provider", "ring", "tenant", "region").order_by(
        "-opened_at", "-pk"
    )
