"""Who is connected: departments by tier with their lines, the list behind the dashboard's coverage."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, F, Q
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from compliance.web.dashboards import board_url, tenants_of
from inventory.models import Circuit, Network
from inventory.models.code_lists import Tier
from kernel.web.cells import url_of
from kernel.web.pages import SignedInView
from kernel.web.paging import address, page_of


class CoveragePage(SignedInView):
    permission = "tenancy.view_tenant"

    def get(self, request: HttpRequest) -> HttpResponse:
        params = request.GET
        rows = tenants_of(request.user).annotate(
            used=Count("circuits", filter=Q(circuits__status=Circuit.Status.ACTIVE)), recorded=Count("circuits")
        )
        tier, connected = params.get("tier", ""), params.get("connected", "")
        if tier in Tier.values:
            rows = rows.filter(tier=tier)
        network = _number(params.get("network", ""))
        if network is not None:
            rows = rows.filter(pk__in=Circuit.objects.filter(network_id=network).values("tenant_id"))
        if connected in ("yes", "no"):
            rows = rows.filter(is_connected=connected == "yes")
        rows = rows.select_related("region").order_by(F("used").asc(), "name", "pk")
        found, pager = page_of(rows, params)
        listed = [
            {"tenant": row, "url": url_of(row), "lines_url": board_url(tenant=row.pk, status="active")} for row in found
        ]
        return TemplateResponse(
            request,
            "compliance/coverage.html",
            {
                "rows": listed,
                "pager": pager,
                "tabs": _tabs(params, tier),
                "connected": _connected(params, connected),
                "network": Network.objects.filter(pk=network).first() if network is not None else None,
                "network_off": address(params, network=None, page=None),
            },
        )


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _tabs(params: Any, tier: str) -> list[dict[str, Any]]:
    return [
        {"title": label, "active": tier == value, "url": address(params, tier=value or None, page=None)}
        for value, label in (
            ("", None),
            *((t.value, t.label) for t in (Tier.CITY, Tier.COUNTY, Tier.TOWNSHIP, Tier.VILLAGE)),
        )
    ]


def _connected(params: Any, connected: str) -> list[dict[str, Any]]:
    return [
        {"value": value, "active": connected == value, "url": address(params, connected=value or None, page=None)}
        for value in ("", "yes", "no")
    ]
