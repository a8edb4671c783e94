"""The line audit board: every line once, worst first, its records beside what was seen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from compliance.models import JudgeRun, RuleResult
from compliance.web.board_filters import BoardFilters
from compliance.web.board_rows import BoardRow, board_rows
from compliance.web.figures import GROUPS, group_of_line
from inventory.models import Circuit, CircuitTermination, Region, RingSegment
from kernel import policy
from kernel.registry import registry
from kernel.web.lists import sheet_response
from kernel.web.pages import SignedInView, whole_number
from kernel.web.paging import SIZES, address

VIEW_BOARD = "compliance.view_board"
# Column -> order. Nulls come last either way: what is missing never leads a list.
_SORTS: dict[str, str] = {
    "department": "tenant__name",
    "line": "line_no",
    "declared": "bandwidth_declared_mbps",
    "approved": "bandwidth_approved_mbps",
    "observed": "line_verdict__observed_mbps",
    "fee": "monthly_fee",
    "since": "line_verdict__since",
}
_HEADINGS = {
    "verdict": gettext_lazy("Verdict"),
    "department": gettext_lazy("Department / line number"),
    "declared": gettext_lazy("Recorded"),
    "approved": gettext_lazy("Approved"),
    "observed": gettext_lazy("Observed port"),
    "fee": gettext_lazy("Fee, yuan"),
    "since": gettext_lazy("Since"),
}


def lines_of(user: Any) -> QuerySet[Any]:
    """The lines a person may see, each with the count it stands in."""
    rows: QuerySet[Any] = policy.visible(user, registry.of(Circuit), Circuit.objects.all())
    counted: QuerySet[Any] = rows.annotate(group=group_of_line())
    return counted


def filtered(rows: QuerySet[Any], filters: BoardFilters) -> QuerySet[Any]:
    """All conditions but the verdict, which the switch counts."""
    if filters.q:
        text = filters.q
        rows = rows.filter(
            Q(line_no__icontains=text)
            | Q(cid__icontains=text)
            | Q(tenant__name__icontains=text)
            | Q(tenant__short_name__icontains=text)
            | Q(description__icontains=text)
        )
    plain = {
        "network_id__in": filters.networks,
        "provider_id__in": filters.providers,
        "tenant_id__in": filters.tenants,
        "tenant__tier__in": filters.tiers,
        "role__in": filters.roles,
        "status__in": filters.statuses,
        "contract_id__in": filters.contracts,
    }
    rows = rows.filter(**{name: values for name, values in plain.items() if values})
    if filters.region is not None:
        below = Q(region__path__startswith=filters.region.path)
        for path in filters.managed_paths:
            below |= Q(region__path__startswith=path)
        rows = rows.filter(below)
    for name in filters.without:
        lacks = Q(**{f"{name}__isnull": True})
        rows = rows.filter(lacks | Q(region__level__lt=Region.Level.COUNTY) if name == "region" else lacks)
    if filters.rules:
        hits = RuleResult.objects.filter(
            circuit=OuterRef("pk"), rule_code__in=filters.rules, verdict__in=("FINDING", "WARN"), is_dry_run=False
        )
        rows = rows.filter(Exists(hits))
    if filters.proofs:
        shown = Q(line_verdict__proof__in=filters.proofs)
        rows = rows.filter(shown | Q(line_verdict=None) if "none" in filters.proofs else shown)
    if filters.rings:
        rooms = RingSegment.objects.filter(ring_id__in=filters.rings).values("from_location_id")
        rows = rows.filter(_ends_in(rooms)).exclude(role=Circuit.Role.RING)
    if filters.rooms:
        rows = rows.filter(_ends_in(filters.rooms)).exclude(role=Circuit.Role.RING)
    return rows


def _ends_in(rooms: Any) -> Exists:
    return Exists(CircuitTermination.objects.filter(circuit=OuterRef("pk"), location_id__in=rooms))


def ordered(rows: QuerySet[Any], sort: str) -> QuerySet[Any]:
    name, is_falling = sort.removeprefix("-"), sort.startswith("-")
    worst_first = (F("line_verdict__rank").asc(nulls_last=True), F("line_verdict__since").asc(nulls_last=True), "pk")
    if name not in _SORTS:
        if is_falling and name == "verdict":
            return rows.order_by(F("line_verdict__rank").desc(nulls_last=True), "-pk")
        return rows.order_by(*worst_first)
    path = F(_SORTS[name])
    return rows.order_by(path.desc(nulls_last=True) if is_falling else path.asc(nulls_last=True), "pk")


def counts_of(rows: QuerySet[Any]) -> dict[str, int]:
    """Lines by verdict; every group is there."""
    found = dict(rows.order_by().values_list("group").annotate(Count("pk")))
    return {group: found.get(group, 0) for group in GROUPS}


class BoardPage(SignedInView):
    permission = VIEW_BOARD

    def get(self, request: HttpRequest) -> HttpResponse:
        filters = BoardFilters.read(request.GET, request.user)
        rows = filtered(lines_of(request.user), filters)
        chosen = rows.filter(group__in=filters.verdicts) if filters.verdicts else rows
        listed = ordered(chosen, request.GET.get("sort", "")).select_related(
            "tenant", "network", "provider", "region", "line_verdict"
        )
        if request.GET.get("export") == "xlsx":
            return sheet_response(_sheet(listed), "lines", "xlsx")
        counts = counts_of(rows)
        total = sum(counts[g] for g in filters.verdicts or GROUPS)
        found, pager = self._page(listed, total)
        return TemplateResponse(
            request,
            "compliance/board.html",
            {
                "rows": board_rows(found),
                "pager": pager,
                "switch": self._switch(counts, filters),
                "filters": filters,
                "filter_form": filters.form(request.user),
                "filter_chips": filters.chips(request.GET, request.user),
                "q": filters.q,
                "columns": {name: self._column(name) for name in _HEADINGS},
                "clear_url": reverse("board"),
                "export_url": address(request.GET, export="xlsx", page=None),
                "last_run": JudgeRun.objects.order_by("-ended_at").first(),
                "is_filtered": filters.is_set,
                "import_url": self._import_url(),
            },
        )

    def _import_url(self) -> str:
        spec = registry.of(Circuit)
        return reverse(f"{spec.route}-import") if policy.can(self.request.user, "add", spec) else ""

    def _page(self, rows: QuerySet[Any], total: int) -> tuple[list[Circuit], dict[str, Any]]:
        params = self.request.GET
        size = whole_number(params.get("size"), 50, 1, 250)
        number = whole_number(params.get("page"), 1, 1, max(1, -(-total // size)))
        first = (number - 1) * size
        found = list(rows[first : first + size])
        return found, {
            "first": first + 1 if found else 0,
            "last": first + len(found),
            "total": total,
            "total_text": number_format(total, force_grouping=True),
            "previous_url": address(params, page=number - 1) if number > 1 else "",
            "next_url": address(params, page=number + 1) if first + size < total else "",
            "page_size": size,
            "page_sizes": [{"n": n, "url": address(params, size=n, page=None)} for n in SIZES],
        }

    def _switch(self, counts: dict[str, int], filters: BoardFilters) -> list[dict[str, Any]]:
        params = self.request.GET
        first = {
            "code": "",
            "count": sum(counts.values()),
            "active": not filters.verdicts,
            "url": address(params, verdict=None, page=None),
        }
        return [first] + [
            {
                "code": group,
                "count": counts[group],
                "active": filters.verdicts == (group,),
                "text": _("Not judged") if group == "NA" else "",
                "url": address(params, verdict=group, page=None),
            }
            for group in GROUPS
        ]

    def _column(self, name: str) -> dict[str, Any]:
        params = self.request.GET
        sort = params.get("sort", "verdict")
        state = "asc" if sort == name else "desc" if sort == f"-{name}" else ""
        return {
            "label": _HEADINGS[name],
            "sorted": state,
            "url": address(params, sort=f"-{name}" if state == "asc" else name, page=None),
        }


_SHEET = (
    gettext_lazy("Verdict"),
    gettext_lazy("Rule"),
    gettext_lazy("What is wrong"),
    gettext_lazy("Department"),
    gettext_lazy("Line number"),
    gettext_lazy("Circuit number"),
    gettext_lazy("Network"),
    gettext_lazy("Carrier"),
    gettext_lazy("Division"),
    gettext_lazy("A end"),
    gettext_lazy("Z end"),
    gettext_lazy("Proof of the ends"),
    gettext_lazy("Recorded, Mbit/s"),
    gettext_lazy("Approved, Mbit/s"),
    gettext_lazy("Observed port, Mbit/s"),
    gettext_lazy("95th percentile of 30 days, Mbit/s"),
    gettext_lazy("Monthly fee, yuan"),
    gettext_lazy("Since"),
)
_CHUNK = 1000


def _sheet(rows: QuerySet[Any]) -> Iterator[list[Any]]:
    yield [str(heading) for heading in _SHEET]
    chunk: list[Circuit] = []
    for line in rows.iterator(chunk_size=_CHUNK):
        chunk.append(line)
        if len(chunk) == _CHUNK:
            yield from (_sheet_row(row) for row in board_rows(chunk))
            chunk = []
    yield from (_sheet_row(row) for row in board_rows(chunk))


def _p95_cell(row: BoardRow) -> float | str | None:
    if not row.is_history_readable:
        return _("can't be read now")
    return None if row.p95_bps is None else round(row.p95_bps / 1_000_000, 2)


def _sheet_row(row: BoardRow) -> list[Any]:
    line = row.line
    return [
        str(row.word),
        row.rule,
        row.sentence,
        row.department,
        line.line_no or "",
        line.cid,
        line.network.name if line.network else "",
        line.provider.name,
        line.region.name if line.region else "",
        row.a_place,
        row.z_place,
        str(row.proof_text),
        line.bandwidth_declared_mbps,
        line.bandwidth_approved_mbps,
        row.observed_mbps,
        _p95_cell(row),
        None if line.monthly_fee is None else float(line.monthly_fee),
        timezone.localtime(row.since).replace(tzinfo=None, microsecond=0) if row.since else None,
    ]
