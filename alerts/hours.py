"""When a policy speaks: days of the week and hours of the day, in the product's time zone. Pure."""

from __future__ import annotations

import datetime as dt
import re

ALL_DAYS = "1234567"
_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


def is_time(text: str) -> bool:
    return _TIME.fullmatch(text) is not None


def are_days(text: str) -> bool:
    """Monday is 1; each day at most once."""
    return bool(text) and set(text) <= set(ALL_DAYS) and len(set(text)) == len(text)


def is_open(local: dt.datetime, days: str, start: str, end: str) -> bool:
    """Whether the window is open at this local time. No hours are all hours; an end before the start is overnight.

    The hours after midnight belong to the day on which the window opened.
    """
    today = str(local.isoweekday())
    if not start or not end or start == end:
        return today in days
    now = local.strftime("%H:%M")
    if start < end:
        return today in days and start <= now < end
    if now >= start:
        return today in days
    yesterday = str((local - dt.timedelta(days=1)).isoweekday())
    return now < end and yesterday in days
