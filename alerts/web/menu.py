"""The alerts' place in the menu, and how many nobody is on."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy

from alerts.models import Alert
from kernel import policy
from kernel.registry import registry
from kernel.web.context import MenuGroup, MenuItem

VIEW = "alerts.view_alert"
ALERT_MENU = MenuGroup(
    "alerts",
    gettext_lazy("Alerting"),
    (MenuItem(gettext_lazy("Alerts"), "alerts", "bell", VIEW, "alerts", True),),
    is_for_staff=True,
)


def alerts_to_count(user: Any) -> dict[str, QuerySet[Any]]:
    """Firing alerts that nobody has acknowledged, for the menu to count."""
    spec = registry.of(Alert)
    if not policy.can(user, "view", spec):
        return {}
    return {"alerts": policy.visible(user, spec, Alert.objects.all()).filter(state=Alert.State.FIRING)}
