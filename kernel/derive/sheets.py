"""Sheets (.csv, .xlsx) out and in. Rows take the same road as an API write: read, checked by set, written whole."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.encoding import force_str
from django.utils.translation import gettext as _
from openpyxl import Workbook, load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from kernel import policy, writes
from kernel.derive.keys import key_of, key_paths
from kernel.derive.references import Resolver
from kernel.derive.serializers import assign, prefetch, serializer_for
from kernel.errors import ProductError, RowsRejected
from kernel.pictures import changed_fields, picture
from kernel.registry import registry
from kernel.spec import Spec

MAX_ROWS = 20_000
MAX_BYTES = 20 * 1024 * 1024
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


def _key(related: Spec, prefix: str, values: Mapping[str, Any]) -> str:
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
            readers.append(partial(_key, related, prefix))
        else:
            column = field_.attname if field_ is not None else name
            columns[column] = None
            readers.append(partial(_plain, column))
    yield list(chosen)
    for values in rows.values(*columns).iterator(chunk_size=2000):
        yield [reader(values) for reader in readers]


def _harmless(value: Any) -> Any:
    """A text that a spreadsheet program would run as a formula gets an apostrophe in front."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) and len(value) > 1 else value


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
        sheet.append([_illegal_removed(v) for v in line])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _illegal_removed(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    # A cell that starts with "=" is stored as a formula; the apostrophe keeps it text.
    clean = "".join(c for c in value if c >= " " or c in "\n\t")
    return f"'{clean}" if clean.startswith("=") else clean


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


class UnreadableSheet(ProductError):
    code = "unreadable_sheet"


def read(content: bytes, name: str = "") -> tuple[list[str], list[list[Any]]]:
    """Header and rows of a .csv (UTF-8 or GB18030; comma, semicolon or tab) or .xlsx file."""
    if len(content) > MAX_BYTES:
        raise UnreadableSheet(_("The file is larger than 20 MB; split it."))
    rows = _xlsx_rows(content) if content[:2] == b"PK" else _csv_rows(content)
    rows = [row for row in rows if any(value not in (None, "") for value in row)]
    if not rows:
        raise UnreadableSheet(_("The file has no rows."))
    if len(rows) - 1 > MAX_ROWS:
        raise UnreadableSheet(_("The file has more than %(count)d rows; split it.") % {"count": MAX_ROWS})
    return [str(value or "").strip().removeprefix("\ufeff") for value in rows[0]], rows[1:]


def _csv_rows(content: bytes) -> list[list[Any]]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise UnreadableSheet(_("The file is neither UTF-8 nor GB18030 text nor an .xlsx workbook."))
    if "\x00" in text:
        raise UnreadableSheet(_("The file is neither UTF-8 nor GB18030 text nor an .xlsx workbook."))
    head = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=head.count)
    try:
        return [list(row) for row in csv.reader(io.StringIO(text), delimiter=delimiter)]
    except csv.Error as error:
        raise UnreadableSheet(_("The file is not a readable CSV: %(why)s.") % {"why": error}) from error


