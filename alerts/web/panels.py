"""What the derived pages of channels, policies and alerts show beside the record."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from alerts import texts
from alerts.causes import causes
from alerts.evaluation import active_policies
from alerts.facts import gather
from alerts.matching import watched_by
from alerts.models import Alert, AlertChannel, AlertPolicy, Delivery
from alerts.web.rows import delivery_row
from kernel import policy as rights
from kernel.registry import registry
from kernel.spec import Panel

_SHOWN = 20


def channel_panel(request: HttpRequest, channel: AlertChannel) -> dict[str, Any]:
    rows = Delivery.objects.filter(channel_id=channel.pk).order_by("-created_at", "-pk")[:10]
    may_test = rights.can(request.user, "change", registry.of(AlertChannel))
    return {
        "rows": [delivery_row(row) for row in rows],
        "test_url": reverse("alert-channel-test", args=[channel.pk]) if may_test else "",
    }


def policy_panel(request: HttpRequest, policy: AlertPolicy) -> dict[str, Any]:
    """What would alert now, were this the only policy; what somebody may not see is only counted."""
    at = timezone.now()
    found = causes(gather(at))
    rows = [p for p in [*active_policies(), policy] if p.pk == policy.pk]
    watched = watched_by(found.problems, found.parent, rows[-1:])
    keys = [key for key in watched if key not in found.parent]
    keys.sort(key=lambda key: (found.problems[key].since, key), reverse=True)
    shown = [found.problems[key] for key in keys if _may_see(request.user, found.problems[key].subject)]
    return {
        "count": len(keys),
        "explained": len(watched) - len(keys),
        "rows": [
            {"label": p.subject.label, "sentence": texts.sentence(p.explanation), "since": p.since, "rule": p.rule_code}
            for p in shown[:_SHOWN]
        ],
        "more": max(0, len(keys) - len(shown[:_SHOWN])),
        "steps": list(policy.steps.select_related("channel").order_by("after_min", "order")),
    }


def _may_see(user: Any, subject: Any) -> bool:
    """As for the alert that it would be."""
    spec = registry.of(Alert)
    grants = [g for g in rights._grants(user) if rights.role_permits(g.role, spec.permission("view"))]
    return any(
        (g.org_id is None or g.org_id == subject.org_id)
        and (g.area_path is None or subject.area_path.startswith(g.area_path))
        for g in grants
    )


def alert_panel(request: HttpRequest, alert: Alert) -> dict[str, Any]:
    return {"url": reverse("alert", args=[alert.pk])}


CHANNEL_PANELS = (Panel("alerts/panels/channel.html", channel_panel, "main"),)
POLICY_PANELS = (Panel("alerts/panels/policy.html", policy_panel, "main"),)
ALERT_PANELS = (Panel("alerts/panels/alert.html", alert_panel, "banner"),)
