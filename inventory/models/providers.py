"""Who carries a line, and over what medium."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from kernel.models import Recorded


class Provider(Recorded):
    name = models.CharField(_("name"), max_length=100, unique=True)
    slug = models.SlugField(_("identifier"), max_length=100, unique=True, help_text=_("Letters, digits and hyphens."))
    is_own = models.BooleanField(
        _("the city's own"), default=False, help_text=_("Lines that the city built itself need no contract.")
    )
    description = models.CharField(_("description"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("carrier")
        verbose_name_plural = _("carriers")

    def __str__(self) -> str:
        return self.name


class CircuitType(Recorded):
    name = models.CharField(_("name"), max_length=100, unique=True, help_text=_("For instance dark fibre, MSTP, OTN."))
    slug = models.SlugField(_("identifier"), max_length=100, unique=True, help_text=_("Letters, digits and hyphens."))
    description = models.CharField(_("description"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("medium")
        verbose_name_plural = _("media")

    def __str__(self) -> str:
        return self.name
