"""How far the network reaches: at the city by its departments, below it by its divisions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from inventory.models import Circuit, Region, Tenant
from inventory.models.code_lists import Tier
from kernel import policy
from kernel.registry import registry
from kernel.spec import Scope

TIERS = (Tier.CITY, Tier.COUNTY, Tier.TOWNSHIP, Tier.VILLAGE)
LEVELS: Mapping[str, int] = {
    Tier.COUNTY: Region.Level.COUNTY,
    Tier.TOWNSHIP: Region.Level.TOWNSHIP,
    Tier.VILLAGE: Region.Level.VILLAGE,
}


@dataclass(frozen=True, slots=True)
class TierCoverage:
    tier: Tier
    total: int
    connected: int

    @property
    def missing(self) -> int:
        return self.total - self.connected


def used_lines() -> QuerySet[Any]:
    return Circuit.objects.filter(status=Circuit.Status.ACTIVE)


def departments(user: Any) -> QuerySet[Any]:
    """The active departments that the user may see."""
    rows: QuerySet[Any] = policy.visible(user, registry.of(Tenant), Tenant.objects.filter(status=Tenant.Status.ACTIVE))
    return rows


def divisions(user: Any, tier: str) -> QuerySet[Any]:
    """The divisions of a tier below the city that are valid today, within the area that the user may see."""
    today = timezone.localdate()
    rows = Region.objects.filter(Q(valid_to=None) | Q(valid_to__gte=today), level=LEVELS[tier])
    condition = policy.scope_filter(user, registry.of(Tenant).permission("view"), Scope(area="path"))
    return rows if condition is None else rows.filter(condition)


def connected_divisions(tier: str) -> QuerySet[Any]:
    """Numbers of the divisions where a department of that tier has a line in use."""
    return used_lines().filter(tenant__tier=tier, tenant__region__isnull=False).order_by().values("tenant__region_id")


def coverage(user: Any) -> list[TierCoverage]:
    """Each tier that has anything to cover. Four queries."""
    if not policy.can(user, "view", registry.of(Tenant)):
        return []
    is_used = Q(pk__in=used_lines().filter(tenant__isnull=False).order_by().values("tenant_id"))
    found = []
    for tier in TIERS:
        if tier in LEVELS:
            rows, is_connected = divisions(user, tier), Q(pk__in=connected_divisions(tier))
        else:
            rows, is_connected = departments(user).filter(tier=tier), is_used
        counts = rows.order_by().aggregate(total=Count("pk"), connected=Count("pk", filter=is_connected))
        if counts["total"]:
            found.append(TierCoverage(tier, counts["total"], counts["connected"]))
    return found
