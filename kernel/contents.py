"""What a file is, told by its content. Its name only chooses between endings that the content allows."""

from __future__ import annotations

import codecs
import io
import re
import unicodedata
import zipfile
from dataclasses import dataclass

from django.utils.translation import gettext as _

from kernel.errors import ProductError

LONGEST_NAME = 200
_MOST_PARTS = 20_000  # files within an office document; its directory alone is read, nothing is unpacked
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_OPEN_XML = "application/vnd.openxmlformats-officedocument."


class RefusedContent(ProductError):
    code = "refused_content"


@dataclass(frozen=True)
class Kind:
    content_type: str
    endings: tuple[str, ...]  # the first one is given to a name that has none of them


PDF = Kind("application/pdf", ("pdf",))
PNG = Kind("image/png", ("png",))
JPEG = Kind("image/jpeg", ("jpg", "jpeg"))
OFD = Kind("application/ofd", ("ofd",))
DOCX = Kind(f"{_OPEN_XML}wordprocessingml.document", ("docx",))
XLSX = Kind(f"{_OPEN_XML}spreadsheetml.sheet", ("xlsx",))
# WPS Office writes its own endings around the same two containers.
DOC = Kind("application/msword", ("doc", "wps", "wpt"))
XLS = Kind("application/vnd.ms-excel", ("xls", "et", "ett"))
CSV = Kind("text/csv", ("csv",))
TEXT = Kind("text/plain", ("txt",))

_SIGNATURES = ((b"%PDF-", PDF), (b"\x89PNG\r\n\x1a\n", PNG), (b"\xff\xd8\xff", JPEG))
_STREAMS = (("WordDocument", DOC), ("Workbook", XLS), ("Book", XLS))
_PACKED = (("OFD.xml", OFD), ("word/document.xml", DOCX), ("xl/workbook.xml", XLSX))


def kind_of(content: bytes, name: str) -> Kind:
    """Raises RefusedContent for whatever is not a document that people read."""
    for start, kind in _SIGNATURES:
        if content.startswith(start):
            return kind
    if content.startswith(_OLE):
        return _ole_kind(content)
    if content.startswith(b"PK"):
        return _packed_kind(content)
    if _is_text(content):
        return CSV if name.lower().endswith(".csv") else TEXT
    raise RefusedContent(
        _("The file is none of: PDF, OFD, Word, Excel, WPS, PNG, JPEG, plain text, CSV. Save it as one of these.")
    )


def _ole_kind(content: bytes) -> Kind:
    """The names of the streams stand in the container's directory as UTF-16, ended by zeros."""
    if "_VBA_PROJECT".encode("utf-16-le") in content:
        raise RefusedContent(_("The document holds macros. Save it without them, or as a PDF."))
    for stream, kind in _STREAMS:
        if f"{stream}\0".encode("utf-16-le") in content:
            return kind
    raise RefusedContent(_("The file is neither a Word nor an Excel document. Save it as a PDF."))


def _packed_kind(content: bytes) -> Kind:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = {entry.filename for entry in archive.infolist()[:_MOST_PARTS]}
    except (zipfile.BadZipFile, ValueError, OSError, EOFError, NotImplementedError) as error:
        raise RefusedContent(_("The file is damaged; save it again in its own program.")) from error
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise RefusedContent(_("The document holds macros. Save it without them, or as a PDF."))
    for part, kind in _PACKED:
        if part in names:
            return kind
    raise RefusedContent(_("Archives are not kept: unpack the file and attach its documents one by one."))


def _is_text(content: bytes) -> bool:
    """UTF-8, UTF-16 with its mark, or GB18030, without control characters."""
    is_utf16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ("utf-16",) if is_utf16 else ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return re.search(r"[\x00-\x08\x0e-\x1f\x7f]", text) is None
    return False


def harmless_name(name: str, kind: Kind) -> str:
    """Without folders and signs that hide an ending; ends as the content does, so that no script is saved by it."""
    bare = re.split(r"[\\/]", unicodedata.normalize("NFC", name))[-1]
    bare = "".join(c for c in bare if unicodedata.category(c)[0] != "C" and c not in '<>:"|?*').strip(" .")
    stem, _dot, ending = bare.rpartition(".")
    if not stem or ending.lower() not in kind.endings:
        stem, ending = bare or _("document"), kind.endings[0]
    return f"{stem[: LONGEST_NAME - len(ending) - 1]}.{ending}"
