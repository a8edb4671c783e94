"""One box over everything the reader may see."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode

from kernel import policy
from kernel.derive import filters
from kernel.derive.keys import named
from kernel.registry import registry
from kernel.web.cells import cell, url_of
from kernel.web.pages import SignedInView

_SHOWN = 8


class SearchPage(SignedInView):
    def get(self, request: HttpRequest) -> HttpResponse:
        text = request.GET.get("q", "").replace("\x00", "").strip()[:200]
        groups, total = [], 0
        for spec in registry.all() if text else ():
            if not spec.search or not policy.can(request.user, "view", spec):
                continue
            rows = filters.searched(spec, named(spec, policy.visible(request.user, spec)), text)
            found = list(filters.ordered(spec, rows, "")[: _SHOWN + 1])
            if not found:
                continue
            count = len(found) if len(found) <= _SHOWN else rows.order_by().count()
            total += count
            hits = []
            for row in found[:_SHOWN]:
                details = [cell(spec, row, n, request.user)["text"] for n in spec.list_columns[1:4]]
                hits.append(
                    {"title": str(row), "url": url_of(row), "text": " · ".join(d for d in details if d), "tags": []}
                )
            more = f"{reverse(f'{spec.route}-list')}?{urlencode({'q': text})}" if count > _SHOWN else ""
            groups.append({"title": spec.title, "icon": spec.icon, "count": count, "more_url": more, "hits": hits})
        return TemplateResponse(
            request, "kernel/search.html", {"q": text, "search_q": text, "total": total, "groups": groups, "crumbs": []}
        )
