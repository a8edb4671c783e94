"""Histories in the product's own database: one table a step, one row a port and step."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from django.db import connections, models, transaction

from collectors.databases import observed_alias
from collectors.models import PortRate5m, PortRateDay, PortRateHour
from collectors.models.counters import PortRate
from collectors.series.points import COLUMNS, VALUES, PortKey, Row, Step

MODELS: dict[Step, type[PortRate]] = {
    Step.MINUTES_5: PortRate5m,
    Step.HOUR: PortRateHour,
    Step.DAY: PortRateDay,
}
_ROWS_A_TRANSACTION = 250
_ROWS_AT_ONCE = 5000
# A device costs one look into the index for each of the ports' names; beyond so many, reading everybody's rows of the
# window is cheaper than looking (10,000 ports over 30 of 365 days: 0.4 s instead of 1.2 s).
_MOST_DEVICES = 500


class SqlStore:
    """Statements are written out: as model rows the same took more than twice the time, most of it for datetimes."""

    name = "sql"
    address = ""

    def write(self, step: Step, rows: Iterable[Row], at: dt.datetime, *, keeps_existing: bool = False) -> int:
        alias = observed_alias()
        adapt, stored = connections[alias].ops.adapt_datetimefield_value, dict[dt.datetime, Any]()
        statement = _insert(step, keeps_existing)
        written, left = 0, iter(rows)
        while batch := list(islice(left, _ROWS_A_TRANSACTION)):
            for row in batch:
                if row[2] not in stored:
                    stored[row[2]] = adapt(row[2])
            values = [(row[0], row[1], stored[row[2]], *row[3:]) for row in batch]
            with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
                cursor.executemany(statement, values)
            written += len(batch)
        return written

    def read(
        self, ports: Collection[PortKey], since: dt.datetime, until: dt.datetime, step: Step, columns: Sequence[str]
    ) -> Iterator[Row]:
        wanted = ports if isinstance(ports, set | frozenset) else set(ports)
        if not wanted:
            return
        sql, parameters = _select(wanted, since, until, step, columns)
        starts: dict[Any, dt.datetime] = {}
        with connections[observed_alias()].cursor() as cursor:
            cursor.execute(sql, parameters)
            while rows := cursor.fetchmany(_ROWS_AT_ONCE):
                for row in rows:
                    if (row[0], row[1]) in wanted:
                        start = starts.get(row[2])
                        if start is None:
                            start = starts[row[2]] = _instant(row[2])
                        yield (row[0], row[1], start, *row[3:])

    def rolled_up_to(self, now: dt.datetime) -> dt.datetime | None:
        rows = PortRate5m.objects.filter(start__lte=now, is_sample=False)
        newest: dt.datetime | None = rows.aggregate(newest=models.Max("start"))["newest"]
        return newest

    def note_rolled_up(self, at: dt.datetime) -> None:
        """The newest row says it."""

    def settle(self) -> None:
        """A transaction that ended can be read."""


def _instant(stored: Any) -> dt.datetime:
    """SQLite keeps text in UTC, PostgreSQL an instant."""
    return stored if isinstance(stored, dt.datetime) else dt.datetime.fromisoformat(stored).replace(tzinfo=dt.UTC)


def _names(step: Step, columns: Sequence[str]) -> tuple[str, str]:
    quote = connections[observed_alias()].ops.quote_name
    return quote(MODELS[step]._meta.db_table), ", ".join(quote(column) for column in columns)


def _start() -> str:
    """On SQLite as its text, of which there are few: the driver would parse every row's."""
    return "CAST(start AS TEXT)" if connections[observed_alias()].vendor == "sqlite" else "start"


def _insert(step: Step, keeps_existing: bool) -> str:
    table, names = _names(step, COLUMNS)
    marks = ", ".join(["%s"] * len(COLUMNS))
    changes = ", ".join(f"{name} = excluded.{name}" for name in VALUES)
    then = "DO NOTHING" if keeps_existing else f"(device_id, port, start) DO UPDATE SET {changes}"
    return f"INSERT INTO {table} ({names}) VALUES ({marks}) ON CONFLICT {then}"  # noqa: S608  # our own names


def _select(
    wanted: Collection[PortKey], since: dt.datetime, until: dt.datetime, step: Step, columns: Sequence[str]
) -> tuple[str, list[Any]]:
    adapt = connections[observed_alias()].ops.adapt_datetimefield_value
    table, names = _names(step, columns)
    device_ids = sorted({device_id for device_id, _port in wanted})
    where, order = "start >= %s AND start < %s", "start, id"
    parameters: list[Any] = [adapt(since), adapt(until)]
    if len(device_ids) <= _MOST_DEVICES:
        names_of_ports = sorted({port for _device_id, port in wanted})
        where += f" AND device_id IN ({_marks(device_ids)}) AND port IN ({_marks(names_of_ports)})"
        parameters += [*device_ids, *names_of_ports]
        order = "device_id, port, start"
    select = f"SELECT device_id, port, {_start()}, {names} FROM {table}"  # noqa: S608  # our own names
    return f"{select} WHERE {where} ORDER BY {order}", parameters


def _marks(values: Sequence[Any]) -> str:
    return ", ".join(["%s"] * len(values))
