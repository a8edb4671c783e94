"""What a history is made of: even steps of time, and for each port and step one row of figures."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

from django.utils import timezone

PortKey = tuple[int, str]
Row = tuple[Any, ...]
"""(device, port, start) and then the columns asked for; `write` takes all of COLUMNS."""

VALUES = ("in_avg", "out_avg", "in_max", "out_max", "in_p95", "out_p95", "samples", "is_sample")
COLUMNS = ("device_id", "port", "start", *VALUES)


class Step(Enum):
    MINUTES_5 = "5m"
    HOUR = "hour"
    DAY = "day"

    @property
    def length(self) -> dt.timedelta:
        """A day's usual length: where clocks are put forward or back, `starts` knows better."""
        return _LENGTHS[self.value]

    def floor(self, at: dt.datetime) -> dt.datetime:
        """The beginning of the step that holds `at`, in the product's time zone."""
        local = timezone.localtime(at)
        if self is Step.MINUTES_5:
            return local.replace(minute=local.minute - local.minute % 5, second=0, microsecond=0)
        if self is Step.HOUR:
            return local.replace(minute=0, second=0, microsecond=0)
        return _midnight(local.date())

    def starts(self, since: dt.datetime, until: dt.datetime) -> list[dt.datetime]:
        """The beginnings of all steps in [since, until), whether anything is known of them or not."""
        first, found = self.floor(since), []
        if self is Step.DAY:
            day = first.date()
            while (start := _midnight(day)) < until:
                found.append(start)
                day += dt.timedelta(days=1)
        else:
            at, end = first.astimezone(dt.UTC), until.astimezone(dt.UTC)
            while at < end:
                found.append(timezone.localtime(at))
                at += self.length
        return found if not found or found[0] >= since else found[1:]


_LENGTHS = {"5m": dt.timedelta(minutes=5), "hour": dt.timedelta(hours=1), "day": dt.timedelta(days=1)}


def _midnight(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time()))


@dataclass(frozen=True, slots=True)
class RatePoint:
    """Bits per second over one step from `start`. A direction the device doesn't count is None; silence is 0."""

    start: dt.datetime
    in_avg: int | None
    out_avg: int | None
    in_max: int | None
    out_max: int | None
    in_p95: int | None
    out_p95: int | None
    samples: int
    is_sample: bool


class SeriesUnavailable(Exception):
    """The store of histories doesn't answer. The message says what to check and holds no secret."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class SeriesStore(Protocol):
    """Where rates are kept. Both kinds raise nothing but `SeriesUnavailable` for a store that can't be asked."""

    name: str
    address: str

    def write(self, step: Step, rows: Iterable[Row], at: dt.datetime, *, keeps_existing: bool = False) -> int:
        """Rows in the order of COLUMNS, as known at `at`: what is known later replaces what was known before.

        With `keeps_existing` a row that is there already stays as it is (or goes on being preferred by readers).
        """

    def read(
        self, ports: Collection[PortKey], since: dt.datetime, until: dt.datetime, step: Step, columns: Sequence[str]
    ) -> Iterator[Row]:
        """The ports' rows whose step starts in [since, until), each port's oldest first; ports may interleave."""

    def rolled_up_to(self, now: dt.datetime) -> dt.datetime | None:
        """Up to when rates were brought; None where nothing recent is known."""

    def note_rolled_up(self, at: dt.datetime) -> None: ...

    def settle(self) -> None:
        """Return when what was written can be read."""
