"""Places: sites, and the rooms in them."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from inventory.models.regions import Region
from inventory.models.tenants import Tenant
from kernel.models import Recorded


class PlaceStatus(models.TextChoices):
    PLANNED = "planned", _("planned")
    STAGING = "staging", _("staging")
    ACTIVE = "active", _("active")
    DECOMMISSIONING = "decommissioning", _("decommissioning")
    RETIRED = "retired", _("retired")


class Site(Recorded):
    name = models.CharField(_("name"), max_length=100, unique=True)
    slug = models.SlugField(_("identifier"), max_length=100, unique=True, help_text=_("Letters, digits and hyphens."))
    status = models.CharField(_("status"), max_length=20, choices=PlaceStatus.choices, default=PlaceStatus.ACTIVE)
    region = models.ForeignKey(
        Region, models.PROTECT, null=True, blank=True, related_name="sites", verbose_name=_("administrative division")
    )
    tenant = models.ForeignKey(
        Tenant, models.PROTECT, null=True, blank=True, related_name="sites", verbose_name=_("department")
    )
    physical_address = models.CharField(_("address"), max_length=200, blank=True)
    latitude = models.DecimalField(
        _("latitude"),
        max_digits=8,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(-90), MaxValueValidator(90)],
    )
    longitude = models.DecimalField(
        _("longitude"),
        max_digits=9,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(-180), MaxValueValidator(180)],
    )
    description = models.CharField(_("description"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("site")
        verbose_name_plural = _("sites")
        indexes = [models.Index(fields=["status", "name"], name="site_status_name")]

    def __str__(self) -> str:
        return self.name


class Location(Recorded):
    """A room. Its decision (recognised, closing ...) changes only by request; a frozen room may not grow."""

    class Role(models.TextChoices):
        CITY_DC = "city_dc", _("city data centre")
        IDC = "idc", _("government IDC")
        COUNTY = "county", _("county room")
        DEPT = "dept", _("department's room")

    class Decision(models.TextChoices):
        NONE = "none", _("not decided")
        RECOGNISED = "recognised", _("recognised")
        NOT_RECOGNISED = "not_recognised", _("not recognised")
        CLOSING = "closing", _("closing")
        CLOSED = "closed", _("closed")

    class Grade(models.TextChoices):
        A = "A", "A"
        B = "B", "B"
        C = "C", "C"

    name = models.CharField(_("name"), max_length=100)
    slug = models.SlugField(_("identifier"), max_length=100, help_text=_("Letters, digits and hyphens."))
    site = models.ForeignKey(Site, models.PROTECT, related_name="locations", verbose_name=_("site"))
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("part of room")
    )
    status = models.CharField(_("status"), max_length=20, choices=PlaceStatus.choices, default=PlaceStatus.ACTIVE)
    tenant = models.ForeignKey(
        Tenant,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="locations",
        verbose_name=_("owner"),
        help_text=_("The department that owns the room."),
    )
    role = models.CharField(_("use"), max_length=10, choices=Role.choices, default=Role.DEPT)
    area_m2 = models.DecimalField(
        _("area (m²)"), max_digits=8, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    grade = models.CharField(_("grade"), max_length=1, choices=Grade.choices, blank=True, help_text="GB 50174")
    power_kw = models.DecimalField(
        _("design power (kW)"), max_digits=8, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    commissioned_on = models.DateField(_("commissioned on"), null=True, blank=True)
    decision = models.CharField(_("decision"), max_length=20, choices=Decision.choices, default=Decision.NONE)
    decision_deadline = models.DateField(_("deadline of the decision"), null=True, blank=True)
    frozen = models.BooleanField(
        _("frozen"), default=False, help_text=_("The city allows no new racks, power or devices in this room.")
    )
    frozen_on = models.DateField(_("frozen on"), null=True, blank=True)
    description = models.CharField(_("description"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("room")
        verbose_name_plural = _("rooms")
        constraints = [
            models.UniqueConstraint(
                fields=["site", "name"],
                name="location_name_in_site",
                violation_error_message=_("This site has a room of that name already; choose another name."),
            ),
            models.UniqueConstraint(
                fields=["site", "slug"],
                name="location_slug_in_site",
                violation_error_message=_("This site has a room with that identifier already; choose another one."),
            ),
        ]
        indexes = [
            models.Index(fields=["name"], name="location_name"),
            models.Index(fields=["decision", "decision_deadline"], name="location_decision"),
        ]

    def __str__(self) -> str:
        return f"{self.site} | {self.name}"

    def clean(self) -> None:
        if self.pk is not None and self.parent_id == self.pk:
            raise ValidationError({"parent": _("A room is not part of itself; choose another room.")})
        if self.frozen_on is not None and not self.frozen:
            raise ValidationError({"frozen_on": _("Tick “frozen” as well, or leave the date empty.")})
