"""Alerts: the list, what fires first, and one with what it explains and whom it was told to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import Case, Count, IntegerField, Q, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from alerts import texts
from alerts.models import Alert, AlertMatch, AlertPolicy, Delivery
from alerts.services import may_acknowledge
from alerts.subjects import url_of_subject
from alerts.web.acts import visible_alert
from alerts.web.menu import VIEW
from alerts.web.rows import alert_row, delivery_row
from compliance.models import Finding, Rule
from compliance.web.rule_rows import clause_of
from inventory.models import Circuit, Network
from kernel import policy
from kernel.registry import registry
from kernel.web.pages import SignedInView
from kernel.web.paging import address, page_of

_LONGEST = 200
_LISTED = 100
_HOURS = (
    (2, gettext_lazy("2 hours")),
    (8, gettext_lazy("8 hours")),
    (24, gettext_lazy("1 day")),
    (72, gettext_lazy("3 days")),
    (0, gettext_lazy("until it is over")),
)
_LABELS = {
    "policy": gettext_lazy("Policy"),
    "network": gettext_lazy("Network"),
    "kind": gettext_lazy("Kind"),
}


_WORST_FIRST = (Rule.Severity.SEVERE, Rule.Severity.MAJOR, Rule.Severity.MINOR)


def _ranked(name: str, values: Sequence[str]) -> Case:
    """In the order of these values."""
    return Case(*(When(**{name: value}, then=Value(n)) for n, value in enumerate(values)), output_field=IntegerField())


class AlertFilterForm(forms.Form):
    def __init__(self, initial: dict[str, str]) -> None:
        super().__init__(initial=initial, auto_id="f_%s")
        policies = [(str(pk), name) for pk, name in AlertPolicy.objects.order_by("name").values_list("pk", "name")]
        networks = [(str(pk), name) for pk, name in Network.objects.order_by("pk").values_list("pk", "name")]
        for name, choices in (("policy", policies), ("network", networks), ("kind", list(Alert.Kind.choices))):
            self.fields[name] = forms.ChoiceField(
                label=_LABELS[name], choices=[("", _("Any")), *choices], required=False
            )


class AlertsPage(SignedInView):
    permission = VIEW

    def get(self, request: HttpRequest) -> HttpResponse:
        params = request.GET
        rows = self._filtered(policy.visible(request.user, registry.of(Alert), Alert.objects.all()))
        counts = dict(rows.order_by().values_list("state").annotate(Count("pk")))
        state = params.get("state", "")
        if state in Alert.State.values:
            chosen = rows.filter(state=state)
        else:  # what is explained or over is looked up when wanted
            chosen = rows.exclude(state__in=(Alert.State.SUPPRESSED, Alert.State.RESOLVED))
        chosen = chosen.order_by(
            _ranked("state", Alert.State.values), _ranked("severity", _WORST_FIRST), "-since", "-pk"
        )
        found, pager = page_of(chosen, params)
        below = dict(
            Alert.objects.filter(parent__in=[a.pk for a in found], resolved_at=None)
            .order_by().values_list("parent").annotate(Count("pk"))
        )  # fmt: skip
        for alert in found:
            alert.below = below.get(alert.pk, 0)
        form = AlertFilterForm({name: params.get(name, "") for name in _LABELS})
        chips = self._chips(form)
        return TemplateResponse(request, "alerts/alerts.html", {
            "rows": [alert_row(row) for row in found], "pager": pager, "filter_form": form, "filter_chips": chips,
            "q": params.get("q", ""), "clear_url": reverse("alerts"), "tabs": self._tabs(counts, state),
            "is_filtered": bool(state or chips or params.get("q")),
            "has_policy": AlertPolicy.objects.filter(is_active=True).exists(),
        })  # fmt: skip

    def _tabs(self, counts: dict[str, int], state: str) -> list[dict[str, Any]]:
        present = sum(counts.get(s, 0) for s in ("firing", "acknowledged", "maintenance"))
        tabs = [("", _("Present"), present), *((v, label, counts.get(v, 0)) for v, label in Alert.State.choices)]
        return [
            {"value": value, "label": label, "count": n, "active": state == value,
             "url": address(self.request.GET, state=value or None, page=None)}
            for value, label, n in tabs
        ]  # fmt: skip

    def _filtered(self, rows: QuerySet[Alert]) -> QuerySet[Alert]:
        params = self.request.GET
        for name, path in (("network", "network_id"), ("policy", "matches__policy_id"), ("parent", "parent_id")):
            value = params.get(name, "")
            if value.isascii() and value.isdigit() and len(value) < 19:
                rows = rows.filter(**{path: int(value)})
        if params.get("kind") in Alert.Kind.values:
            rows = rows.filter(kind=params["kind"])
        if text := params.get("q", "").replace("\x00", "")[:_LONGEST].strip():
            rows = rows.filter(Q(number__icontains=text) | Q(label__icontains=text) | Q(rule_code__iexact=text))
        return rows

    def _chips(self, form: AlertFilterForm) -> list[dict[str, str]]:
        found = []
        for name, label in _LABELS.items():
            if value := self.request.GET.get(name, ""):
                shown = str(dict(form.fields[name].choices).get(value, value))  # type: ignore[attr-defined]  # a choice field
                url = address(self.request.GET, **{name: None, "page": None})
                found.append({"label": str(label), "value": shown, "remove_url": url})
        return found


class AlertPage(SignedInView):
    permission = VIEW

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        alert = visible_alert(request, pk)
        user, spec = request.user, registry.of(Alert)
        children = policy.visible(user, spec, Alert.objects.filter(parent=alert)).order_by("resolved_at", "label", "pk")
        listed = list(children[:_LISTED])
        rows = Delivery.objects.filter(notices__alert=alert).distinct().order_by("-created_at", "-pk")
        parent = alert.parent
        if parent is not None and not policy.visible(user, spec, Alert.objects.filter(pk=parent.pk)).exists():
            parent = None
        rule = Rule.objects.filter(code=alert.rule_code).select_related("clause__document").first()
        matches = AlertMatch.objects.filter(alert=alert).order_by("policy_name", "pk")
        return TemplateResponse(request, "alerts/alert.html", {
            "row": alert_row(alert), "alert": alert, "next_step": texts.next_step(alert.explanation),
            "subject_url": url_of_subject(alert.subject_type, alert.subject_id, user),
            "finding_url": self._finding_url(alert), "parent": parent,
            "parent_url": reverse("alert", args=[parent.pk]) if parent else "",
            "children": [alert_row(child) for child in listed], "children_count": children.count(),
            "children_url": f"{reverse('alerts')}?parent={alert.pk}&state=suppressed",
            "lines": self._lines(alert), "lines_count": alert.details.get("lines", 0),
            "deliveries": [delivery_row(d) for d in rows[:50]], "matches": matches,
            "clause": clause_of(rule) if rule else None,
            "can_acknowledge": alert.is_open and may_acknowledge(user, alert),
            "hours": _HOURS,
            "crumbs": [{"title": _("Alerts"), "url": reverse("alerts")}, {"title": alert.number}],
        })  # fmt: skip

    def _finding_url(self, alert: Alert) -> str:
        if alert.finding_id is None:
            return ""
        spec = registry.of(Finding)
        is_seen = policy.can(self.request.user, "view", spec) and (
            policy.visible(self.request.user, spec, Finding.objects.filter(pk=alert.finding_id)).exists()
        )
        return reverse("finding", args=[alert.finding_id]) if is_seen else ""

    def _lines(self, alert: Alert) -> list[dict[str, str]]:
        """Lines behind it that the reader may see; of them nothing is known while it lasts."""
        spec = registry.of(Circuit)
        ids = alert.details.get("line_ids", [])[:_LISTED]
        if not ids or not policy.can(self.request.user, "view", spec):
            return []
        lines = policy.visible(self.request.user, spec, Circuit.objects.filter(pk__in=ids)).select_related("tenant")
        return [
            {"number": line.line_no or line.cid, "url": reverse(f"{spec.route}-detail", args=[line.pk]),
             "tenant": line.tenant.name if line.tenant else ""}
            for line in lines.order_by("line_no", "pk")
        ]  # fmt: skip
