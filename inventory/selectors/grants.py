from __future__ import annotations

from django.db.models import Q
from django.utils import timezone

from inventory.models import Region, RoleGrant
from kernel.models import User
from kernel.ports import Grant


def grants_of(user: User) -> list[Grant]:
    """What the account holds today, in two queries.

    A grant on a division also covers what that division, or one below it, manages elsewhere: one grant for each path.
    """
    today = timezone.localdate()
    rows = (
        RoleGrant.objects.filter(user_id=user.pk, valid_from__lte=today)
        .filter(Q(valid_to=None) | Q(valid_to__gte=today))
        .select_related("role", "region")
        .order_by("pk")
    )
    held = list(rows)
    managed = _managed_paths({row.region.path for row in held if row.region is not None})
    found = []
    for row in held:
        if row.region is None:
            found.append(Grant(row.role, row.tenant_id))
            continue
        paths = [row.region.path, *(path for manager, path in managed if manager.startswith(row.region.path))]
        found += [Grant(row.role, row.tenant_id, path) for path in dict.fromkeys(paths)]
    return found


def _managed_paths(paths: set[str]) -> list[tuple[str, str]]:
    """(path of the manager, path of what it manages) for managers in these subtrees."""
    if not paths:
        return []
    condition = Q()
    for path in paths:
        condition |= Q(managed_by__path__startswith=path)
    return list(Region.objects.filter(condition).order_by("path").values_list("managed_by__path", "path"))
