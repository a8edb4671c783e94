"""One row's own page: what is recorded, what other packages add as panels, what refers to it, its history."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse

from kernel import policy
from kernel.registry import registry
from kernel.spec import Spec
from kernel.web import trail
from kernel.web.attachments import documents_of
from kernel.web.cells import cell
from kernel.web.pages import SpecPage


def related_lists(spec: Spec, row: Any, user: Any) -> list[dict[str, Any]]:
    """The rows that refer to this one, counted within the reader's scope, each with its filtered list."""
    found = []
    for relation in spec.meta.related_objects:
        model = relation.related_model
        if model not in registry or relation.many_to_many:
            continue
        other = registry.of(model)
        if not policy.can(user, "view", other):
            continue
        rows = policy.visible(user, other, other.model._default_manager.all())
        count = rows.filter(**{relation.field.name: row.pk}).count()
        if count:
            query = f"?{relation.field.name}_id={row.pk}"
            title = (
                other.title
                if relation.field.name == spec.meta.model_name
                else (f"{other.title} ({relation.field.verbose_name})")
            )
            found.append({"title": title, "count": count, "url": reverse(f"{other.route}-list") + query})
    return found


class DetailPage(SpecPage):
    template = "detail"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self.row(pk)
        panels, shows_fields, head = self._panels(row)
        records = list(trail.of_row(self.spec, pk)[:5])
        changes = trail.shown(records)
        names = (*self.spec.fields, *(c.name for c in self.spec.computed))
        return self.page(
            object=row,
            title=str(row),
            crumbs=self.crumbs((str(row), "")),
            panels=panels,
            fields=[] if shows_fields else [cell(self.spec, row, name, request.user) for name in names],
            documents=documents_of(self.spec, row, request.user),
            related=related_lists(self.spec, row, request.user),
            history=changes,
            recorded={"who": records[0].who, "at": records[0].at} if records else None,
            history_url=self.url("history", pk),
            edit_url=self.url("edit", pk) if self.may("change") else "",
            delete_url=self.url("delete", pk) if self.may("delete") else "",
            **head,
        )

    def _panels(self, row: Any) -> tuple[list[dict[str, Any]], bool, dict[str, Any]]:
        """The rendered panels. A panel's context may carry `head` for the page's own title line."""
        shown, shows_fields, head = [], False, {}
        for panel in self.spec.panels:
            context = panel.context(self.request, row)
            if context is None:
                continue
            head.update(context.pop("head", {}))
            shows_fields = shows_fields or panel.replaces_fields
            if panel.template:
                html = render_to_string(panel.template, {"object": row, **context}, request=self.request)
                shown.append({"position": panel.position, "html": html})
        return shown, shows_fields, head
