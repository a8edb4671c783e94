"""Puts the packages together at start-up: which specs there are, who fills the kernel's ports, what pages show."""

from __future__ import annotations

from dataclasses import replace

from django.utils.translation import gettext_lazy

import alerts.specs
import collectors.specs
import compliance.specs
import inventory.gates
import inventory.specs
import kernel.specs
from alerts.models import Alert, AlertChannel, AlertPolicy
from alerts.web.api import ALERT_API
from alerts.web.menu import ALERT_MENU, alerts_to_count
from alerts.web.panels import ALERT_PANELS, CHANNEL_PANELS, POLICY_PANELS
from compliance.models import Finding
from compliance.web.menu import MENU, freshness, menu_badges
from compliance.web.panels import CIRCUIT_PANELS, DEVICE_PANELS, FINDING_PANELS, LINE_CONTRACT_PANELS
from inventory.models import Circuit, Device, LineContract
from inventory.powers import powers_stay_apart
from inventory.selectors.grants import grants_of
from kernel.models import User
from kernel.ports import ports
from kernel.registry import registry
from kernel.spec import Panel
from kernel.web.accounts import first_password_action
from kernel.web.context import MenuGroup, MenuItem
from netops.operations.views import VIEW_SYSTEM

SPECS = (
    *kernel.specs.SPECS,
    *inventory.specs.SPECS,
    *collectors.specs.SPECS,
    *compliance.specs.SPECS,
    *alerts.specs.SPECS,
)


def assemble() -> None:
    registry.add(*SPECS)
    ports.grants_of = grants_of
    ports.gates = inventory.gates.GATES
    ports.invariants = (powers_stay_apart,)
    ports.menu_groups = tuple(map(_with_own_pages, (MENU[0], ALERT_MENU, *MENU[1:])))
    ports.menu_badges = lambda user: menu_badges(user, alerts_to_count(user))
    ports.freshness = freshness
    registry.of(User).panels = (Panel("", first_password_action),)
    registry.of(Circuit).panels = CIRCUIT_PANELS
    registry.of(Device).panels = DEVICE_PANELS
    registry.of(Finding).panels = FINDING_PANELS
    registry.of(LineContract).panels = LINE_CONTRACT_PANELS
    registry.of(Alert).panels = ALERT_PANELS
    registry.of(Alert).api_extra = ALERT_API
    registry.of(AlertChannel).panels = CHANNEL_PANELS
    registry.of(AlertPolicy).panels = POLICY_PANELS


def _with_own_pages(group: MenuGroup) -> MenuGroup:
    """Pages about the installation as a whole stand below administration."""
    if group.key != "administration":
        return group
    return replace(group, items=(*group.items, MenuItem(gettext_lazy("System state"), "system", "server", VIEW_SYSTEM)))
