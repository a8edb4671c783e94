"""Contracts with their lines: the panels on a contract's page, what has to be renewed, and lines put under one."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db.models import F, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from compliance.web.boards import VIEW_BOARD, lines_of, ordered
from compliance.web.dashboards import board_url
from compliance.web.figures import bandwidth, chip, grouped
from inventory.models import Circuit, ContractDeduction, LineContract
from inventory.selectors.contracts import RENTED, ContractTerm, Term, contract_terms, count_to_renew
from kernel import policy
from kernel.registry import registry
from kernel.web.cells import url_of
from kernel.web.lists import sheet_response
from kernel.web.pages import SignedInView
from kernel.web.paging import address, page_of, slice_of

VIEW_CONTRACTS = "network.view_linecontract"
_SHOWN = 20
_SIGNS = {Term.EXPIRED: "FINDING", Term.DUE: "WARN", Term.LATER: "PASS", Term.OVER: "NA"}
_WORDS = {
    Term.EXPIRED: gettext_lazy("Ended, still in use"),
    Term.DUE: gettext_lazy("Renew now"),
    Term.LATER: gettext_lazy("Later"),
    Term.OVER: gettext_lazy("Ended, nothing left"),
}


def yuan(value: Decimal | None, digits: int = 0) -> str:
    return "" if value is None else number_format(round(value, digits), decimal_pos=digits, force_grouping=True)


def days_left_text(days: int) -> str:
    if days < 0:
        return ngettext("ended %(days)d day ago", "ended %(days)d days ago", -days) % {"days": -days}
    if days == 0:
        return _("ends today")
    return ngettext("%(days)d day left", "%(days)d days left", days) % {"days": days}


def sign_of(days: int, reminder_days: int, is_used: bool) -> str:
    """The verdict by which a contract's remaining time is drawn."""
    if days < 0:
        return "FINDING" if is_used else "NA"
    return "WARN" if days <= reminder_days else "PASS"


# The page of one contract --------------------------------------------------------------------------------------


def _lines(request: HttpRequest, contract: LineContract) -> QuerySet[Any]:
    return lines_of(request.user).filter(contract_id=contract.pk)


def contract_banner(request: HttpRequest, contract: LineContract) -> dict[str, Any]:
    term = contract_terms(timezone.localdate(), LineContract.objects.filter(pk=contract.pk))[0]
    may_change = policy.visible(request.user, registry.of(LineContract), action="change").filter(pk=contract.pk)
    return {
        "term": term,
        "sign": _SIGNS[term.term],
        "tone": {"FINDING": "finding", "WARN": "warn"}.get(_SIGNS[term.term], ""),
        "days_text": days_left_text(term.days_left),
        "fee": yuan(term.monthly_fee),
        "edit_url": reverse("network-linecontract-edit", args=[contract.pk])
        if term.term in (Term.EXPIRED, Term.DUE) and may_change.exists()
        else "",
        "head": {"verdict": {"value": _SIGNS[term.term], "text": days_left_text(term.days_left)}},
    }


def lines_panel(request: HttpRequest, contract: LineContract) -> dict[str, Any] | None:
    if not policy.can(request.user, "view", registry.of(Circuit)):
        return None
    rows = _lines(request, contract)
    total = rows.order_by().count()
    listed = ordered(rows, "").select_related("tenant", "network", "line_verdict")[:_SHOWN]
    may_add = policy.can(request.user, "change", registry.of(Circuit))
    return {
        "lines": [_line(line) for line in listed],
        "total": total,
        "hidden": Circuit.objects.filter(contract_id=contract.pk).count() - total,
        "all_url": _all_lines_url(request.user, contract.pk) if total > _SHOWN else "",
        "put_url": reverse("contract-lines", args=[contract.pk]) if may_add else "",
    }


def _all_lines_url(user: Any, contract_id: int, **query: Any) -> str:
    if policy.has_permission(user, VIEW_BOARD):
        return board_url(contract=contract_id, **query)
    return f"{reverse('circuits-circuit-list')}?contract_id={contract_id}"


def _line(line: Any) -> dict[str, Any]:
    said = getattr(line, "line_verdict", None)
    return {
        "url": url_of(line),
        "number": line.line_no or line.cid,
        "department": (line.tenant.short_name or line.tenant.name) if line.tenant else line.description,
        "network": line.network.name if line.network else "",
        "status": line.get_status_display() if line.status != Circuit.Status.ACTIVE else "",
        "verdict": chip(said.verdict) if said else grouped(None, line.status),
        "speed": bandwidth(line.bandwidth_approved_mbps or line.bandwidth_declared_mbps),
        "fee": yuan(line.monthly_fee, 2 if line.monthly_fee and line.monthly_fee % 1 else 0),
    }


