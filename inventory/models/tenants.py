"""Departments: who uses lines, owns rooms and answers for them."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from inventory.models.code_lists import AccessClass, Tier
from inventory.models.regions import Region
from kernel.models import Recorded

_USCC_DIGITS = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def is_uscc(code: str) -> bool:
    """A unified social credit code with its check digit (GB 32100-2015, weights 3^i mod 31)."""
    if len(code) != 18 or any(c not in _USCC_DIGITS for c in code):
        return False
    total = sum(_USCC_DIGITS.index(c) * pow(3, i, 31) for i, c in enumerate(code[:17]))
    return _USCC_DIGITS[(31 - total % 31) % 31] == code[17]


class Tenant(Recorded):
    """A department. Bureaus merge: the old one stays, closed, and names its successor."""

    class OrgType(models.TextChoices):
        PARTY = "party", _("party committee")
        CONGRESS = "congress", _("people's congress")
        GOVERNMENT = "government", _("government")
        CPPCC = "cppcc", _("political consultative conference")
        COURT = "court", _("court")
        PROCURATORATE = "procuratorate", _("procuratorate")
        PEOPLE = "people", _("people's organisation")
        INSTITUTION = "institution", _("public institution")
        ENTERPRISE = "enterprise", _("state-owned enterprise")
        ZONE = "zone", _("zone committee")
        CENTRAL = "central", _("central body stationed here")

    class Vertical(models.TextChoices):
        NONE = "none", _("run by the city")
        PROVINCE = "province", _("run by the province")
        NATION = "nation", _("run by the nation")

    class AssessGroup(models.TextChoices):
        CITY = "city", _("city departments")
        COUNTY = "county", _("counties and districts")
        NONE = "none", _("not assessed")

    class Status(models.TextChoices):
        ACTIVE = "active", _("active")
        MERGED = "merged", _("merged")
        CLOSED = "closed", _("closed")

    name = models.CharField(_("full name"), max_length=100, unique=True)
    slug = models.SlugField(_("identifier"), max_length=100, unique=True, help_text=_("Letters, digits and hyphens."))
    short_name = models.CharField(_("short name"), max_length=50, blank=True)
    uscc = models.CharField(
        _("social credit code"), max_length=18, blank=True, help_text=_("18 characters, with the check digit.")
    )
    org_type = models.CharField(_("type"), max_length=20, choices=OrgType.choices, default=OrgType.GOVERNMENT)
    tier = models.CharField(_("tier"), max_length=10, choices=Tier.choices, default=Tier.CITY, db_index=True)
    region = models.ForeignKey(
        Region, models.PROTECT, null=True, blank=True, related_name="tenants", verbose_name=_("administrative division")
    )
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("superior department")
    )
    vertical_level = models.CharField(_("run by"), max_length=10, choices=Vertical.choices, default=Vertical.NONE)
    assess_group = models.CharField(
        _("assessed with"), max_length=10, choices=AssessGroup.choices, default=AssessGroup.NONE
    )
    access_class = models.CharField(_("access class"), max_length=1, choices=AccessClass.choices, blank=True)
    contact_leader = models.CharField(_("responsible leader"), max_length=50, blank=True)
    contact_handler = models.CharField(
        _("contact"), max_length=100, blank=True, help_text=_("Name and phone of the person who answers questions.")
    )
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.ACTIVE)
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_to = models.DateField(_("valid to"), null=True, blank=True)
    succeeded_by = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="predecessors",
        verbose_name=_("succeeded by"),
        help_text=_("The department that took over after a merger."),
    )
    description = models.CharField(_("description"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("department")
        verbose_name_plural = _("departments")
        indexes = [models.Index(fields=["status", "name"], name="tenant_status_name")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(valid_to__isnull=True) | models.Q(valid_to__gte=models.F("valid_from")),
                name="tenant_dates_in_order",
                violation_error_message=_("Set “valid to” to the day of “valid from” or a later one."),
            ),
            models.UniqueConstraint(
                fields=["uscc"],
                condition=~models.Q(uscc=""),
                name="tenant_uscc_unique",
                violation_error_message=_("Another department has this social credit code; compare the certificates."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        self.uscc = self.uscc.strip().upper()
        if self.uscc and not is_uscc(self.uscc):
            raise ValidationError({"uscc": _("The check digit doesn't fit; copy the code from its certificate.")})
        for name in ("parent", "succeeded_by"):
            if self.pk is not None and getattr(self, f"{name}_id") == self.pk:
                raise ValidationError({name: _("Choose another department, not this one itself.")})
