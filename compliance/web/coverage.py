"""Who is connected: the city's departments and, below them, each tier's divisions."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from compliance.selectors.coverage import LEVELS, TIERS, connected_divisions, departments, divisions, used_lines
from compliance.web.dashboards import board_url
from inventory.models import Circuit, Network
from kernel.web.cells import url_of
from kernel.web.pages import SignedInView
from kernel.web.paging import address, page_of


class CoveragePage(SignedInView):
    permission = "tenancy.view_tenant"

    def get(self, request: HttpRequest) -> HttpResponse:
        params = request.GET
        tier, connected = params.get("tier", ""), params.get("connected", "")
        network = _number(params.get("network", ""))
        if tier in LEVELS:
            rows, pager = self._divisions(params, tier, connected)
        else:
            rows, pager = self._departments(params, tier, connected, network)
        return TemplateResponse(
            request,
            "compliance/coverage.html",
            {
                "rows": rows,
                "pager": pager,
                "tabs": _tabs(params, tier),
                "by_division": tier in LEVELS,
                "connected": _connected(params, connected),
                "network": Network.objects.filter(pk=network).first() if network is not None else None,
                "network_off": address(params, network=None, page=None),
            },
        )

    def _departments(
        self, params: Any, tier: str, connected: str, network: int | None
    ) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        rows = departments(self.request.user).annotate(
            is_connected=Exists(used_lines().filter(tenant=OuterRef("pk"))),
            used=Count("circuits", filter=Q(circuits__status=Circuit.Status.ACTIVE)),
            recorded=Count("circuits"),
        )
        if tier in TIERS:
            rows = rows.filter(tier=tier)
        if network is not None:
            rows = rows.filter(pk__in=Circuit.objects.filter(network_id=network).values("tenant_id"))
        if connected in ("yes", "no"):
            rows = rows.filter(is_connected=connected == "yes")
        found, pager = page_of(rows.select_related("region").order_by(F("used").asc(), "name", "pk"), params)
        listed = [
            {
                "name": row.name,
                "url": url_of(row),
                "tier": row.get_tier_display(),
                "place": row.region.name if row.region else "",
                "used": row.used,
                "recorded": row.recorded,
                "lines_url": board_url(tenant=row.pk, status="active"),
            }
            for row in found
        ]
        return listed, pager

    def _divisions(self, params: Any, tier: str, connected: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        is_connected = Q(pk__in=connected_divisions(tier))
        rows = divisions(self.request.user, tier)
        if connected in ("yes", "no"):
            rows = rows.filter(is_connected if connected == "yes" else ~is_connected)
        of_tier = Q(tenants__tier=tier)
        rows = rows.annotate(
            used=Count("tenants__circuits", filter=of_tier & Q(tenants__circuits__status=Circuit.Status.ACTIVE)),
            recorded=Count("tenants__circuits", filter=of_tier),
        )
        found, pager = page_of(rows.select_related("parent__parent").order_by(F("used").asc(), "code"), params)
        listed = [
            {
                "name": row.name,
                "url": url_of(row),
                "tier": row.get_kind_display(),
                "place": _above(row),
                "used": row.used,
                "recorded": row.recorded,
                "lines_url": board_url(region=row.code, tier=tier),
            }
            for row in found
        ]
        return listed, pager


def _above(region: Any) -> str:
    parents = [region.parent, region.parent.parent if region.parent else None]
    return _(" · ").join(parent.name for parent in reversed(parents) if parent is not None)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _tabs(params: Any, tier: str) -> list[dict[str, Any]]:
    return [
        {"title": label, "active": tier == value, "url": address(params, tier=value or None, page=None)}
        for value, label in (("", None), *((t.value, t.label) for t in TIERS))
    ]


def _connected(params: Any, connected: str) -> list[dict[str, Any]]:
    return [
        {"value": value, "active": connected == value, "url": address(params, connected=value or None, page=None)}
        for value in ("", "yes", "no")
    ]
