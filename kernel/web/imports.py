"""Bringing in a sheet: choose, look at what it would do, write all of it or nothing."""

from __future__ import annotations

import re
import time
import uuid
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from kernel.derive import files, sheets
from kernel.derive.serializers import serializer_for
from kernel.errors import GuardedField, ProductError, RowsRejected
from kernel.web.cells import label_of, plain_text
from kernel.web.lists import sheet_response
from kernel.web.pages import SpecPage
from kernel.web.paging import address

_TOKEN = re.compile(r"^[0-9a-f]{32}$")
_KEPT_S = 24 * 3600
_LISTED = 200
_STATUS = {"wrong": "wrong", "add": "added", "change": "changed", "same": "unchanged", "skip": "unchanged"}


def _folder() -> Path:
    folder = Path(settings.DATA_DIR) / "imports"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _keep(content: bytes) -> str:
    """Keep an upload between its preview and its writing; a day later it is gone."""
    for old in _folder().iterdir():
        if time.time() - old.stat().st_mtime > _KEPT_S:
            old.unlink(missing_ok=True)
    token = uuid.uuid4().hex
    (_folder() / token).write_bytes(content)
    return token


class ImportPage(SpecPage):
    action = "add"
    template = "import"

    def get(self, request: HttpRequest) -> HttpResponse:
        kind = request.GET.get("template")
        if kind in ("csv", "xlsx"):
            return sheet_response(sheets.template_lines(self.spec), f"{self.spec.api[1]}-template", kind)
        token = request.GET.get("token", "")
        if token and token in request.session.get("imports", {}):
            return self._preview(token, request.GET.get("show", ""))
        return self._choose()

    def _crumbs(self) -> list[dict[str, str]]:
        return self.crumbs((_("Import"), ""))

    def _choose(self, error: str = "", pasted: str = "", status: int = 200) -> HttpResponse:
        fields = serializer_for(self.spec)().get_fields()
        columns = [
            {
                "name": name,
                "label": label_of(self.spec, name),
                "is_required": fields[name].required,
                "is_key": name in self.spec.natural_key,
                "hint": str(getattr(self.spec.field(name), "help_text", "")),
                "example": self._example(name),
            }
            for name in self.spec.fields
        ]
        return self.page(
            status=status,
            step="choose",
            crumbs=self._crumbs(),
            columns=columns,
            error=error,
            pasted=pasted,
            list_url=self.url("list"),
            template_csv_url=address(self.request.GET, template="csv"),
            template_xlsx_url=address(self.request.GET, template="xlsx"),
        )

    def _example(self, name: str) -> str:
        field = self.spec.field(name)
        if field is not None and field.choices:
            return " / ".join(str(label) for _value, label in field.flatchoices[:4])
        return ""

    def post(self, request: HttpRequest) -> HttpResponse:
        if "write" in request.POST:
            return self._write(request.POST.get("token", ""))
        upload, pasted = request.FILES.get("file"), request.POST.get("pasted", "")
        if upload is None and not pasted.strip():
            return self._choose(_("Choose a file or paste rows first."), pasted, 400)
        if upload is not None and (upload.size or 0) > files.MAX_BYTES:
            return self._choose(_("The file is larger than 20 MB; split it."), "", 400)
        content = upload.read() if upload is not None else pasted.encode()
        token = _keep(content)
        kept = dict(request.session.get("imports", {}))
        kept[token] = upload.name[:100] if upload is not None and upload.name else _("pasted rows")
        request.session["imports"] = kept
        return self._preview(token, "")

    def _content(self, token: str) -> bytes:
        path = _folder() / token
        if not _TOKEN.match(token) or token not in self.request.session.get("imports", {}) or not path.exists():
            raise ProductError(_("This import is no longer kept; choose the file again."))
        return path.read_bytes()

    def _read(self, token: str) -> sheets.Preview:
        header, rows = files.read(self._content(token))
        return sheets.preview(self.spec, header, rows, user=self.request.user)

    def _preview(
        self, token: str, show: str, *, error: str = "", preview: sheets.Preview | None = None
    ) -> HttpResponse:
        try:
            found = preview or self._read(token)
        except files.UnreadableSheet as refused:
            return self._choose(refused.message, "", 400)
        if preview is None and not found.wrong:
            # What needs the write itself (uniqueness, gates, guards) is tried and rolled back.
            try:
                sheets.load(found, actor=self.request.user, dry_run=True)
            except (RowsRejected, GuardedField):
                pass  # their errors are on the lines
            except ProductError as refused_:
                error = refused_.message
            except ValidationError as refused_:
                error = " ".join(refused_.messages)
        for line in found.wrong:
            line.outcome = "wrong"
        counts = {"added": 0, "changed": 0, "unchanged": 0, "wrong": 0}
        for line in found.lines:
            counts[_STATUS[line.outcome]] += 1
        show = show if show in counts else next((k for k in ("wrong", "changed", "added") if counts[k]), "unchanged")
        listed = [line for line in found.lines if _STATUS[line.outcome] == show]
        query = self.request.GET
        return self.page(
            status=200 if not counts["wrong"] and not error else 400,
            step="preview",
            crumbs=self._crumbs(),
            token=token,
            counts=counts,
            shown=show,
            list_url=self.url("list"),
            file_name=self.request.session.get("imports", {}).get(token, ""),
            columns=[label_of(self.spec, name) for name in found.columns],
            ignored=found.unknown_columns,
            show_urls={name: address(query, token=token, show=name) for name in counts},
            rows=[self._row(line, found.columns) for line in listed[:_LISTED]],
            rows_total=len(listed),
            can_write=not counts["wrong"] and not error and bool(counts["added"] or counts["changed"]),
            error=error,
        )

    def _row(self, line: sheets.Line, columns: list[str]) -> dict[str, Any]:
        cells = [{"text": plain_text(line.values.get(name)), "is_wrong": name in line.errors} for name in columns]
        errors = [
            f"{label_of(self.spec, name)}: {text}" if name in self.spec.fields else text
            for name, texts in line.errors.items()
            for text in texts
        ]
        return {"line": line.number, "status": _STATUS[line.outcome], "cells": cells, "errors": errors}

    def _write(self, token: str) -> HttpResponse:
        found = self._read(token)
        try:
            sheets.load(
                found, actor=self.request.user, reason=self.request.POST.get("change_reason", "") or _("Import")
            )
        except (RowsRejected, GuardedField):
            return self._preview(token, "wrong", preview=found)
        except ProductError as refused:
            return self._preview(token, "", error=refused.message, preview=found)
        counts = {
            "added": found.count("add"),
            "changed": found.count("change"),
            "wrong": 0,
            "unchanged": found.count("same") + found.count("skip"),
        }
        name = self.request.session.get("imports", {}).get(token, "")
        (_folder() / token).unlink(missing_ok=True)
        return self.page(
            step="done",
            crumbs=self._crumbs(),
            counts=counts,
            list_url=self.url("list"),
            file_name=name,
            history_url=self.url("list"),
        )
