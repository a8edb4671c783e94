"""Deleting one row or many: first what goes with them or stands in the way, then the act with its reason."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kernel import writes
from kernel.errors import GuardedField, StaleEdit, StillUsed
from kernel.web.cells import url_of
from kernel.web.edits import chosen_rows
from kernel.web.pages import SpecPage, whole_number


def _counted(title: str, names: list[str]) -> dict[str, Any]:
    return {"title": title, "count": len(names), "sample": names[:5]}


class DeletePage(SpecPage):
    action = "delete"
    template = "delete"

    def _shown(self, rows: list[Any], *, status: int = 200, **context: Any) -> HttpResponse:
        consequences, protected = [], []
        try:
            for model, going in writes.consequences(rows, self.request.user):
                others = [row for row in going if row not in rows]
                if others:
                    title = capfirst(str(model._meta.verbose_name_plural))
                    consequences.append(_counted(title, [str(row) for row in others]))
        except StillUsed as refused:
            names = [str(name) for name in refused.details["protected"]]  # type: ignore[attr-defined]  # a list of texts
            protected.append(_counted(_("Rows that refer to it"), names))
        single = rows[0] if len(rows) == 1 else None
        shown: dict[str, Any] = {
            "consequences": consequences,
            "protected": protected,
            "reason": {"value": self.request.POST.get("change_reason", "")},
        }
        if single is not None:
            crumbs = self.crumbs((str(single), url_of(single)), (_("Delete"), ""))
            shown |= {"object": single, "version": single.version, "cancel_url": url_of(single), "crumbs": crumbs}
        else:
            shown |= {
                "objects": [{"pk": row.pk, "label": str(row)} for row in rows],
                "object_count": len(rows),
                "cancel_url": self.url("list"),
                "crumbs": self.crumbs((_("Delete"), "")),
            }
        return self.page(status=status, **{**shown, **context})

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._shown([self.row(pk, "delete")])

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self.row(pk, "delete")
        version = whole_number(request.POST.get("version"), 0, 0, 2**31)
        return self._delete([row], {row.pk: version} if version else {})

    def _delete(self, rows: list[Any], versions: dict[int, int]) -> HttpResponse:
        names = ", ".join(str(row) for row in rows[:3])
        try:
            writes.delete_many(
                rows,
                actor=self.request.user,
                reason=self.request.POST.get("change_reason", ""),
                expected_versions=versions,
            )
        except (StillUsed, StaleEdit, GuardedField) as refused:
            messages.error(self.request, refused.message)
            return self._shown(rows, status=refused.status)
        except ValidationError as refused:
            messages.error(self.request, " ".join(refused.messages))
            return self._shown(rows, status=400)
        text = ngettext("Deleted: %(names)s", "%(count)d rows deleted: %(names)s…", len(rows))
        messages.success(self.request, text % {"count": len(rows), "names": names})
        return redirect(self.url("list"))


class BulkDeletePage(DeletePage):
    def post(self, request: HttpRequest, pk: int = 0) -> HttpResponse:
        rows = chosen_rows(self, "delete")
        if not rows:
            messages.warning(request, _("Tick the rows to delete first."))
            return redirect(self.url("list"))
        return self._delete(rows, {}) if "apply" in request.POST else self._shown(rows)

    def get(self, request: HttpRequest, pk: int = 0) -> HttpResponse:
        return redirect(self.url("list"))
