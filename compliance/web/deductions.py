"""A month's deductions by contract: what was measured, promised and deducted; and the sheet for the carrier."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from collectors.models import Probe
from compliance.deduction_sheets import workbook
from compliance.deduction_texts import number, reckoning_text
from compliance.deductions import ContractTotal, DeductedLine, Reckoning, reckon
from compliance.service_facts import Month, month_at, month_named, month_of
from compliance.web.boards import VIEW_BOARD
from inventory.models import Circuit, LineContract
from kernel import policy
from kernel.registry import registry
from kernel.web.cells import url_of
from kernel.web.pages import SignedInView
from kernel.web.paging import address

_MONTHS_SHOWN = 6
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def month_before(month: Month) -> Month:
    first = timezone.localtime(month.start, month.start.tzinfo)
    return month_of(first.year - 1, 12) if first.month == 1 else month_of(first.year, first.month - 1)


class DeductionsPage(SignedInView):
    permission = VIEW_BOARD

    def get(self, request: HttpRequest) -> HttpResponse:
        spec = registry.of(LineContract)
        if not policy.can(request.user, "view", spec):
            raise PermissionDenied
        now = timezone.now()
        month = month_named(request.GET.get("month", "")) or month_before(month_at(now))
        contracts = policy.visible(request.user, spec, LineContract.objects.all())
        chosen = _chosen(request, contracts)
        lines = policy.visible(request.user, registry.of(Circuit), Circuit.objects.all())
        lines = lines.filter(contract__in=contracts if chosen is None else [chosen.pk])
        reckoning = reckon(lines, month, now)
        if request.GET.get("export") == "xlsx":
            return _file(reckoning, chosen)
        is_all = request.GET.get("show") == "all"
        return TemplateResponse(
            request,
            "compliance/deductions.html",
            {
                "months": _months(request, month, now),
                "month": month.name,
                "is_final": reckoning.is_final,
                "until": min(now, month.end),
                "digest": reckoning.digest()[:16],
                "groups": _groups(reckoning, is_all),
                "measured": len(reckoning.lines),
                "deducted": sum(total.deducted for total in reckoning.contracts),
                "amount": money(reckoning.amount),
                "show": [
                    {"is_all": one, "active": is_all == one, "url": address(request.GET, show="all" if one else None)}
                    for one in (False, True)
                ],
                "chosen": chosen,
                "chosen_off": address(request.GET, contract=None),
                "export_url": address(request.GET, export="xlsx"),
                "actions": self._actions(),
            },
        )

    def _actions(self) -> list[dict[str, Any]]:
        spec = registry.of(Probe)
        if not policy.can(self.request.user, "add", spec):
            return []
        return [
            {"title": _("Import probes"), "url": reverse(f"{spec.route}-import"), "icon": "upload", "is_primary": True}
        ]


def _chosen(request: HttpRequest, contracts: Any) -> LineContract | None:
    text = request.GET.get("contract", "")
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        return None
    found: LineContract | None = contracts.filter(pk=int(text)).first()
    return found


def _file(reckoning: Reckoning, chosen: LineContract | None) -> HttpResponse:
    response = HttpResponse(workbook(reckoning), content_type=_XLSX)
    part = f"-contract-{chosen.pk}" if chosen else ""
    response["Content-Disposition"] = f'attachment; filename="deductions-{reckoning.month.name}{part}.xlsx"'
    return response


def _months(request: HttpRequest, month: Month, now: Any) -> list[dict[str, Any]]:
    """The running month and those before it; the one asked for is always among them."""
    shown = [month_at(now)]
    while len(shown) < _MONTHS_SHOWN:
        shown.append(month_before(shown[-1]))
    if month not in shown:
        shown.append(month)
    return [
        {
            "label": date_format(one.start, "YEAR_MONTH_FORMAT"),
            "active": one == month,
            "url": address(request.GET, month=one.name),
        }
        for one in shown
    ]


def money(value: Any) -> str:
    return number_format(value, decimal_pos=2, force_grouping=True)


def _groups(reckoning: Reckoning, is_all: bool) -> list[dict[str, Any]]:
    groups = [_group(total, is_all) for total in reckoning.contracts]
    return [group for group in groups if group["rows"]]


def _group(total: ContractTotal, is_all: bool) -> dict[str, Any]:
    contract = total.contract
    return {
        "contract": contract,
        "url": url_of(contract),
        "only_url": f"?month={total.lines[0].facts.start:%Y-%m}&contract={contract.pk}",
        "amount": money(total.amount),
        "deducted": total.deducted,
        "measured": len(total.lines),
        "rows": [_row(row) for row in total.lines if is_all or row.deduction.parts],
    }


def _row(row: DeductedLine) -> dict[str, Any]:
    month, found, promise = row.month, row.deduction, row.facts.promise
    broken = {part.measure for part in found.parts}
    pairs = (
        ("availability", month.availability, promise.availability if promise else None),
        ("rtt", month.rtt_ms, promise.rtt_ms if promise else None),
        ("loss", month.loss, promise.loss if promise else None),
        ("restore", month.longest_h, promise.restore_h if promise else None),
    )
    return {
        "line": row.line,
        "url": url_of(row.line),
        "name": row.facts.line_no,
        "tenant": row.line.tenant,
        "measures": {
            name: {"value": number(value), "promised": number(limit), "is_broken": name in broken}
            for name, value, limit in pairs
        },
        "measured_share": number(month.measured_share),
        "fee": money(found.fee) if found.fee is not None else "—",
        "percent": number(found.percent),
        "amount": money(found.amount),
        "text": reckoning_text(found),
        "is_unknown": found.reason in ("one_probe", "too_little"),
        "is_deducted": bool(found.parts),
    }
