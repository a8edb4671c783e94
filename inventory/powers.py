"""The three powers stay apart: who runs the record, who gives rights and who audits are different people.

What a role can do is read off its permissions, not off its label: a role called business that may change grants is a
security role all the same. Looking is nobody's privilege; only the trail is the auditors' own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from inventory.models import RoleGrant
from kernel import policy
from kernel.models import Role, User
from kernel.registry import registry
from kernel.spec import Spec

_GIVING = tuple(
    f"users.{verb}_{model}" for verb in ("add", "change", "delete") for model in ("user", "role", "rolegrant")
)
_AUDITING = ("core.view_changerecord", "core.verify_trail")
_ACTING = ("collect.poll", "compliance.judge")


class Duty(StrEnum):
    ACTS = "acts"
    GIVES_RIGHTS = "gives rights"
    AUDITS = "audits"


_MAY_HOLD = {
    Role.Power.NONE: {Duty.ACTS},
    Role.Power.SYSTEM: {Duty.ACTS},
    Role.Power.SECURITY: {Duty.GIVES_RIGHTS},
    Role.Power.AUDIT: {Duty.AUDITS},
}


def duties(role: Role) -> set[Duty]:
    """What a role lets somebody do beyond looking."""
    found = set()
    if any(policy.role_permits(role, name) for name in _GIVING):
        found.add(Duty.GIVES_RIGHTS)
    if any(policy.role_permits(role, name) for name in _AUDITING):
        found.add(Duty.AUDITS)
    if any(policy.role_permits(role, name) for name in (*_ACTING, *_record_writes())):
        found.add(Duty.ACTS)
    return found


def _record_writes() -> Iterable[str]:
    for spec in registry.all():
        if spec.section != "users" and not spec.read_only:
            yield from (spec.permission(action) for action in ("add", "change", "delete"))


def powers_stay_apart(spec: Spec, rows: Sequence[Any]) -> None:
    """Asked after each write by a person, within its transaction. `rows` as they now are; empty after a deletion."""
    if spec.model not in (Role, RoleGrant, User):
        return
    if spec.model is Role:
        for role in rows:
            _refuse_mixed_role(role)
    grants = _standing_grants()
    touched = {row.user_id for row in rows} if spec.model is RoleGrant else set()
    if spec.model is Role:
        touched = set(grants.filter(role__in=[role.pk for role in rows]).values_list("user_id", flat=True))
    _refuse_two_powers(grants.filter(user__in=touched), spec)
    _require_somebody_who_gives_rights(grants, spec)


def _standing_grants() -> QuerySet[RoleGrant]:
    rows: QuerySet[RoleGrant] = RoleGrant.objects.filter(Q(valid_to=None) | Q(valid_to__gte=timezone.localdate()))
    return rows.select_related("role", "user")


def _refuse_mixed_role(role: Role) -> None:
    """A label says whose role it is; the permissions must not say more."""
    beyond = duties(role) - _MAY_HOLD[Role.Power(role.power)]
    if beyond:
        said = {
            Duty.ACTS: _("This role gives rights or audits, so it can't also change the record, poll or judge."),
            Duty.GIVES_RIGHTS: _("Only a role of security administration may change accounts, roles and grants."),
            Duty.AUDITS: _("Only a role of audit administration may open and verify the change trail."),
        }
        raise ValidationError({"permissions": [said[duty] for duty in sorted(beyond)]})


def _refuse_two_powers(grants: Iterable[RoleGrant], spec: Spec) -> None:
    held: dict[User, set[Duty]] = defaultdict(set)
    powers: dict[User, set[str]] = defaultdict(set)
    for grant in grants:
        held[grant.user] |= duties(grant.role)
        powers[grant.user] |= {grant.role.power} - {Role.Power.NONE}
    for user, of in held.items():
        if len(of) > 1 or len(powers[user]) > 1:
            message = _("%(name)s would then hold two of the three powers; end the other role first.")
            field = "role" if spec.model is RoleGrant else "permissions"
            raise ValidationError({field: [message % {"name": user.get_full_name()}]})


def _require_somebody_who_gives_rights(grants: QuerySet[RoleGrant], spec: Spec) -> None:
    today = timezone.localdate()
    for grant in grants.filter(user__is_active=True, valid_from__lte=today, tenant=None, region=None):
        if Duty.GIVES_RIGHTS in duties(grant.role):
            return
    raise ValidationError(_("Nobody could give rights any more: appoint another security administrator first."))
