"""The networks of the record. The classified one is not among them: it is a dated row of counts."""

from __future__ import annotations

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from inventory.models.code_lists import Tier
from inventory.models.tenants import Tenant
from kernel.models import Recorded


class Network(Recorded):
    class Kind(models.TextChoices):
        EXTRANET = "extranet", _("e-government extranet")
        RESOURCE = "resource", _("government resource network")
        DEPT_PRIVATE = "dept_private", _("department's private network")
        INTERNET = "internet", _("Internet")

    class Isolation(models.TextChoices):
        PHYSICAL = "physical", _("physical")
        LOGICAL = "logical", _("logical")

    # Lines of these networks go into service only by an approved request.
    GOVERNED_KINDS = (Kind.EXTRANET, Kind.RESOURCE)

    name = models.CharField(_("name"), max_length=100, unique=True)
    slug = models.SlugField(_("identifier"), max_length=100, unique=True, help_text=_("Letters, digits and hyphens."))
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    tier = models.CharField(_("tier"), max_length=10, choices=Tier.choices, default=Tier.CITY)
    operator = models.ForeignKey(
        Tenant, models.PROTECT, null=True, blank=True, related_name="operated_networks", verbose_name=_("operator")
    )
    asn = models.BigIntegerField(_("AS number"), null=True, blank=True)
    isolation = models.CharField(_("isolation"), max_length=10, choices=Isolation.choices, default=Isolation.LOGICAL)
    poll_allowed = models.BooleanField(
        _("polling allowed"),
        default=False,
        help_text=_("Collectors ask devices of this network only when it is ticked."),
    )
    mlps_level = models.PositiveSmallIntegerField(_("protection level"), null=True, blank=True)
    data_age_limit_min = models.PositiveIntegerField(
        _("data is old after (min)"),
        default=15,
        validators=[MinValueValidator(1)],
        help_text=_("Older readings are shown as out of date and give no verdict."),
    )
    description = models.CharField(_("description"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("network")
        verbose_name_plural = _("networks")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=["extranet", "resource", "dept_private", "internet"]),
                name="network_kind_is_never_classified",
                violation_error_message=_(
                    "Choose one of the four kinds; of the classified network only counts are recorded."
                ),
            ),
            models.CheckConstraint(
                condition=models.Q(asn__isnull=True) | models.Q(asn__gte=1, asn__lte=4294967295),
                name="network_asn_in_range",
                violation_error_message=_("Give an AS number between 1 and 4294967295."),
            ),
            models.CheckConstraint(
                condition=models.Q(mlps_level__isnull=True) | models.Q(mlps_level__gte=1, mlps_level__lte=5),
                name="network_mlps_in_range",
                violation_error_message=_("Give a protection level between 1 and 5."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ClassifiedCount(Recorded):
    """All that is ever recorded of the classified network: how many organisations and lines, on a day."""

    as_of = models.DateField(_("as of"), unique=True)
    organisations = models.PositiveIntegerField(_("organisations"))
    lines = models.PositiveIntegerField(_("lines"))

    class Meta:
        verbose_name = _("count of the classified network")
        verbose_name_plural = _("counts of the classified network")

    def __str__(self) -> str:
        return self.as_of.isoformat()
