"""Announced work: what fails meanwhile is nobody's breach and nobody's alarm."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from inventory.models.circuits import Circuit
from inventory.models.devices import Device
from inventory.models.networks import Network
from inventory.models.providers import Provider
from inventory.models.regions import Region
from inventory.models.sites import Site
from kernel.models import Recorded


class MaintenanceWindow(Recorded):
    """Holds for what meets every condition given: a carrier's lines in one county, one device, a whole network."""

    CONDITIONS = ("circuit", "device", "site", "region", "provider", "network")

    name = models.CharField(_("name"), max_length=100)
    starts_at = models.DateTimeField(_("starts"))
    ends_at = models.DateTimeField(_("ends"))
    document_no = models.CharField(
        _("document number"), max_length=60, blank=True, help_text=_("Of the announcement or the ticket.")
    )
    circuit = models.ForeignKey(
        Circuit, models.PROTECT, null=True, blank=True, related_name="maintenance_windows", verbose_name=_("line")
    )
    device = models.ForeignKey(
        Device, models.PROTECT, null=True, blank=True, related_name="maintenance_windows", verbose_name=_("device")
    )
    site = models.ForeignKey(
        Site, models.PROTECT, null=True, blank=True, related_name="maintenance_windows", verbose_name=_("site")
    )
    region = models.ForeignKey(
        Region,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="maintenance_windows",
        verbose_name=_("administrative division"),
        help_text=_("With everything below it."),
    )
    provider = models.ForeignKey(
        Provider, models.PROTECT, null=True, blank=True, related_name="maintenance_windows", verbose_name=_("carrier")
    )
    network = models.ForeignKey(
        Network, models.PROTECT, null=True, blank=True, related_name="maintenance_windows", verbose_name=_("network")
    )
    description = models.CharField(_("description"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("maintenance window")
        verbose_name_plural = _("maintenance windows")
        constraints = [
            models.UniqueConstraint(
                fields=["name", "starts_at"],
                name="maintenance_window_once",
                violation_error_message=_("A window of that name starts at that time already."),
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="maintenance_window_in_order",
                violation_error_message=_("Set the end after the start."),
            ),
        ]
        indexes = [models.Index(fields=["ends_at", "starts_at"], name="maintenance_window_end")]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if not any(getattr(self, f"{name}_id") for name in self.CONDITIONS):
            raise ValidationError(
                _("Say what the work concerns: a line, a device, a site, a division, a carrier or a network.")
            )
