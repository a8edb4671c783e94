"""Add, edit, and edit many rows together."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kernel import writes
from kernel.derive.forms import bulk_form_for, bulk_names, form_for, guarded_fields
from kernel.errors import GuardedField, ProductError, RowsRejected, StaleEdit
from kernel.models import ChangeRecord
from kernel.pictures import changed_fields, picture
from kernel.web import trail
from kernel.web.cells import label_of, plain_text, url_of
from kernel.web.pages import SpecPage, whole_number

MAX_BULK = 1000


def _put_errors(form: Any, errors: dict[str, list[str]]) -> None:
    for name, texts in errors.items():
        target = name if name in form.fields else None
        for text in texts:
            form.add_error(target, text if target or name == NON_FIELD_ERRORS else f"{name}: {text}")


class EditPage(SpecPage):
    action = "change"
    template = "form"

    def _instance(self, pk: int | None) -> Any:
        return self.row(pk, "change") if pk is not None else self.spec.model()

    def get(self, request: HttpRequest, pk: int | None = None) -> HttpResponse:
        row = self._instance(pk)
        initial = {n: v for n, v in request.GET.items() if n in self.spec.fields and "\x00" not in v}
        form = form_for(self.spec)(instance=row, initial=initial, user=request.user)
        return self._shown(form, row, version=row.version if pk is not None else None)

    def _shown(self, form: Any, row: Any, *, status: int = 200, **context: Any) -> HttpResponse:
        is_new = row._state.adding
        name = _("Add") if is_new else str(row)
        crumbs = self.crumbs(*([] if is_new else [(name, url_of(row))]), (_("Add") if is_new else _("Edit"), ""))
        more: dict[str, Any] = {}
        if not is_new:
            more = {
                "object": row,
                "history": trail.shown(trail.of_row(self.spec, row.pk)[:5]),
                "history_url": self.url("history", row.pk),
                "delete_url": self.url("delete", row.pk) if self.may("delete") else "",
            }
        always = guarded_fields(self.spec)
        guarded = [
            {"label": label_of(self.spec, field), "message": guard.message}
            for guard in self.spec.guards
            for field in guard.fields
            if field in always
        ]
        cancel = self.url("list") if is_new else url_of(row)
        return self.page(
            status=status,
            form=form,
            mode="add" if is_new else "edit",
            crumbs=crumbs,
            cancel_url=cancel,
            guarded=guarded,
            **{"reason": {"value": self.request.POST.get("change_reason", "")}, **more, **context},
        )

    def post(self, request: HttpRequest, pk: int | None = None) -> HttpResponse:
        row = self._instance(pk)
        form = form_for(self.spec)(request.POST, request.FILES, instance=row, user=request.user)
        # What the form was filled in from; without it nobody knows, and that is as stale as it gets.
        seen = whole_number(request.POST.get("version"), 0, 0, 2**31) if pk is not None else None
        if not form.is_valid():
            return self._shown(form, row, status=400, version=seen)
        if pk is not None:
            if seen != row.version:
                return self._stale(form, row)
            self._keep_theirs(row)
        try:
            writes.save_many(
                [row],
                actor=request.user,
                reason=request.POST.get("change_reason", ""),
                expected_versions={row.pk: row.version} if pk is not None else {},
            )
        except StaleEdit:
            return self._stale(form, row)
        except RowsRejected as rejected:
            _put_errors(form, rejected.rows[0])
        except ValidationError as refused:
            _put_errors(form, refused.message_dict)
        except GuardedField as guarded:
            _put_errors(form, {name: [guarded.message] for name in guarded.details["fields"]})  # type: ignore[attr-defined]  # a tuple of names
        except ProductError as refused_:
            form.add_error(None, refused_.message)
        else:
            messages.success(request, _("Saved: %(name)s") % {"name": row})
            return redirect(self.url("add") if "save_and_add" in request.POST else url_of(row))
        return self._shown(form, row, status=400, version=seen)

    def _stored(self, row: Any) -> Any:
        stored = self.spec.model._base_manager.filter(pk=row.pk).first()
        if stored is None:
            raise Http404
        return stored

    def _keep_theirs(self, row: Any) -> None:
        stored = self._stored(row)
        for name in self.spec.fields:
            if self.request.POST.get(f"keep-{name}") == "theirs":
                setattr(row, name, getattr(stored, name))

    def _stale(self, form: Any, row: Any) -> HttpResponse:
        """Both values side by side; nothing typed is lost and nothing is overwritten."""
        stored = self._stored(row)
        last = trail.of_row(self.spec, row.pk).first()
        names = {self.spec.meta.get_field(n).attname: n for n in self.spec.fields}
        differing = [names[a] for a in changed_fields(picture(stored), picture(row)) if a in names]
        differences = [
            {
                "field": name,
                "label": label_of(self.spec, name),
                "yours": plain_text(getattr(row, name)),
                "theirs": plain_text(getattr(stored, name)),
            }
            for name in differing
        ]
        who = (
            {"who": last.who, "at": last.at}
            if isinstance(last, ChangeRecord)
            else {"who": "", "at": stored.last_updated}
        )
        return self._shown(form, row, status=409, stale={**who, "differences": differences}, version=stored.version)


class AddPage(EditPage):
    action = "add"


class BulkEditPage(SpecPage):
    """Set some fields of many rows in one step: all rows or none."""

    action = "change"
    template = "form"

    def post(self, request: HttpRequest) -> HttpResponse:
        rows = chosen_rows(self, "change")
        if not rows:
            messages.warning(request, _("Tick the rows to change first."))
            return redirect(self.url("list"))
        applied = "apply" in request.POST
        chosen = {n for n in request.POST.getlist("set") if n in bulk_names(self.spec)}
        data = request.POST if applied else None
        # A page that leads here may have chosen the fields and their values already.
        initial = {name: request.POST[name] for name in chosen if name in request.POST}
        form = bulk_form_for(self.spec)(
            data, initial=initial, instance=self.spec.model(), user=request.user, chosen=chosen
        )
        if applied and form.is_valid():
            if not chosen:
                form.add_error(None, _("Tick at least one field to set."))
            elif self._written(form, rows, chosen):
                return redirect(self.url("list"))
        return self._shown(form, rows, chosen, status=400 if applied else 200)

    def _written(self, form: Any, rows: list[Any], chosen: set[str]) -> bool:
        for row in rows:
            for name in chosen:
                setattr(row, name, getattr(form.instance, name))
        try:
            changed = writes.save_many(rows, actor=self.request.user, reason=self.request.POST.get("change_reason", ""))
        except RowsRejected as rejected:
            for position, errors in list(rejected.rows.items())[:5]:
                texts = " ".join(t for ts in errors.values() for t in ts)
                form.add_error(None, f"{rows[position]}: {texts}")
        except ProductError as refused:
            form.add_error(None, refused.message)
        except ValidationError as refused_:
            form.add_error(None, " ".join(refused_.messages))
        else:
            text = ngettext("%(count)d row changed.", "%(count)d rows changed.", len(changed))
            messages.success(self.request, text % {"count": len(changed)})
            return True
        return False

    def _shown(self, form: Any, rows: list[Any], chosen: set[str], *, status: int) -> HttpResponse:
        return self.page(
            status=status,
            form=form,
            mode="bulk",
            crumbs=self.crumbs((_("Edit together"), "")),
            cancel_url=self.url("list"),
            reason={"value": self.request.POST.get("change_reason", "")},
            bulk={
                "count": len(rows),
                "pks": [row.pk for row in rows],
                "sample": [str(row) for row in rows[:10]],
                "chosen": sorted(chosen),
            },
        )


def chosen_rows(page: SpecPage, action: str) -> list[Any]:
    """The ticked rows (`pk` in the form) that the person may act on; 404 when one of them isn't theirs."""
    pks = {int(t) for t in page.request.POST.getlist("pk") if t.isascii() and t.isdigit() and len(t) < 19}
    if len(pks) > MAX_BULK:
        raise ProductError(_("At most %(count)d rows at once.") % {"count": MAX_BULK})
    found: list[Any] = []
    ordered = sorted(pks)
    for start in range(0, len(ordered), 500):
        found += page.rows(action).filter(pk__in=ordered[start : start + 500]).order_by("pk")
    if len(found) != len(pks):
        raise Http404
    return found
