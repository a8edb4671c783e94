"""Who may do what, and to which rows. Pages, API, exports and search all ask here and nowhere else."""

from __future__ import annotations

from collections.abc import Collection
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from kernel.errors import OutOfScope
from kernel.ports import Grant, ports
from kernel.spec import PUBLIC, Scope, Spec

if TYPE_CHECKING:
    from kernel.models import Role

ACTIONS = ("view", "add", "change", "delete")


def _grants(user: Any) -> tuple[Grant, ...]:
    """A user's grants, read once per request (the user object lives as long)."""
    if not getattr(user, "is_authenticated", False) or not user.is_active:
        return ()
    cached = getattr(user, "_grants_cache", None)
    if cached is None:
        cached = user._grants_cache = tuple(ports.grants_of(user))
    return cached  # type: ignore[no-any-return]  # kept on the user object, which doesn't declare it


def role_permits(role: Role, permission: str) -> bool:
    return any(fnmatchcase(permission, pattern) for pattern in role.permissions)


def _matching(user: Any, permission: str) -> list[Grant]:
    return [g for g in _grants(user) if role_permits(g.role, permission)]


def has_permission(user: Any, permission: str) -> bool:
    """`permission` is `section.action_model`, or a power of its own such as `compliance.judge`."""
    return bool(_matching(user, permission))


def can(user: Any, action: str, spec: Spec) -> bool:
    """What belongs to no department and no division is everybody's to see and only the city's to change."""
    grants = _matching(user, spec.permission(action))
    if action != "view" and spec.scope == PUBLIC:
        return any(g.is_unscoped for g in grants)
    return bool(grants)


def roles_of(user: Any) -> list[Any]:
    return [g.role for g in _grants(user)]


def is_restricted(user: Any) -> bool:
    """True when every grant of the user is bound to an organisation or a division."""
    grants = _grants(user)
    return bool(grants) and not any(g.is_unscoped for g in grants)


def own_org_ids(user: Any) -> set[int]:
    return {g.org_id for g in _grants(user) if g.org_id is not None}


def _covers(grant: Grant, scope: Scope) -> Q:
    """Rows within one grant. A row whose model has no such path is out of a grant that needs it."""
    condition = Q()
    if grant.org_id is not None:
        if not scope.org:
            return Q(pk__in=[])
        condition &= Q(**{scope.org: grant.org_id})
    if grant.area_path is not None:
        if not scope.area:
            return Q(pk__in=[])
        condition &= Q(**{f"{scope.area}__startswith": grant.area_path})
    return condition


def scope_filter(user: Any, permission: str, scope: Scope) -> Q | None:
    """The condition rows must meet, None for "all of them"; impossible for somebody without the permission."""
    grants = _matching(user, permission)
    if not grants:
        return Q(pk__in=[])
    if any(g.is_unscoped for g in grants):
        return None
    if scope == PUBLIC:
        return None if permission.partition(".")[2].startswith("view_") else Q(pk__in=[])
    condition = Q()
    for grant in grants:
        condition |= _covers(grant, scope)
    return condition


def visible(user: Any, spec: Spec, rows: QuerySet[Any] | None = None, action: str = "view") -> QuerySet[Any]:
    """The rows of a model on which the user may do `action`: the one filter that every door shares."""
    rows = spec.queryset() if rows is None else rows
    condition = scope_filter(user, spec.permission(action), spec.scope)
    return rows if condition is None else rows.filter(condition)


def require_in_scope(user: Any, action: str, spec: Spec, pks: Collection[int]) -> None:
    """Refuse unless each of the rows, as stored now, lies where the user may do `action`."""
    condition = scope_filter(user, spec.permission(action), spec.scope)
    if condition is None:
        return
    allowed = 0
    known = list(pks)
    for start in range(0, len(known), 500):
        allowed += spec.model._base_manager.filter(condition, pk__in=known[start : start + 500]).count()
    if allowed != len(set(known)):
        raise OutOfScope(_("Some of these rows are not yours to change; nothing was written."))
