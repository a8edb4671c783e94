"""The main menu, its counts, and how old each network's readings are: what the shell asks for on every page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Count, QuerySet, Subquery, Value
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from collectors.selectors import data_age
from compliance.models import Finding
from compliance.web.boards import VIEW_BOARD
from compliance.web.contracts import VIEW_CONTRACTS, renewals_count
from inventory.models import Circuit, Network
from kernel import policy
from kernel.models import User
from kernel.registry import registry
from kernel.templatetags.ui import relative_text
from kernel.web.context import MenuGroup, MenuItem

MENU: tuple[MenuGroup, ...] = (
    MenuGroup("overview", "", (MenuItem(gettext_lazy("Overview"), "home", "layout-dashboard"),)),
    MenuGroup(
        "lines",
        gettext_lazy("Lines"),
        (
            MenuItem(gettext_lazy("Line audit"), "board", "list-check", VIEW_BOARD, "finding_lines", True),
            MenuItem(gettext_lazy("Rings and topology"), "rings", "topology-ring-2", "network.view_ring"),
            MenuItem(gettext_lazy("Costs"), "costs", "coin", VIEW_BOARD),
            MenuItem(gettext_lazy("Contract renewals"), "renewals", "calendar-event", VIEW_CONTRACTS, "renewals", True),
            MenuItem(gettext_lazy("Fee deductions"), "deductions", "coin", "network.view_linecontract"),
        ),
    ),
    MenuGroup(
        "facilities",
        gettext_lazy("Facilities"),
        (MenuItem(gettext_lazy("Device states"), "device-states", "activity", "dcim.view_device"),),
    ),
    MenuGroup(
        "organisation",
        gettext_lazy("Organisation"),
        (MenuItem(gettext_lazy("Coverage"), "coverage", "hierarchy", "tenancy.view_tenant"),),
        is_for_staff=True,
    ),
    MenuGroup(
        "rules",
        gettext_lazy("Rules and findings"),
        (
            MenuItem(gettext_lazy("Findings"), "findings", "flag", "compliance.view_finding", "findings"),
            MenuItem(gettext_lazy("Rules and clauses"), "rules", "gavel", "compliance.view_rule"),
        ),
    ),
    MenuGroup("details", gettext_lazy("Line details"), icon="link", is_folded=True),
    MenuGroup("basics", gettext_lazy("Basic data"), icon="stack-2", is_folded=True),
    MenuGroup(
        "administration",
        gettext_lazy("Administration"),
        (
            MenuItem(gettext_lazy("Roles and powers"), "roles", "shield-check", "users.view_role"),
            MenuItem(gettext_lazy("Change trail"), "changes", "history", "core.view_changerecord"),
        ),
    ),
)


def menu_badges(user: Any, more: Mapping[str, QuerySet[Any]] | None = None) -> dict[str, int]:
    """Lines with a finding, open findings, contracts to renew, and the rows that higher packages count. Two queries."""
    counted: dict[str, QuerySet[Any]] = dict(more or {})
    if policy.has_permission(user, VIEW_BOARD):
        lines = policy.visible(user, registry.of(Circuit), Circuit.objects.all())
        counted["finding_lines"] = lines.filter(line_verdict__verdict="FINDING")
    spec = registry.of(Finding)
    if policy.can(user, "view", spec):
        counted["findings"] = policy.visible(user, spec, Finding.objects.all()).filter(state="open")
    badges = {"renewals": renewals_count(user), **_counts(user, counted)}
    return {name: count for name, count in badges.items() if count}


def _counts(user: Any, counted: Mapping[str, QuerySet[Any]]) -> dict[str, int]:
    """Every page asks for them, so all are counted in one query."""
    if not counted:
        return {}
    columns = {
        f"n_{name}": Subquery(rows.order_by().values(one=Value(1)).annotate(n=Count("pk")).values("n")[:1])
        for name, rows in counted.items()
    }
    found: Mapping[str, Any] = User.objects.filter(pk=user.pk).values(**columns).first() or {}
    return {name: found.get(f"n_{name}") or 0 for name in counted}


def freshness(user: Any) -> list[dict[str, Any]]:
    """How old the readings of each polled network are. Two queries."""
    if not policy.can(user, "view", registry.of(Network)):
        return []
    age = data_age()
    now = timezone.now()
    found = []
    for network in Network.objects.filter(poll_allowed=True).order_by("pk"):
        read = age.get(network.pk)
        if read is None:
            continue
        if read.newest_at is None or read.age_s is None:
            found.append({"label": network.name, "text": _("never read"), "level": "unknown"})
            continue
        level = "ok" if read.age_s <= network.data_age_limit_min * 60 else "warn"
        found.append({"label": network.name, "text": relative_text(read.newest_at, now), "level": level})
    return found