def price_panel(request: HttpRequest, contract: LineContract) -> dict[str, Any]:
    """What it costs: the sum agreed, the fees of its lines, and what one Mbit/s comes to."""
    fee = approved_fee = Decimal(0)
    approved = unknown = 0
    rented = Circuit.objects.filter(contract_id=contract.pk, status__in=RENTED)
    for monthly, mbps in rented.values_list("monthly_fee", "bandwidth_approved_mbps"):
        if monthly is None:
            unknown += 1
            continue
        fee += monthly
        if mbps:
            approved_fee, approved = approved_fee + monthly, approved + mbps
    months = max(1, round((contract.end_on - contract.start_on).days / 30.44))
    agreed = contract.amount / months if contract.amount is not None else None
    differs = agreed is not None and not unknown and abs(agreed - fee) > max(Decimal(1), fee / 100)
    return {
        "contract": contract,
        "amount": yuan(contract.amount),
        "months": months,
        "agreed": yuan(agreed),
        "fee": yuan(fee),
        "unknown": unknown,
        "differs": differs,
        "per_mbit": yuan(approved_fee / approved, 2) if approved else "",
        "approved": bandwidth(approved) if approved else "",
    }


_STEPS = {
    ContractDeduction.Measure.AVAILABILITY: gettext_lazy("Availability below %(limit)s %%"),
    ContractDeduction.Measure.RTT: gettext_lazy("Round trip above %(limit)s ms"),
    ContractDeduction.Measure.LOSS: gettext_lazy("Loss above %(limit)s %%"),
    ContractDeduction.Measure.RESTORE: gettext_lazy("An outage longer than %(limit)s h"),
}


def promises_panel(request: HttpRequest, contract: LineContract) -> dict[str, Any]:
    """What the carrier promised and what is deducted when it isn't kept, in words."""
    may_see = policy.can(request.user, "view", registry.of(ContractDeduction))
    steps = contract.deductions.order_by("measure", "percent", "threshold", "pk") if may_see else ()
    list_url = f"{reverse('network-contractdeduction-list')}?contract_id={contract.pk}"
    return {
        "contract": contract,
        "promises": _promises(contract),
        "steps": [
            {
                "when": _STEPS[ContractDeduction.Measure(step.measure)] % {"limit": _plain(step.threshold)},
                "percent": _plain(step.percent),
            }
            for step in steps
        ],
        "cap": _plain(contract.deduction_cap),
        "steps_url": list_url if may_see else "",
        "add_url": reverse("network-contractdeduction-add") + f"?contract={contract.pk}"
        if policy.can(request.user, "add", registry.of(ContractDeduction))
        else "",
    }


def _promises(contract: LineContract) -> list[dict[str, str]]:
    given = (
        (_("Availability"), contract.sla_availability, "%"),
        (_("Round trip"), contract.sla_rtt_ms, "ms"),
        (_("Loss"), contract.sla_loss, "%"),
        (_("Restored within"), contract.restore_h, "h"),
    )
    return [{"label": label, "value": f"{_plain(v)} {unit}"} for label, v, unit in given if v is not None]


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"


# Renewals ------------------------------------------------------------------------------------------------------


def renewals_count(user: Any) -> int:
    """For the menu: contracts of the user's scope that need somebody. One query."""
    spec = registry.of(LineContract)
    if not policy.can(user, "view", spec):
        return 0
    rows = policy.visible(user, spec, LineContract.objects.all())
    return count_to_renew(timezone.localdate(), rows)


