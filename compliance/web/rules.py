"""The rules in force: what each asks, on what ground, and what it is doing now."""

from __future__ import annotations

from typing import Any

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from compliance import texts
from compliance.models import Exemption, Finding, Rule, RuleResult
from compliance.rules import parameters_of
from compliance.web.boards import lines_of
from compliance.web.findings import findings_of
from compliance.web.rule_rows import clause_of, parameter_label
from kernel import policy
from kernel.registry import registry
from kernel.web.cells import url_of
from kernel.web.pages import SignedInView

_WORDS = ("FINDING", "WARN", "UNKNOWN", "EXEMPT", "PASS")


class RulesPage(SignedInView):
    permission = "compliance.view_rule"

    def get(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        lines = lines_of(user).order_by().values("pk")
        results: dict[str, dict[str, int]] = {}
        for code, verdict, n in (
            RuleResult.objects.filter(circuit__in=lines).values_list("rule_code", "verdict").annotate(Count("pk"))
        ):
            results.setdefault(code, {})[verdict] = n
        open_findings = (
            dict(
                findings_of(user)
                .filter(state=Finding.State.OPEN)
                .order_by()
                .values_list("rule_id")
                .annotate(Count("pk"))
            )
            if policy.has_permission(user, "compliance.view_finding")
            else {}
        )
        spec = registry.of(Exemption)
        exempt = (
            dict(
                policy.visible(user, spec, Exemption.objects.filter(revoked=False))
                .order_by()
                .values_list("rule_id")
                .annotate(Count("pk"))
            )
            if policy.can(user, "view", spec)
            else {}
        )
        rules = (
            policy.visible(user, registry.of(Rule), Rule.objects.all())
            .select_related("clause__document")
            .order_by("code")
        )
        rows = [
            self._row(rule, results.get(rule.code, {}), open_findings.get(rule.pk, 0), exempt.get(rule.pk, 0))
            for rule in rules
        ]
        return TemplateResponse(request, "compliance/rules.html", {"rows": rows})

    def _may_set(self, rule: Rule) -> bool:
        return parameters_of(rule.code) is not None and policy.can(self.request.user, "change", registry.of(Rule))

    def _row(self, rule: Rule, counts: dict[str, int], findings: int, exempt: int) -> dict[str, Any]:
        return {
            "rule": rule,
            "title": texts.rule_title(rule),
            "clause": clause_of(rule),
            "url": url_of(rule),
            "counts": counts,
            "hits": counts.get("FINDING", 0) + counts.get("WARN", 0),
            "is_dry": rule.watch_mode == Rule.WatchMode.DRYRUN,
            "hits_url": f"{reverse('board')}?rule={rule.code}",
            "findings": findings,
            "findings_url": f"{reverse('findings')}?rule={rule.code}&state=open",
            "exempt": exempt,
            "exempt_url": f"{reverse('compliance-exemption-list')}?rule_id={rule.pk}&revoked=false",
            "unknown": counts.get("UNKNOWN", 0),
            "passed": counts.get("PASS", 0),
            "total": sum(counts.get(w, 0) for w in _WORDS),
            "parameters": [
                {
                    "label": parameter_label(p.name),
                    "value": rule.parameters.get(p.name, p.default),
                    "default": p.default,
                    "is_default": rule.parameters.get(p.name, p.default) == p.default,
                }
                for p in parameters_of(rule.code) or ()
            ],
            "is_judged": parameters_of(rule.code) is not None,
            "foresight_url": reverse("foresight", args=[rule.code]) if self._may_set(rule) else "",
        }
