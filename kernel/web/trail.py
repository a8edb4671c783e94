"""Change records as pages show them: labels, readable values, links."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from kernel import policy
from kernel.derive.keys import named
from kernel.models import ChangeRecord
from kernel.registry import registry
from kernel.spec import Scope, Spec
from kernel.web.cells import label_of, plain_text
from kernel.web.pages import SignedInView, SpecPage
from kernel.web.paging import page_of

VIEW_TRAIL = "core.view_changerecord"
_AT_WRITING = Scope(org="org_id", area="area_path")


def _names(records: Iterable[ChangeRecord]) -> dict[tuple[str, int], str]:
    """The words for every row that the records refer to by number: one query a kind."""
    wanted: dict[Any, set[int]] = defaultdict(set)
    for record in records:
        spec = registry.by_type(record.object_type)
        if spec is None:
            continue
        for values in (record.before, record.after):
            for field in spec.meta.concrete_fields:
                value = (values or {}).get(field.attname)
                if field.is_relation and isinstance(value, int) and field.related_model in registry:
                    wanted[registry.of(field.related_model)].add(value)
    found = {}
    for spec, pks in wanted.items():
        for row in named(spec, spec.queryset()).filter(pk__in=pks):
            found[spec.object_type, row.pk] = str(row)
    return found


def _rows(spec: Spec, record: ChangeRecord, names: dict[tuple[str, int], str]) -> list[dict[str, str]]:
    before, after = record.before or {}, record.after or {}
    rows = []
    for field in spec.meta.concrete_fields:
        old, new = before.get(field.attname), after.get(field.attname)
        if old == new or field.name in ("id",) or not (field.editable or field.name in spec.fields):
            continue
        if record.action != ChangeRecord.Action.UPDATE and (new if record.before is None else old) in (None, "", False):
            continue
        rows.append(
            {
                "label": label_of(spec, field.name),
                "before": _value(field, old, names),
                "after": _value(field, new, names),
            }
        )
    return [*rows, *_documents(before, after)]


def _documents(before: Any, after: Any) -> list[dict[str, str]]:
    """A document that was attached or removed; `kernel.attachments` records it with the row."""
    old, new = (((values.get("attachment") or {}).get("name", "")) for values in (before, after))
    return [{"label": _("Document"), "before": old, "after": new}] if old or new else []


def _value(field: Any, value: Any, names: dict[tuple[str, int], str]) -> str:
    if field.is_relation and isinstance(value, int):
        if field.related_model in registry:
            return names.get((registry.of(field.related_model).object_type, value), f"#{value}")
        return f"#{value}"
    if field.choices:
        return str(dict(field.flatchoices).get(value, value or ""))
    return plain_text(value)


def shown(records: Iterable[ChangeRecord], *, with_object: bool = False) -> list[dict[str, Any]]:
    """Records ready for `parts/changes.html`; two queries or so, whatever their number."""
    listed = list(records)
    names = _names(listed)
    found = []
    for record in listed:
        spec = registry.by_type(record.object_type)
        change: dict[str, Any] = {
            "at": record.at,
            "who": record.who,
            "action": record.action,
            "reason": record.reason,
            "rows": _rows(spec, record, names) if spec else [],
        }
        if with_object:
            url = ""
            if spec is not None and record.action != ChangeRecord.Action.DELETE:
                url = reverse(f"{spec.route}-history", args=[record.object_id])
            kind = spec.singular if spec else record.object_type
            change["object"] = {"label": record.object_repr, "url": url, "kind": kind}
        found.append(change)
    return found


def of_row(spec: Spec, pk: int) -> QuerySet[ChangeRecord]:
    return ChangeRecord.objects.filter(object_type=spec.object_type, object_id=pk).order_by("-pk")


class HistoryPage(SpecPage):
    template = "history"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self.row(pk)
        records, pager = page_of(of_row(self.spec, pk), request.GET)
        crumbs = self.crumbs((str(row), self.url("detail", pk)), (_("History"), ""))
        return self.page(
            object=row, crumbs=crumbs, detail_url=self.url("detail", pk), changes=shown(records), pager=pager
        )


class TrailPage(SignedInView):
    """The whole trail, within the reader's scope at the time of each writing."""

    permission = VIEW_TRAIL

    def get(self, request: HttpRequest) -> HttpResponse:
        condition = Q()
        scope = policy.scope_filter(request.user, VIEW_TRAIL, _AT_WRITING)
        if scope is not None:
            condition &= scope
        if text := request.GET.get("q", "").replace("\x00", "")[:200].strip():
            condition &= Q(object_repr__icontains=text) | Q(actor_name__icontains=text) | Q(reason__icontains=text)
        records, pager = page_of(ChangeRecord.objects.filter(condition).order_by("-pk"), request.GET)
        context = {
            "changes": shown(records, with_object=True),
            "pager": pager,
            "q": request.GET.get("q", ""),
            "crumbs": [],
            "clear_url": request.path,
            "filter_chips": [],
        }
        return TemplateResponse(request, "kernel/changes.html", context)
