"""Which days count: working days, quiet seasons, and what the ports carried on each."""

from __future__ import annotations

import datetime as dt
import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping

from django.utils import timezone

from collectors.selectors import SeriesUnavailable, daily_rates
from compliance.facts.record import Record, Rest
from compliance.rules.values import UseDay

logger = logging.getLogger(__name__)
_SATURDAY = 5


def working_days(record: Record, today: dt.date, count: int) -> tuple[dt.date, ...]:
    """The last whole ones before today, oldest first."""
    found: list[dt.date] = []
    day = today
    while len(found) < count:
        day -= dt.timedelta(days=1)
        if record.special_days.get(day, day.weekday() < _SATURDAY):
            found.append(day)
    return tuple(reversed(found))


def quiet_days(rests: Iterable[Rest], today: dt.date, days: int) -> dict[int | None, frozenset[dt.date]]:
    """By department: its own seasons' days in the window; None holds everybody's."""
    found: dict[int | None, set[dt.date]] = defaultdict(set)
    window = [today - dt.timedelta(days=back) for back in range(days + 1)]
    for rest in rests:
        found[rest.tenant_id].update(day for day in window if _is_in(rest, f"{day:%m-%d}"))
    return {tenant_id: frozenset(of) for tenant_id, of in found.items()}


def _is_in(rest: Rest, day: str) -> bool:
    if rest.first_day <= rest.last_day:
        return rest.first_day <= day <= rest.last_day
    return day >= rest.first_day or day <= rest.last_day


def midnight(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time()))


def use_days(
    ports: Iterable[tuple[int, str]], first: dt.date, today: dt.date
) -> Mapping[tuple[int, str], tuple[UseDay, ...]]:
    """Whole days from `first` on, today not among them. One query; nothing while the histories can't be read."""
    try:
        found = daily_rates(ports, first, today)
    except SeriesUnavailable:
        logger.warning("The histories can't be read just now; rules over time leave their lines unknown.")
        return {}
    return {key: tuple([UseDay(row[0], row[1], row[2]) for row in of]) for key, of in found.items()}
