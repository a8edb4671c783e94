"""Administrative divisions: the statutory tree, and who manages a part of it in fact."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from kernel.models import Recorded


class Region(Recorded):
    """An administrative division. `path` holds the codes from the top, so that a subtree is a prefix."""

    class Kind(models.TextChoices):
        PROVINCE = "province", _("province")
        CITY = "city", _("city")
        DISTRICT = "district", _("district")
        COUNTY_CITY = "county_city", _("county-level city")
        COUNTY = "county", _("county")
        TOWN = "town", _("town")
        TOWNSHIP = "township", _("township")
        SUBDISTRICT = "subdistrict", _("subdistrict")
        VILLAGE = "village", _("village")
        COMMUNITY = "community", _("community")
        ZONE = "zone", _("functional zone")
        OTHER = "other", _("other")

    class Source(models.TextChoices):
        MCA = "MCA", _("Ministry of Civil Affairs")
        NBS = "NBS", _("National Bureau of Statistics")
        LOCAL = "LOCAL", _("added locally")

    class Level(models.IntegerChoices):
        PROVINCE = 1, _("province")
        CITY = 2, _("city")
        COUNTY = 3, _("county")
        TOWNSHIP = 4, _("township")
        VILLAGE = 5, _("village")

    code = models.CharField(
        _("code"),
        max_length=12,
        unique=True,
        validators=[
            RegexValidator(
                r"^([0-9]{12}|LOCAL-[A-Z0-9]{1,6})\Z",
                _("Give 12 digits, filled with zeros, or LOCAL- and up to six letters."),
            )
        ],
        help_text=_(
            "12 digits, filled with zeros on the right. A zone that no national list knows is LOCAL- and letters."
        ),
    )
    name = models.CharField(_("name"), max_length=100, db_index=True)
    slug = models.SlugField(_("identifier"), max_length=100, unique=True, editable=False)  # the code, for NetBox's API
    level = models.PositiveSmallIntegerField(_("level"), db_index=True, choices=Level.choices)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("statutory parent")
    )
    managed_by = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="managed_regions",
        verbose_name=_("managed by"),
        help_text=_("A functional zone that runs this division in place of its statutory parent."),
    )
    source = models.CharField(_("source"), max_length=10, choices=Source.choices, default=Source.LOCAL)
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_to = models.DateField(_("valid to"), null=True, blank=True)
    longitude = models.DecimalField(
        _("longitude"),
        max_digits=9,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(-180), MaxValueValidator(180)],
    )
    latitude = models.DecimalField(
        _("latitude"),
        max_digits=8,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(-90), MaxValueValidator(90)],
    )
    description = models.CharField(_("description"), max_length=200, blank=True)
    path = models.CharField(max_length=100, unique=True, editable=False)

    class Meta:
        verbose_name = _("administrative division")
        verbose_name_plural = _("administrative divisions")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(valid_to__isnull=True) | models.Q(valid_to__gte=models.F("valid_from")),
                name="region_dates_in_order",
                violation_error_message=_("Set “valid to” to the day of “valid from” or a later one."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Also sets what follows from the code and the parent: `slug` and `path`."""
        self.slug = self.code
        parent = self._loaded_parent()
        self.path = f"{parent.path if parent else ''}{self.code}/"
        if self.managed_by_id is not None and self.managed_by_id == self.pk:
            raise ValidationError({"managed_by": _("A division doesn't manage itself; leave this empty.")})
        if parent is None:
            return
        if self.code in parent.path.split("/"):
            raise ValidationError({"parent": _("A division can't lie below itself; choose another parent.")})
        is_zone = self.Kind.ZONE in (self.kind, parent.kind)
        if not is_zone and self.level is not None and self.level != parent.level + 1:
            raise ValidationError(
                {
                    "level": _("Below %(parent)s the level is %(level)d; correct the level or the parent.")
                    % {"parent": parent.name, "level": parent.level + 1}
                }
            )
        if len(self.path) > 100:
            raise ValidationError({"parent": _("The tree is deeper than seven levels; choose a higher parent.")})

    def _loaded_parent(self) -> Region | None:
        """A parent that doesn't exist is reported by the check of references, not here."""
        if self.parent_id is None or Region.parent.is_cached(self):
            return self.parent
        return Region.objects.filter(pk=self.parent_id).first()
