"""Every table of a database as rows of plain JSON values, and back; the same for SQLite and PostgreSQL.

Tables are described by the migrations that the database has behind it, not by today's models: that is how a database
is backed up before an upgrade, and how an older release's backup is read.
"""

from __future__ import annotations

import base64
import datetime as dt
import decimal
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.conf import settings
from django.db import connections, models, router
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.utils.duration import duration_iso_string
from django.utils.translation import gettext as _

from netops.backups.errors import BackupRefused

Stage = frozenset[tuple[str, str]]
"""Applied migrations, as (app, name)."""

# Whoever finds a backup must not find open sessions in it; people sign in again.
LEFT_OUT = frozenset({"django_session"})
_BATCH = 2000


@dataclass(frozen=True)
class Table:
    name: str
    alias: str
    model: type[models.Model]
    fields: tuple[models.Field[Any, Any], ...]

    @property
    def columns(self) -> list[str]:
        return [str(field.column) for field in self.fields]


def stage() -> Stage:
    """The migrations behind the databases; refuses databases that are at different ones."""
    found = {
        alias: frozenset(MigrationRecorder(connections[alias]).applied_migrations()) for alias in settings.DATABASES
    }
    first = found["default"]
    if not first:
        raise BackupRefused(_("The databases have no tables yet: start the product once."))
    if any(other != first for other in found.values()):
        raise BackupRefused(_("An upgrade was cut short between the two databases: start the product once."))
    return first


def missing_migrations(of: Stage) -> list[str]:
    """Migrations that this release doesn't have: the data is of a newer one."""
    known = MigrationLoader(None).disk_migrations
    return sorted(f"{app}.{name}" for app, name in of if (app, name) not in known)


def last_migrations(of: Stage) -> list[tuple[str, str]]:
    """Of each app those that no other of the same app builds on."""
    graph = MigrationLoader(None).graph
    return sorted(
        node
        for node in of
        if not any(child.key[0] == node[0] and child.key in of for child in graph.node_map[node].children)
    )


def tables(of: Stage) -> list[Table]:
    """All of them by name, each in the one database that holds it."""
    state = MigrationLoader(None).project_state(last_migrations(of))
    found = []
    for model in state.apps.get_models(include_auto_created=True):
        meta = model._meta
        if meta.proxy or not meta.managed or meta.db_table in LEFT_OUT:
            continue
        fields = tuple(field for field in meta.concrete_fields if not getattr(field, "generated", False))
        alias = next(alias for alias in settings.DATABASES if router.allow_migrate_model(alias, model))
        found.append(Table(meta.db_table, alias, model, fields))
    return sorted(found, key=lambda table: table.name)


def read_rows(table: Table) -> Iterator[list[Any]]:
    """In the order of their keys; one row at a time is in memory."""
    names = [field.attname for field in table.fields]
    rows = table.model._base_manager.using(table.alias).order_by("pk").values_list(*names)
    for row in rows.iterator(chunk_size=_BATCH):
        yield [_plain(field, value) for field, value in zip(table.fields, row, strict=True)]


def write_rows(table: Table, rows: Iterable[Sequence[Any]]) -> int:
    """Into an empty table, keys kept; returns how many."""
    connection = connections[table.alias]

    def prepared() -> Iterator[list[Any]]:
        for row in rows:
            yield [
                field.get_db_prep_save(_value(field, value), connection)
                for field, value in zip(table.fields, row, strict=True)
            ]

    quote = connection.ops.quote_name
    listed = ", ".join(quote(column) for column in table.columns)
    count = 0
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            statement = f"COPY {quote(table.name)} ({listed}) FROM STDIN"
            with connection.wrap_database_errors, cursor.copy(statement) as copy:  # type: ignore[attr-defined]  # psycopg's own
                for row in prepared():
                    copy.write_row(row)
                    count += 1
            return count
        marks = ", ".join(["%s"] * len(table.fields))
        insert = f"INSERT INTO {quote(table.name)} ({listed}) VALUES ({marks})"  # noqa: S608  # names from the models
        waiting = prepared()
        while batch := list(islice(waiting, _BATCH)):
            cursor.executemany(insert, batch)
            count += len(batch)
    return count


def empty(table: Table) -> None:
    connection = connections[table.alias]
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {connection.ops.quote_name(table.name)}")  # noqa: S608  # a name from the models


def last_number(table: Table) -> int | None:
    """The last key that the database gave out, also when its row is gone: the trail still speaks of it."""
    connection, key = connections[table.alias], table.model._meta.auto_field
    if key is None:
        return None
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table.name])
            found = cursor.fetchone()
            return int(found[0]) if found else 0
        sequence = _sequence(cursor, table, key.column)
        cursor.execute(f"SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {sequence}")  # noqa: S608  # quoted
        return int(cursor.fetchone()[0])


def set_last_number(table: Table, number: int | None) -> None:
    """The next key is above this one and above every key there is."""
    connection, key = connections[table.alias], table.model._meta.auto_field
    if key is None:
        return
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT MAX({quote(str(key.column))}) FROM {quote(table.name)}")  # noqa: S608  # from the models
        number = max(cursor.fetchone()[0] or 0, number or 0)
        if not number:
            return
        if connection.vendor == "sqlite":
            cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [table.name])
            cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table.name, number])
        else:
            cursor.execute("SELECT setval(%s, %s)", [_sequence(cursor, table, key.column), number])


def _sequence(cursor: Any, table: Table, column: str | None) -> str:
    cursor.execute("SELECT pg_get_serial_sequence(%s, %s)", [f'"{table.name}"', column])
    return str(cursor.fetchone()[0])


def _plain(field: models.Field[Any, Any], value: Any) -> Any:
    """What the database holds, as JSON can say it. Encrypted values stay encrypted."""
    if value is None or isinstance(field, models.JSONField):
        return value
    value = field.get_prep_value(value)
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat()
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, dt.timedelta):
        return duration_iso_string(value)
    if isinstance(value, decimal.Decimal | uuid.UUID):
        return str(value)
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(bytes(value)).decode("ascii")
    return value


def _value(field: models.Field[Any, Any], plain: Any) -> Any:
    if plain is None or isinstance(field, models.JSONField):
        return plain
    if hasattr(field, "from_db_value"):  # our own kinds: encrypted text, unsigned counters
        return field.from_db_value(plain, None, connections["default"])
    return field.to_python(plain)
