"""Sheets (.csv, .xlsx) out and in. Rows take the same road as an API write: read, checked by set, written whole.

An exported sheet that is brought in again changes nothing; the contract tests hold every model to it.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Any

from django.db import models, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.encoding import force_str
from django.utils.translation import gettext as _
from openpyxl import Workbook
from rest_framework import serializers

from kernel import writes
from kernel.derive.files import Row, UnreadableSheet
from kernel.derive.keys import key_of, key_paths
from kernel.derive.references import Resolver
from kernel.derive.serializers import Reader, assign, prefetch
from kernel.errors import GuardedField, RowsRejected
from kernel.pictures import changed_fields, picture
from kernel.registry import registry
from kernel.spec import Spec

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


# Out ---------------------------------------------------------------------------------------------------------------


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, dt.datetime):
        return timezone.localtime(value).replace(tzinfo=None, microsecond=0)
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    return value


def _named(related: Spec, prefix: str, values: Mapping[str, Any]) -> str:
    return key_of(related, values, prefix)


def _plain(column: str, values: Mapping[str, Any]) -> Any:
    return _cell(values[column])


def table(spec: Spec, rows: QuerySet[Any], names: Iterable[str] = ()) -> Iterator[list[Any]]:
    """Header and rows as plain cells; related rows by natural key. One query, whatever the size."""
    chosen = tuple(names) or spec.fields
    columns: dict[str, None] = {}
    readers: list[Callable[[Mapping[str, Any]], Any]] = []
    for name in chosen:
        field_ = spec.field(name)
        if field_ is not None and field_.is_relation and field_.related_model in registry:
            related, prefix = registry.of(field_.related_model), f"{name}__"
            columns.update({prefix + path: None for path in key_paths(related)})
            readers.append(partial(_named, related, prefix))
        else:
            column = field_.attname if field_ is not None else name
            columns[column] = None
            readers.append(partial(_plain, column))
    yield list(chosen)
    for values in rows.values(*columns).iterator(chunk_size=2000):
        yield [reader(values) for reader in readers]


def _is_risky(text: str) -> bool:
    """A spreadsheet program would run it as a formula; apostrophes in front of one are counted with it."""
    return len(text) > 1 and text.lstrip("'").startswith(_FORMULA)


def _harmless(value: Any) -> Any:
    """An apostrophe in front keeps a cell text; it is taken off when the sheet comes in again."""
    return f"'{value}" if isinstance(value, str) and _is_risky(value) else value


def as_csv(lines: Iterable[list[Any]]) -> bytes:
    out = io.StringIO()
    sheet = csv.writer(out)
    for line in lines:
        sheet.writerow(["" if v is None else _harmless(v) for v in line])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def as_xlsx(lines: Iterable[list[Any]], title: str) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title[:31].translate(str.maketrans("[]:*?/\\", "_______")))
    sheet.freeze_panes = "A2"
    for line in lines:
        sheet.append([_harmless(_legal(v)) for v in line])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _legal(value: Any) -> Any:
    return "".join(c for c in value if c >= " " or c in "\n\t") if isinstance(value, str) else value


# In ----------------------------------------------------------------------------------------------------------------


@dataclass
class Line:
    """One row of a sheet: where it stands, what it says, what would become of it."""

    number: int
    values: dict[str, Any]
    row: Any = None
    outcome: str = "wrong"  # add, change, same, skip, wrong
    changes: list[str] = field(default_factory=list)
    errors: dict[str, list[str]] = field(default_factory=dict)


@dataclass
class Preview:
    columns: list[str]
    lines: list[Line]
    unknown_columns: list[str]

    def count(self, outcome: str) -> int:
        return sum(1 for line in self.lines if line.outcome == outcome)

    @property
    def wrong(self) -> list[Line]:
        return [line for line in self.lines if line.errors]


def header_names(spec: Spec) -> dict[str, str]:
    """Accepted headings: the field's name, and its label in the present language."""
    found = {}
    for name in spec.fields:
        found[name] = name
        label = spec.field(name)
        if label is not None:
            found[str(label.verbose_name)] = name
    return found


