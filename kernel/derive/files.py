"""Reads .csv and .xlsx files into numbered rows. What can't be read whole is refused, never half taken."""

from __future__ import annotations

import codecs
import csv
import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from xml.etree.ElementTree import ParseError

from django.utils.translation import gettext as _
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.xml.constants import SHEET_MAIN_NS
from openpyxl.xml.functions import iterparse

from kernel.errors import ProductError

MAX_ROWS = 20_000
MAX_COLUMNS = 200
MAX_MB = 20
MAX_BYTES = MAX_MB * 1024 * 1024
MAX_UNPACKED_MB = 60
_LAST_ROW = 1_048_576  # of a worksheet
_HAS_FORMULA = re.compile(rb"<(\w+:)?f[\s>/]")
_CELL, _FORMULA, _VALUE, _ROW = (f"{{{SHEET_MAIN_NS}}}{tag}" for tag in ("c", "f", "v", "row"))
# What openpyxl and the modules below it raise for a workbook with a broken part.
_DAMAGED = (
    InvalidFileException,
    zipfile.BadZipFile,
    zlib.error,
    ParseError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    ArithmeticError,
    OSError,
    EOFError,
    RuntimeError,
)

Row = tuple[int, list[Any]]  # its number, as a spreadsheet program counts, and its cells


class UnreadableSheet(ProductError):
    code = "unreadable_sheet"


def read(content: bytes) -> tuple[list[str], list[Row]]:
    """Header and rows of a .csv (UTF-8, UTF-16 or GB18030; comma, semicolon or tab) or .xlsx file."""
    if len(content) > MAX_BYTES:
        raise UnreadableSheet(_("The file is larger than 20 MB; split it."))
    rows = _filled(_xlsx_rows(content) if content[:2] == b"PK" else _csv_rows(content))
    if not rows:
        raise UnreadableSheet(_("The file has no rows."))
    _number, header = rows[0]
    return [str(value or "").strip().removeprefix("\ufeff") for value in header], rows[1:]


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _filled(rows: Iterable[Sequence[Any]]) -> list[Row]:
    """The rows that say something. Blank ones count on: people look for an error by its row number."""
    found: list[Row] = []
    for number, cells in enumerate(rows, start=1):
        if all(map(_is_empty, cells)):
            continue
        if not all(map(_is_empty, cells[MAX_COLUMNS:])):
            raise UnreadableSheet(
                _("The file has more than %(count)d columns; leave out what is no field.") % {"count": MAX_COLUMNS}
            )
        found.append((number, list(cells[:MAX_COLUMNS])))
        if len(found) - 1 > MAX_ROWS:
            raise UnreadableSheet(_("The file has more than %(count)d rows; split it.") % {"count": MAX_ROWS})
    return found


def _decoded(content: bytes) -> str:
    is_utf16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ("utf-16",) if is_utf16 else ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise UnreadableSheet(_("The file is neither UTF-8, UTF-16 nor GB18030 text nor an .xlsx workbook."))


def _csv_rows(content: bytes) -> Iterator[list[Any]]:
    text = _decoded(content)
    head = next((line for line in io.StringIO(text, newline=None) if line.strip()), "")
    delimiter = max(",;\t", key=head.count)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    except csv.Error as error:
        raise UnreadableSheet(_("The file is not a readable CSV: %(why)s.") % {"why": error}) from error


def _xlsx_rows(content: bytes) -> Iterator[list[Any]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            # A small file can unpack to gigabytes; its own directory tells before it is unpacked.
            if sum(entry.file_size for entry in archive.infolist()) > MAX_UNPACKED_MB * 1024 * 1024:
                raise UnreadableSheet(
                    _("The workbook unpacks to more than %(count)d MB; split it.") % {"count": MAX_UNPACKED_MB}
                )
        sheet = load_workbook(io.BytesIO(content), read_only=True, data_only=True).active
        _refuse_uncomputed(sheet)
        for row in sheet.iter_rows(values_only=True, max_row=_LAST_ROW, max_col=MAX_COLUMNS + 1):
            # openpyxl makes up the rows that a file skips, a million of them before a cell in the last one.
            is_blank = row.count(None) == len(row)
            yield [] if is_blank else [int(v) if isinstance(v, float) and v.is_integer() else v for v in row]
    except _DAMAGED as error:
        raise UnreadableSheet(_("The file is not a readable .xlsx workbook.")) from error


def _is_uncomputed(cell: Any) -> bool:
    """A formula whose value is no text and isn't there. The text of a formula may well be empty."""
    return cell.find(_FORMULA) is not None and cell.get("t") != "str" and not cell.findtext(_VALUE)


def _refuse_uncomputed(sheet: Any) -> None:
    """A program that writes a formula without its value leaves a cell that reads as empty."""
    with sheet._get_source() as source:
        if not _HAS_FORMULA.search(source.read()):
            return
    with sheet._get_source() as source:
        for _event, element in iterparse(source):
            if element.tag == _CELL and _is_uncomputed(element):
                said = _(
                    "Cell %(cell)s holds a formula without its value; open and save the file in a spreadsheet program."
                )
                raise UnreadableSheet(said % {"cell": element.get("r", "")})
            if element.tag == _ROW:
                element.clear()
