"""Public holidays and worked weekends, as the State Council announces them each autumn for the next year."""

from __future__ import annotations

import datetime as dt
from typing import Any

from chinese_calendar import constants  # type: ignore[import-untyped]  # it has no types

from inventory.models import CalendarDay
from kernel import writes

_SATURDAY = 5
_FIRST_YEAR = 2024


def load_calendar(*, actor: Any) -> int:
    """Add the special days that are known and not recorded yet; what the city changed stays. Returns the added."""
    known = set(CalendarDay.objects.values_list("date", flat=True))
    special = {day: (False, name) for day, name in constants.holidays.items() if day.weekday() < _SATURDAY}
    special |= {day: (True, name) for day, name in constants.workdays.items() if day.weekday() >= _SATURDAY}
    rows = [
        CalendarDay(date=day, is_working=is_working, name=_name(name))
        for day, (is_working, name) in sorted(special.items())
        if day not in known and day >= dt.date(_FIRST_YEAR, 1, 1)
    ]
    return len(writes.save_many(rows, actor=actor, reason="load_calendar"))


def _name(name: str) -> str:
    return next((holiday.chinese for holiday in constants.Holiday if holiday.value == name), name)
