"""Roles in words: what each may do, who holds it, and who holds the three powers that nobody holds together."""

from __future__ import annotations

from collections import defaultdict
from fnmatch import fnmatchcase
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory.models import RoleGrant
from kernel import policy
from kernel.models import Role
from kernel.registry import registry
from kernel.web.pages import SignedInView

_POWERS = (Role.Power.SYSTEM, Role.Power.SECURITY, Role.Power.AUDIT)
_SECTIONS = {
    "dcim": gettext_lazy("facilities and devices"),
    "ipam": gettext_lazy("addresses"),
    "circuits": gettext_lazy("lines"),
    "network": gettext_lazy("networks, rings and contracts"),
    "tenancy": gettext_lazy("departments"),
    "compliance": gettext_lazy("rules, findings and exemptions"),
    "alerts": gettext_lazy("alerts, policies and channels"),
    "collect": gettext_lazy("credentials and polling"),
    "users": gettext_lazy("accounts, roles and grants"),
    "core": gettext_lazy("change trail"),
    "virtualization": gettext_lazy("virtual machines"),
    "extras": gettext_lazy("tags and saved views"),
    "cloud": gettext_lazy("government cloud"),
}
_VERBS = {
    "view": gettext_lazy("see"),
    "add": gettext_lazy("add"),
    "change": gettext_lazy("change"),
    "delete": gettext_lazy("delete"),
}
_OWN = {
    "compliance.view_board": gettext_lazy("open the line audit"),
    "compliance.judge": gettext_lazy("have lines judged"),
    "collect.poll": gettext_lazy("have devices polled"),
    "alerts.acknowledge": gettext_lazy("acknowledge alerts"),
    "core.verify_trail": gettext_lazy("verify the seal of the change trail"),
    "extras.view_system": gettext_lazy("see the state of the system"),
    "core.view_changerecord": gettext_lazy("see the change trail"),
}


def in_words(patterns: list[str]) -> list[str]:
    """Permission patterns as sentences, one a section."""
    if "*" in patterns:
        return [_("Everything, everywhere")]
    found, by_section = [], defaultdict(lambda: defaultdict(list))  # type: ignore[var-annotated]  # filled below
    for pattern in patterns:
        if pattern in _OWN:
            found.append(str(_OWN[pattern]))
            continue
        section, _dot, action = pattern.partition(".")
        verb, _line, model = action.partition("_")
        by_section[section]["*" if action == "*" else verb].append(model or "*")
    sections = [_section(section, verbs) for section, verbs in by_section.items()]
    return [text[:1].upper() + text[1:] for text in (*sections, *found)]


def _section(section: str, verbs: dict[str, list[str]]) -> str:
    name = _("everything") if section == "*" else str(_SECTIONS.get(section, section))
    if "*" in verbs:
        return _("See, add, change and delete: %(what)s") % {"what": name}
    parts = []
    for verb, models in verbs.items():
        what = name if "*" in models else _(", ").join(_model(section, model) for model in models)
        parts.append(_("%(verb)s: %(what)s") % {"verb": _VERBS.get(verb, verb), "what": what})
    return "; ".join(parts)


def _model(section: str, model: str) -> str:
    spec = registry.by_type(f"{section}.{model}")
    if spec is not None:
        return spec.title.lower() if spec.title.isascii() and not spec.title.isupper() else spec.title
    return model


class RolesPage(SignedInView):
    permission = "users.view_role"

    def get(self, request: HttpRequest) -> HttpResponse:
        today = timezone.localdate()
        grants = (
            policy.visible(request.user, registry.of(RoleGrant), RoleGrant.objects.all())
            if policy.can(request.user, "view", registry.of(RoleGrant))
            else RoleGrant.objects.none()
        )
        holders: dict[int, list[Any]] = defaultdict(list)
        for grant in grants.select_related("user", "tenant", "region").order_by("user__username", "pk"):
            if (
                grant.valid_from <= today
                and (grant.valid_to is None or grant.valid_to >= today)
                and grant.user.is_active
            ):
                holders[grant.role_id].append(grant)
        spec = registry.of(Role)
        roles = policy.visible(request.user, spec, Role.objects.all()).order_by("pk")
        rows = [self._row(role, holders.get(role.pk, [])) for role in roles]
        powers = [
            {
                "power": power.label,
                "rows": [row for row in rows if row["role"].power == power],
                "holders": [h for row in rows if row["role"].power == power for h in row["holders"]],
            }
            for power in _POWERS
        ]
        return TemplateResponse(
            request,
            "compliance/roles.html",
            {
                "powers": powers,
                "rows": sorted(rows, key=lambda row: row["role"].power == Role.Power.NONE),
                "conflicts": _conflicts(powers),
                "add_url": reverse(f"{spec.route}-add") if policy.can(request.user, "add", spec) else "",
                "grants_url": reverse("users-rolegrant-list"),
            },
        )

    def _row(self, role: Role, grants: list[Any]) -> dict[str, Any]:
        return {
            "role": role,
            "url": reverse("users-role-detail", args=[role.pk]),
            "words": in_words(role.permissions),
            "holders": [
                {"name": g.user.get_full_name(), "username": g.user.username, "scope": _scope(g)} for g in grants
            ],
            "grants_url": f"{reverse('users-rolegrant-list')}?role_id={role.pk}",
            "may_write": any(not fnmatchcase(p.partition(".")[2], "view_*") for p in role.permissions),
        }


def _scope(grant: RoleGrant) -> str:
    parts = [part.name for part in (grant.tenant, grant.region) if part is not None]
    return " · ".join(parts) or _("the whole city")


def _conflicts(powers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Accounts that hold more than one of the three powers."""
    held: dict[str, list[str]] = defaultdict(list)
    for power in powers:
        for username in {holder["username"] for holder in power["holders"]}:
            held[username].append(str(power["power"]))
    return [{"username": name, "powers": found} for name, found in sorted(held.items()) if len(found) > 1]
