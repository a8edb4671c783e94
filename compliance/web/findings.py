"""Findings: the list with its conditions, and one with its evidence, its ground and its life."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from compliance import texts
from compliance.models import Finding, Rule, VerdictChange
from compliance.web import subjects
from compliance.web.figures import lasting
from compliance.web.rule_rows import changes_of, clause_of, evidence_rows
from inventory.models import Network, Tenant
from kernel import policy
from kernel.registry import registry
from kernel.web.pages import SignedInView
from kernel.web.paging import address, page_of

VIEW_FINDING = "compliance.view_finding"
_LONGEST = 200
_LABELS = {
    "rule": gettext_lazy("Rule"),
    "severity": gettext_lazy("Severity"),
    "network": gettext_lazy("Network"),
    "tenant": gettext_lazy("Department"),
}
_SORTS = {"opened": "opened_at", "number": "number", "rule": "rule__code", "closed": "closed_at"}


def findings_of(user: Any) -> QuerySet[Finding]:
    return policy.visible(user, registry.of(Finding), Finding.objects.all())


class FindingFilterForm(forms.Form):
    def __init__(self, initial: dict[str, str]) -> None:
        super().__init__(initial=initial, auto_id="f_%s")
        rules = [(rule.code, f"{rule.code} {texts.rule_title(rule)}") for rule in Rule.objects.order_by("code")]
        networks = [(str(pk), name) for pk, name in Network.objects.order_by("pk").values_list("pk", "name")]
        for name, choices in (("rule", rules), ("severity", list(Rule.Severity.choices)), ("network", networks)):
            field = forms.ChoiceField(label=_LABELS[name], choices=[("", _("Any")), *choices], required=False)
            self.fields[name] = field


class FindingsPage(SignedInView):
    permission = VIEW_FINDING

    def get(self, request: HttpRequest) -> HttpResponse:
        params = request.GET
        rows = self._filtered(findings_of(request.user))
        counts = dict(rows.order_by().values_list("state").annotate(Count("pk")))
        state = params.get("state", "")
        chosen = rows.filter(state=state) if state in Finding.State.values else rows
        sort = params.get("sort", "-opened")
        path = _SORTS.get(sort.removeprefix("-"), "opened_at")
        chosen = chosen.order_by(f"-{path}" if sort.startswith("-") else path, "-pk").select_related(
            "rule", "tenant", "region", *subjects.RELATED
        )
        found, pager = page_of(chosen, params)
        form = FindingFilterForm({name: params.get(name, "") for name in ("rule", "severity", "network")})
        return TemplateResponse(
            request,
            "compliance/findings.html",
            {
                "rows": [finding_row(row) for row in found],
                "pager": pager,
                "filter_form": form,
                "filter_chips": self._chips(form),
                "q": params.get("q", ""),
                "clear_url": reverse("findings"),
                "is_filtered": bool(state or self._chips(form) or params.get("q")),
                "tabs": [
                    {
                        "value": value,
                        "label": label,
                        "active": state == value,
                        "count": n,
                        "url": address(params, state=value or None, page=None),
                    }
                    for value, label, n in (
                        ("", _("All"), sum(counts.values())),
                        *((v, label, counts.get(v, 0)) for v, label in Finding.State.choices),
                    )
                ],
            },
        )

    def _filtered(self, rows: QuerySet[Finding]) -> QuerySet[Finding]:
        params = self.request.GET
        if (code := params.get("rule", "")) and "\x00" not in code:
            rows = rows.filter(rule__code=code)
        if params.get("severity") in Rule.Severity.values:
            rows = rows.filter(severity=params["severity"])
        for name, path in (("network", "circuit__network_id"), ("tenant", "tenant_id"), ("line", "circuit_id")):
            value = params.get(name, "")
            if value.isascii() and value.isdigit() and len(value) < 19:
                rows = rows.filter(**{path: int(value)})
        if text := params.get("q", "").replace("\x00", "")[:_LONGEST].strip():
            rows = rows.filter(
                Q(number__icontains=text)
                | Q(circuit__line_no__icontains=text)
                | Q(circuit__cid__icontains=text)
                | Q(tenant__name__icontains=text)
                | Q(device__name__icontains=text)
                | Q(contract__contract_no__icontains=text)
            )
        return rows

    def _chips(self, form: FindingFilterForm) -> list[dict[str, str]]:
        params = self.request.GET
        found = []
        for name, label in _LABELS.items():
            value = params.get(name, "")
            if not value:
                continue
            if name == "tenant":
                shown = _tenant_name(value, self.request.user)
            else:
                shown = str(dict(form.fields[name].choices).get(value, value))  # type: ignore[attr-defined]  # a choice field
            found.append(
                {"label": str(label), "value": shown, "remove_url": address(params, **{name: None, "page": None})}
            )
        return found


def _tenant_name(text: str, user: Any) -> str:
    """The department's name, for who may see it; else the text itself."""
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        return text
    rows = policy.visible(user, registry.of(Tenant), Tenant.objects.filter(pk=int(text)))
    return str(rows.values_list("name", flat=True).first() or text)


def finding_row(finding: Finding) -> dict[str, Any]:
    return {
        "finding": finding,
        "url": reverse("finding", args=[finding.pk]),
        "title": texts.rule_title(finding.rule),
        "sentence": texts.sentence(finding.explanation),
        "lasting": lasting(finding.opened_at, finding.closed_at),
        "line_url": subjects.page_of(finding),
        "line_text": subjects.name_of(finding),
        "tone": {"open": "FINDING", "suspended": "EXEMPT", "closed": "PASS"}[finding.state],
        "state_text": finding.get_state_display(),
    }


def finding_context(request: HttpRequest, finding: Finding) -> dict[str, Any]:
    """Also what the derived page of a finding shows as its panel."""
    of_subject = Q(circuit_id=finding.circuit_id) if finding.circuit_id else Q(ring_id=finding.ring_id)
    changes = VerdictChange.objects.filter(of_subject, at__gte=finding.opened_at)
    if finding.circuit_id is None and finding.ring_id is None:
        changes = changes.none()  # a verdict's history is kept for lines and rings
    changes = changes.filter(Q(rule_code=finding.rule.code) | Q(rule_code=""))
    if finding.closed_at is not None:
        changes = changes.filter(at__lte=finding.closed_at)
    closing = finding.closed_by_evidence or {}
    said = {} if finding.state == Finding.State.CLOSED else {"next_step": texts.next_step(finding.explanation)}
    return {
        "row": finding_row(finding),
        "finding": finding,
        "evidence": evidence_rows(finding.evidence),
        "clause": clause_of(finding.rule),
        "changes": changes_of(changes.order_by("-at", "-pk")[:20]),
        "closing_sentence": texts.sentence(closing.get("explanation")),
        "closing_evidence": evidence_rows(closing.get("evidence", [])),
        "recurrence": finding_row(finding.recurrence_of) if finding.recurrence_of else None,
        **said,
    }


class FindingPage(SignedInView):
    permission = VIEW_FINDING

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        rows = findings_of(request.user).select_related(
            "rule__clause__document",
            "tenant",
            "region",
            *subjects.RELATED,
            "recurrence_of__rule",
            *(f"recurrence_of__{path}" for path in subjects.RELATED),
        )
        finding = rows.filter(pk=pk).first()
        if finding is None:
            raise Http404
        crumbs = [{"title": _("Findings"), "url": reverse("findings")}, {"title": finding.number}]
        return TemplateResponse(
            request, "compliance/finding.html", {**finding_context(request, finding), "crumbs": crumbs}
        )
