"""The list of one model: filter, sort, columns, pages, search, export."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from kernel import policy
from kernel.derive import filters, sheets
from kernel.derive.forms import FilterForm
from kernel.derive.keys import key_paths, key_text, named
from kernel.web.cells import cell, is_number, label_of, url_of
from kernel.web.pages import SpecPage
from kernel.web.paging import address, page_of


def sheet_response(lines: Any, name: str, kind: str) -> HttpResponse:
    """A file to download. `kind`: csv or xlsx."""
    if kind == "csv":
        response = HttpResponse(sheets.as_csv(lines), content_type="text/csv; charset=utf-8")
    else:
        content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        response = HttpResponse(sheets.as_xlsx(lines, name), content_type=content_type)
    stamp = timezone.localtime().strftime("%Y%m%d-%H%M")
    response["Content-Disposition"] = f'attachment; filename="{name}-{stamp}.{kind}"'
    return response


class ListPage(SpecPage):
    template = "list"

    def get(self, request: HttpRequest) -> HttpResponse:
        form = FilterForm(self.spec, request.user, request.GET)
        try:
            rows = filters.apply(self.spec, self.rows(), request.GET)
        except ValidationError as refused:
            return self.page(status=400, **self._empty(form), error=" ".join(refused.messages))
        kind = request.GET.get("export")
        if kind in ("csv", "xlsx"):
            return self._export(rows, kind)
        rows = filters.ordered(self.spec, rows, request.GET.get("sort", ""))
        found, pager = page_of(rows, request.GET)
        return self.page(**self._context(found, pager, form))

    def _export(self, rows: QuerySet[Any], kind: str) -> HttpResponse:
        rows = filters.ordered(self.spec, rows, self.request.GET.get("sort", ""))
        return sheet_response(sheets.table(self.spec, rows), self.spec.api[1], kind)

    def _empty(self, form: FilterForm) -> dict[str, Any]:
        pager = {"total_text": "0", "first": 0, "last": 0}
        return self._context([], pager, form)

    def _chosen(self) -> tuple[str, ...]:
        """Columns by ?columns=, else those of the spec; an unknown name is left out."""
        wanted = self.request.GET.getlist("columns")
        known = [*self.spec.list_columns, *(n for n in self.spec.fields if n not in self.spec.list_columns)]
        return tuple(n for n in wanted if n in known) or self.spec.list_columns

    def _context(self, found: list[Any], pager: dict[str, Any], form: FilterForm) -> dict[str, Any]:
        spec, user, params = self.spec, self.request.user, self.request.GET
        names = self._chosen()
        chips = self._chips(form)
        return {
            "description": spec.intro,
            "crumbs": [],
            "columns": [self._column(name) for name in names],
            "rows": [self._row(row, names) for row in found],
            "filter_form": form,
            "filter_chips": chips,
            "clear_url": self.url("list"),
            "q": params.get("q", ""),
            "pager": pager,
            "is_filtered": bool(chips or params.get("q")),
            "actions": {
                "add_url": self.url("add") if self.may("add") else "",
                "import_url": self.url("import") if self.may("add") else "",
                "export_csv_url": address(params, export="csv", page=None),
                "export_xlsx_url": address(params, export="xlsx", page=None),
            },
            "column_picker": [
                {"name": n, "label": label_of(spec, n), "shown": n in names}
                for n in dict.fromkeys((*spec.list_columns, *spec.fields))
            ],
            "can_bulk": self.may("change") or self.may("delete"),
            "bulk_edit_url": self.url("bulk-edit") if self.may("change") else "",
            "bulk_delete_url": self.url("bulk-delete") if self.may("delete") else "",
            "user": user,
        }

    def _column(self, name: str) -> dict[str, Any]:
        params = self.request.GET
        field = self.spec.field(name)
        sortable = name in self.spec.computed_by_name or (field is not None and field.concrete)
        sort = params.get("sort", "")
        state = "asc" if sort == name else "desc" if sort == f"-{name}" else ""
        return {
            "name": name,
            "label": label_of(self.spec, name),
            "sortable": sortable,
            "sorted": state,
            "sort_url": address(params, sort=f"-{name}" if state == "asc" else name, page=None),
            "numeric": is_number(self.spec, name),
        }

    def _row(self, row: Any, names: tuple[str, ...]) -> dict[str, Any]:
        cells = [cell(self.spec, row, name, self.request.user) for name in names]
        if cells and not cells[0].get("url"):
            cells[0]["url"] = url_of(row)
            cells[0]["kind"] = "mono" if cells[0]["kind"] == "mono" else "text"
        edit_url = self.url("edit", row.pk) if self.may("change") else ""
        return {"object": row, "url": url_of(row), "pk": row.pk, "cells": cells, "edit_url": edit_url}

    def _chips(self, form: FilterForm) -> list[dict[str, Any]]:
        params, chips = self.request.GET, []
        for parameter, texts in params.lists():
            name, _sep, suffix = parameter.partition("__")
            given = [t for t in texts if t]
            if parameter in filters.RESERVED or name not in filters.filters_of(self.spec) or not given:
                continue
            if suffix not in filters.filters_of(self.spec)[name].suffixes:
                continue
            field = form.fields.get(parameter)
            known = {str(k): str(v) for k, v in getattr(field, "choices", [])}
            known |= self._names(filters.filters_of(self.spec)[name], [t for t in given if t not in known])
            label = str(field.label) if field is not None else label_of(self.spec, name.removesuffix("_id"))
            chips.append(
                {
                    "label": f"{label[:1].upper()}{label[1:]}{f' ({suffix})' if suffix else ''}",
                    "value": _(", ").join(known.get(t, t) for t in given),
                    "remove_url": address(params, **{parameter: None, "page": None}),
                }
            )
        return chips

    def _names(self, filter_: filters.Filter, texts: list[str]) -> dict[str, str]:
        """Words for rows that a link names by number and no drop-down carries."""
        pks = [int(t) for t in texts if t.isascii() and t.isdigit() and len(t) < 19]
        if filter_.related is None or filter_.kind not in ("id", "subtree") or not pks:
            return {}
        related = filter_.related
        rows = named(related, policy.visible(self.request.user, related)).filter(pk__in=pks[:20])
        return {str(row.pk): str(row) for row in rows}


class OptionsView(SpecPage):
    """What a reference field offers while one types: at most 20 names, as JSON."""

    def get(self, request: HttpRequest) -> JsonResponse:
        rows = filters.searched(self.spec, self.rows(), request.GET.get("q", ""))
        found = rows.order_by(*key_paths(self.spec))[:20]
        named_ = ((row, key_text(row, self.spec)) for row in found)
        results = [{"id": row.pk, "text": key, "words": "" if str(row) == key else str(row)} for row, key in named_]
        return JsonResponse({"results": results})