class RenewalsPage(SignedInView):
    """Contracts by their end: those that ended with lines still under them, then those to renew now."""

    permission = VIEW_CONTRACTS

    def get(self, request: HttpRequest) -> HttpResponse:
        spec = registry.of(LineContract)
        rows = policy.visible(request.user, spec, LineContract.objects.all())
        terms = contract_terms(timezone.localdate(), rows)
        chosen = request.GET.get("term", "")
        if chosen not in {"all", *(term.value for term in Term)}:
            chosen = ""
        if chosen in ("", "all"):
            listed = [t for t in terms if chosen == "all" or t.term in (Term.EXPIRED, Term.DUE)]
        else:
            listed = [t for t in terms if t.term.value == chosen]
        if request.GET.get("export") == "xlsx":
            return sheet_response(_renewal_sheet(listed), "contract-renewals", "xlsx")
        found, pager = slice_of(listed, request.GET)
        return TemplateResponse(
            request,
            "compliance/renewals.html",
            {
                "rows": [self._row(term) for term in found],
                "pager": pager,
                "tabs": self._tabs(terms, chosen),
                "fee": yuan(sum((t.monthly_fee for t in listed), Decimal(0))),
                "lines": sum(t.lines for t in listed),
                "export_url": address(request.GET, export="xlsx", page=None),
                "has_any": bool(terms),
                "add_url": reverse(f"{spec.route}-add") if policy.can(request.user, "add", spec) else "",
            },
        )

    def _row(self, term: ContractTerm) -> dict[str, Any]:
        return {
            "term": term,
            "url": reverse("network-linecontract-detail", args=[term.contract_id]),
            "lines_url": _all_lines_url(self.request.user, term.contract_id, status=RENTED),
            "sign": _SIGNS[term.term],
            "word": _WORDS[term.term],
            "days_text": days_left_text(term.days_left),
            "fee": yuan(term.monthly_fee),
        }

    def _tabs(self, terms: list[ContractTerm], chosen: str) -> list[dict[str, Any]]:
        counts = {term: sum(t.term is term for t in terms) for term in Term}
        params = self.request.GET

        def tab(code: str, sign: str, title: Any, count: int) -> dict[str, Any]:
            url = address(params, term=code or None, page=None)
            return {"sign": sign, "title": title, "count": count, "active": chosen == code, "url": url}

        waiting = counts[Term.EXPIRED] + counts[Term.DUE]
        return [
            tab("", "", _("Waiting"), waiting),
            *(tab(term.value, _SIGNS[term], _WORDS[term], counts[term]) for term in Term),
            tab("all", "", _("All"), len(terms)),
        ]


def _renewal_sheet(terms: list[ContractTerm]) -> list[list[Any]]:
    head = [
        _("State"), _("Contract number"), _("Carrier"), _("Paid by"), _("Starts on"), _("Ends on"), _("Days left"),
        _("Remind before the end (days)"), _("Lines"), _("Fee of the month, yuan"), _("Lines without a fee"),
    ]  # fmt: skip
    return [
        head,
        *(
            [
                str(_WORDS[t.term]), t.contract_no, t.provider, t.payer, t.start_on, t.end_on, t.days_left,
                t.reminder_days, t.lines, float(t.monthly_fee), t.lines_without_fee,
            ]
            for t in terms
        ),
    ]  # fmt: skip


# Lines put under a contract ------------------------------------------------------------------------------------


class ContractLinesPage(SignedInView):
    """The carrier's lines that could come under a contract, to be ticked; the common edit of many lines sets it."""

    permission = VIEW_CONTRACTS

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        spec = registry.of(LineContract)
        contract = policy.visible(request.user, spec, LineContract.objects.all()).filter(pk=pk).first()
        if contract is None:
            raise Http404
        rows = policy.visible(request.user, registry.of(Circuit), Circuit.objects.all(), action="change")
        rows = rows.filter(provider_id=contract.provider_id, status__in=RENTED).exclude(contract_id=contract.pk)
        which = request.GET.get("which", "")
        if which == "ended":
            rows = rows.filter(contract__end_on__lt=timezone.localdate())
        elif which != "all":
            which, rows = "", rows.filter(contract=None)
        if text := request.GET.get("q", "").replace("\x00", "")[:200].strip():
            rows = rows.filter(
                Q(line_no__icontains=text)
                | Q(cid__icontains=text)
                | Q(tenant__name__icontains=text)
                | Q(tenant__short_name__icontains=text)
            )
        found, pager = page_of(
            rows.select_related("tenant", "network", "contract").order_by(F("line_no").asc(nulls_last=True), "pk"),
            request.GET,
        )
        context = {
            "contract": contract,
            "rows": [{**_line(line), "pk": line.pk, "present": line.contract} for line in found],
            "pager": pager,
            "q": text,
            "choices": [
                {"title": title, "active": which == code, "url": address(request.GET, which=code or None, page=None)}
                for code, title in (
                    ("", _("without a contract")),
                    ("ended", _("under a contract that ended")),
                    ("all", _("all of this carrier")),
                )
            ],
            "bulk_url": reverse("circuits-circuit-bulk-edit"),
            "crumbs": [
                {"title": spec.title, "url": reverse(f"{spec.route}-list")},
                {"title": str(contract), "url": url_of(contract)},
                {"title": _("Put lines under it"), "url": ""},
            ],
        }
        return TemplateResponse(request, "compliance/contract_lines.html", context)
