"""Racks. Where a device stands in one is on the device, as in NetBox."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from inventory.models.sites import Location, Site
from inventory.models.tenants import Tenant
from kernel.models import Recorded


class Rack(Recorded):
    class Status(models.TextChoices):
        RESERVED = "reserved", _("reserved")
        AVAILABLE = "available", _("available")
        PLANNED = "planned", _("planned")
        ACTIVE = "active", _("active")
        DEPRECATED = "deprecated", _("deprecated")

    name = models.CharField(_("name"), max_length=100)
    site = models.ForeignKey(Site, models.PROTECT, related_name="racks", verbose_name=_("site"))
    location = models.ForeignKey(Location, models.PROTECT, related_name="racks", verbose_name=_("room"))
    status = models.CharField(_("status"), max_length=20, choices=Status.choices, default=Status.ACTIVE)
    tenant = models.ForeignKey(
        Tenant, models.PROTECT, null=True, blank=True, related_name="racks", verbose_name=_("hosted for")
    )
    u_height = models.PositiveSmallIntegerField(
        _("height (U)"), default=42, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    power_limit_w = models.PositiveIntegerField(_("power limit (W)"), null=True, blank=True)
    description = models.CharField(_("description"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("rack")
        verbose_name_plural = _("racks")
        indexes = [models.Index(fields=["name"], name="rack_name")]
        constraints = [
            models.UniqueConstraint(
                fields=["location", "name"],
                name="rack_name_in_location",
                violation_error_message=_("This room has a rack of that name already; choose another name."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.location} | {self.name}"
