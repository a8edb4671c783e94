"""What the shell around every page shows: menu, data age, who is signed in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise, SimpleLazyObject
from django.utils.translation import gettext as _

from kernel import policy
from kernel.ports import ports
from kernel.registry import registry


@dataclass(frozen=True)
class MenuItem:
    """A menu entry beside those of the registered models. `badge` names a count that `ports.menu_badges` gives."""

    title: str | Promise
    route: str
    icon: str
    permission: str = ""  # empty: everybody who is signed in
    badge: str = ""
    is_hot: bool = False


@dataclass(frozen=True)
class MenuGroup:
    key: str
    title: str | Promise
    items: tuple[MenuItem, ...] = ()  # shown before the group's models
    icon: str = ""  # of a folded group
    is_folded: bool = False  # what is looked up now and then: one entry that opens
    is_for_staff: bool = False  # left out of the departments' one row


def _menu(request: HttpRequest) -> list[dict[str, Any]]:
    user = request.user
    badges = ports.menu_badges(user) if ports.menu_badges else {}
    groups = []
    for group in ports.menu_groups:
        items = []
        for item in group.items:
            if item.permission and not policy.has_permission(user, item.permission):
                continue
            items.append(
                _entry(request, item.title, reverse(item.route), item.icon, badges.get(item.badge), item.is_hot)
            )
        for spec in registry.all():
            if spec.menu == group.key and policy.can(user, "view", spec):
                items.append(_entry(request, spec.title, reverse(f"{spec.route}-list"), spec.icon, None, False))
        if items:
            groups.append(
                {
                    "title": group.title,
                    "items": items,
                    "icon": group.icon,
                    "folded": group.is_folded,
                    "in_hall": not (group.is_folded or group.is_for_staff),
                    "active": any(item["active"] for item in items),
                }
            )
    return groups


def _entry(request: HttpRequest, title: Any, url: str, icon: str, badge: Any, is_hot: bool) -> dict[str, Any]:
    active = request.path == url if url == "/" else request.path.startswith(url)
    return {"title": title, "url": url, "icon": icon, "active": active, "badge": badge, "hot": is_hot and bool(badge)}


def shell(request: HttpRequest) -> dict[str, Any]:
    """Evaluated only by pages that have the shell: an error page or the log-in costs no query for it."""
    context: dict[str, Any] = {"site_name": settings.CITY_NAME, "is_sample": settings.IS_SAMPLE}
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return context
    context["menu"] = SimpleLazyObject(lambda: _menu(request))
    if ports.freshness is not None:
        freshness = ports.freshness
        context["freshness"] = SimpleLazyObject(lambda: freshness(user))
    context["user_role"] = ", ".join(sorted({str(role) for role in policy.roles_of(user)}))
    context["me_links"] = [{"title": _("My account"), "url": reverse("account"), "icon": "user"}]
    context["density"] = request.COOKIES.get("density", "default")
    return context
