"""Which days count: the city's working days, and when a department is quiet by its nature."""

from __future__ import annotations

import datetime as dt

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from inventory.models.tenants import Tenant
from kernel.models import Recorded

_MONTH_AND_DAY = RegexValidator(r"^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])\Z", _("Write month and day: 07-15."))


class CalendarDay(Recorded):
    """A day that differs from the week's order: a holiday on a Wednesday, a worked Saturday."""

    date = models.DateField(_("date"), unique=True)
    is_working = models.BooleanField(_("working day"), default=False)
    name = models.CharField(_("name"), max_length=60, blank=True, help_text=_("For instance National Day."))

    class Meta:
        verbose_name = _("special day")
        verbose_name_plural = _("special days")

    def __str__(self) -> str:
        return self.date.isoformat()


class Season(Recorded):
    """Weeks of each year in which a department's lines may rest: a school's holidays, heating out of season."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    tenant = models.ForeignKey(
        Tenant,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="seasons",
        verbose_name=_("department"),
        help_text=_("Empty means every department."),
    )
    first_day = models.CharField(_("from"), max_length=5, validators=[_MONTH_AND_DAY], help_text="MM-DD")
    last_day = models.CharField(
        _("to"), max_length=5, validators=[_MONTH_AND_DAY], help_text=_("MM-DD; may lie in the next year.")
    )
    description = models.CharField(_("description"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("quiet season")
        verbose_name_plural = _("quiet seasons")

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        wrong = {}
        for name in ("first_day", "last_day"):
            try:
                # A leap year, so that 29 February may be named.
                dt.date.fromisoformat(f"2024-{getattr(self, name)}")
            except ValueError:
                wrong[name] = _("There is no such day; write month and day: 07-15.")
        if wrong:
            raise ValidationError(wrong)