def _xlsx_rows(content: bytes) -> list[list[Any]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            # A small file can unpack to gigabytes; its own directory tells before it is unpacked.
            if sum(entry.file_size for entry in archive.infolist()) > 20 * MAX_BYTES:
                raise UnreadableSheet(_("The file is larger than 20 MB; split it."))
        sheet = load_workbook(io.BytesIO(content), read_only=True, data_only=True).active
        rows = [list(row) for row in sheet.iter_rows(values_only=True, max_row=MAX_ROWS + 2)] if sheet else []
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise UnreadableSheet(_("The file is not a readable .xlsx workbook.")) from error
    return [[int(v) if isinstance(v, float) and v.is_integer() else v for v in row] for row in rows]


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
        return bare[1:] if bare.startswith("'") and bare[1:].startswith(_FORMULA) else bare
    return value


def preview(spec: Spec, header: list[str], rows: list[list[Any]], *, user: Any, existing: str = "update") -> Preview:
    """What the rows would do, each with its errors; nothing is written. `existing`: update, skip or refuse."""
    known = header_names(spec)
    positions = {known[h]: i for i, h in enumerate(header) if h in known}
    unknown = [h for h in header if h and h not in known and h != "id"]
    if not positions:
        raise UnreadableSheet(
            _("No heading of the file is known. Known are: %(names)s.") % {"names": ", ".join(spec.fields)}
        )
    lines = []
    for number, cells in enumerate(rows, start=2):
        values = {n: _text(cells[i]) if i < len(cells) else None for n, i in positions.items()}
        lines.append(Line(number, values))
    _read_lines(spec, lines, user=user, existing=existing)
    return Preview(list(positions), lines, unknown)


def _read_lines(spec: Spec, lines: list[Line], *, user: Any, existing: str) -> None:
    resolver = Resolver(user)
    prefetch(spec, resolver, (line.values for line in lines))
    stored = _stored(spec, lines, resolver)
    for line in lines:
        row = stored.get(line.number)
        given = {n: v for n, v in line.values.items() if v not in (None, "") or _may_clear(spec, n, row)}
        given = {n: None if v == "" else v for n, v in given.items()}
        serializer = serializer_for(spec)(
            data=given, partial=row is not None, context={"resolver": resolver, "is_sheet": True}
        )
        if not serializer.is_valid():
            line.errors = {str(k): [force_str(m) for m in _flat(v)] for k, v in serializer.errors.items()}
            continue
        before = picture(row) if row is not None else None
        line.row = assign(row if row is not None else spec.model(), serializer.validated_data)
        if before is None:
            line.outcome = "add"
        elif existing == "skip":
            line.outcome = "skip"
        elif existing == "refuse":
            line.errors = {key_paths(spec)[0]: [_("This row exists already.")]}
        else:
            line.changes = changed_fields(before, picture(line.row))
            line.outcome = "change" if line.changes else "same"


def _flat(messages: Any) -> list[Any]:
    if isinstance(messages, dict):
        return [m for inner in messages.values() for m in _flat(inner)]
    return list(messages) if isinstance(messages, list | tuple) else [messages]


def _may_clear(spec: Spec, name: str, row: Any) -> bool:
    """An empty cell clears a value of an existing row when the column may be empty; of a new row it says nothing."""
    field_ = spec.field(name)
    return row is not None and field_ is not None and (field_.null or field_.blank)


def _stored(spec: Spec, lines: list[Line], resolver: Resolver) -> dict[int, Any]:
    """The rows of the record that lines speak of, by natural key, in batches."""
    keys: dict[int, str] = {}
    for line in lines:
        parts = [line.values.get(name) for name in spec.natural_key]
        if all(part not in (None, "") for part in parts):
            keys[line.number] = " | ".join(str(part) for part in parts)
    resolver.prefetch(spec, keys.values())
    found: dict[int, Any] = {}
    taken: set[int] = set()
    for line in lines:
        if line.number not in keys:
            continue
        try:
            row = resolver.by_key(spec, keys[line.number])
        except ValidationError:
            continue
        if row.pk in taken:
            line.errors = {spec.natural_key[0]: [_("Another line of this file speaks of the same row.")]}
        taken.add(row.pk)
        found[line.number] = row
    return found


def load(preview_: Preview, *, actor: Any, reason: str = "", approval: str = "", dry_run: bool = False) -> int:
    """Write what a preview found, all or nothing; returns how many rows were written.

    The last checks (uniqueness, gates, guards) need the write itself; their errors land on the lines and
    RowsRejected is raised with nothing written. With `dry_run` everything is checked and rolled back.
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
    return len(written)


def import_permission(spec: Spec, user: Any) -> bool:
    return policy.can(user, "add", spec)


def template_lines(spec: Spec) -> list[list[Any]]:
    """An empty sheet to fill in: the headings people read."""
    return [[_label(spec, name) for name in spec.fields]]


def _label(spec: Spec, name: str) -> str:
    model_field: models.Field[Any, Any] | None = spec.field(name)
    return str(model_field.verbose_name) if model_field is not None else name