def _text(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat()
    if isinstance(value, str):
        bare = value.strip()
        return bare[1:] if bare.startswith("'") and _is_risky(bare[1:]) else bare
    return value


def preview(spec: Spec, header: list[str], rows: list[Row], *, user: Any, existing: str = "update") -> Preview:
    """What the rows would do, each with its errors; nothing is written. `existing`: update, skip or refuse."""
    known = header_names(spec)
    positions = {known[h]: i for i, h in enumerate(header) if h in known}
    unknown = [h for h in header if h and h not in known and h != "id"]
    if not positions:
        raise UnreadableSheet(
            _("No heading of the file is known. Known are: %(names)s.") % {"names": ", ".join(spec.fields)}
        )
    lines = []
    for number, cells in rows:
        values = {n: _text(cells[i]) if i < len(cells) else None for n, i in positions.items()}
        lines.append(Line(number, values))
    resolver = Resolver(user)
    prefetch(spec, resolver, (line.values for line in lines))
    reader = Reader(spec, resolver, is_sheet=True)
    stored = _stored(spec, lines, reader, resolver)
    for line in lines:
        if not line.errors:
            _read_line(spec, line, stored.get(line.number), reader, existing=existing)
    return Preview(list(positions), lines, unknown)


def _read_line(spec: Spec, line: Line, row: Any, reader: Reader, *, existing: str) -> None:
    try:
        values = reader.read(_given(spec, line, row), partial=row is not None)
    except serializers.ValidationError as refused:
        line.errors = {str(k): [force_str(m) for m in _flat(v)] for k, v in refused.detail.items()}  # type: ignore[union-attr]  # by field
        return
    if row is None:
        line.row, line.outcome = assign(spec.model(), values), "add"
    elif existing == "refuse":
        line.errors = {key_paths(spec)[0]: [_("This row exists already.")]}
    elif existing == "skip":
        line.row, line.outcome = row, "skip"
    else:
        before = picture(row)
        line.row = assign(row, values)
        line.changes = changed_fields(before, picture(row))
        line.outcome = "change" if line.changes else "same"


def _given(spec: Spec, line: Line, row: Any) -> dict[str, Any]:
    """An empty cell clears a value of an existing row when the column may be empty; of a new row it says nothing."""
    given = {}
    for name, value in line.values.items():
        field_ = spec.field(name)
        if value not in (None, ""):
            given[name] = value
        elif row is not None and field_ is not None and (field_.null or field_.blank):
            given[name] = _emptied(field_)
    return given


def _emptied(field_: Any) -> Any:
    if field_.null:
        return None
    return "" if field_.empty_strings_allowed else field_.get_default()


def _flat(messages: Any) -> list[Any]:
    if isinstance(messages, dict):
        return [m for inner in messages.values() for m in _flat(inner)]
    return list(messages) if isinstance(messages, list | tuple) else [messages]


def _key(spec: Spec, line: Line, reader: Reader) -> tuple[Any, ...] | None:
    """The line's natural key as columns; None when a part of it is missing or unreadable."""
    key: list[Any] = []
    for name in spec.natural_key:
        field_, value = spec.field(name), line.values.get(name)
        if value not in (None, ""):
            try:
                part = reader.read_one(name, value)
            except serializers.ValidationError:
                return None
            key.append(part.pk if isinstance(part, models.Model) else part)
        elif field_ is not None and (field_.null or field_.blank):
            key.append(_emptied(field_))
        else:
            return None
    return tuple(key) if any(part not in (None, "") for part in key) else None


def _stored(spec: Spec, lines: list[Line], reader: Reader, resolver: Resolver) -> dict[int, Any]:
    """The rows of the record that lines speak of, by line number. Two lines of one row, or two rows, are errors."""
    keys = {line.number: key for line in lines if (key := _key(spec, line, reader)) is not None}
    rows = resolver.by_columns(spec, spec.natural_key, set(keys.values()))
    found: dict[int, Any] = {}
    taken: set[tuple[Any, ...]] = set()
    for line in lines:
        key = keys.get(line.number)
        if key is None or not rows[key]:
            continue
        if len(rows[key]) > 1:
            line.errors = {spec.natural_key[0]: [_("More than one row has these values; change it on its own page.")]}
        elif key in taken:
            line.errors = {spec.natural_key[0]: [_("Another line of this file speaks of the same row.")]}
        taken.add(key)
        found[line.number] = rows[key][0]
    return found


def load(preview_: Preview, *, actor: Any, reason: str = "", approval: str = "", dry_run: bool = False) -> int:
    """Write what a preview found, all or nothing; returns how many rows were written.

    The last checks (uniqueness, gates, guards) need the write itself; their errors land on the lines and
    RowsRejected or GuardedField is raised with nothing written. With `dry_run` everything is checked and rolled back.
    """
    if preview_.wrong:
        raise RowsRejected(
            _("Some rows are wrong; nothing was written."), {ln.number: ln.errors for ln in preview_.wrong}
        )
    lines = [line for line in preview_.lines if line.outcome in ("add", "change")]
    try:
        with transaction.atomic():
            written = writes.save_many([line.row for line in lines], actor=actor, reason=reason, approval=approval)
            if dry_run:
                transaction.set_rollback(True)
    except RowsRejected as rejected:
        for position, errors in rejected.rows.items():
            lines[position].errors = errors
        raise
    except GuardedField as guarded:
        for position, refusal in guarded.details["rows"].items():  # type: ignore[attr-defined]  # as `kernel.writes` says
            lines[position].errors = {name: [refusal.message] for name in refusal.details["fields"]}
        raise
    return len(written)


def template_lines(spec: Spec) -> list[list[Any]]:
    """An empty sheet to fill in: the headings people read."""
    return [[_label(spec, name) for name in spec.fields]]


def _label(spec: Spec, name: str) -> str:
    model_field: models.Field[Any, Any] | None = spec.field(name)
    return str(model_field.verbose_name) if model_field is not None else name
