from __future__ import annotations

import datetime as dt

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from inventory.models.regions import Region
from inventory.models.tenants import Tenant
from kernel.models import Recorded, Role, User


def _today() -> dt.date:
    return timezone.localdate()


class RoleGrant(Recorded):
    """One role held by one account: over everything, one department, a division and all below it, or both."""

    user = models.ForeignKey(User, models.PROTECT, related_name="role_grants", verbose_name=_("account"))
    role = models.ForeignKey(Role, models.PROTECT, related_name="role_grants", verbose_name=_("role"))
    tenant = models.ForeignKey(
        Tenant,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="role_grants",
        verbose_name=_("department"),
        help_text=_("Only what belongs to this department. Empty: whatever the department."),
    )
    region = models.ForeignKey(
        Region,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="role_grants",
        verbose_name=_("administrative division"),
        help_text=_("Only what lies in this division, below it, or where it manages. Empty: everywhere."),
    )
    valid_from = models.DateField(_("valid from"), default=_today)
    valid_to = models.DateField(_("valid to"), null=True, blank=True, help_text=_("The last day. Empty: no end."))

    class Meta:
        verbose_name = _("role grant")
        verbose_name_plural = _("role grants")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(valid_to__gte=models.F("valid_from")),
                name="role_grant_dates_in_order",
                violation_error_message=_("Set “valid to” to the same day as “valid from” or a later one."),
            ),
        ]
        indexes = [models.Index(fields=["user", "valid_from"], name="role_grant_user_from")]

    def __str__(self) -> str:
        parts = (self.user.username, self.role, self.tenant, self.region)
        return " | ".join(str(part) for part in parts if part is not None)
