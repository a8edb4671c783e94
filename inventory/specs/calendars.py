from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from inventory.models import CalendarDay, Season
from kernel.spec import PUBLIC, Spec


class CalendarDaySpec(Spec):
    model = CalendarDay
    api = ("network", "calendar-days")
    scope = PUBLIC
    fields = ("date", "is_working", "name")
    filters = ("is_working",)
    search = ("name",)
    natural_key = ("date",)
    brief = ("date", "is_working")
    menu = "basics"
    icon = "calendar-event"
    intro = _("Holidays and worked weekends. Every other Monday to Friday is a working day.")
    ordering = ("-date", "pk")


class SeasonSpec(Spec):
    model = Season
    api = ("network", "seasons")
    scope = PUBLIC
    fields = ("name", "tenant", "first_day", "last_day", "description")
    filters = ("tenant",)
    search = ("name", "tenant__name", "description")
    brief = ("name", "first_day", "last_day")
    menu = "basics"
    icon = "calendar-event"
    intro = _("Weeks of the year in which lines may rest; those days don't count as idle.")
    ordering = ("name", "pk")


SPECS = (CalendarDaySpec, SeasonSpec)
