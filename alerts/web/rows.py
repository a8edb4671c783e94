"""Alerts and messages as the pages show them."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from alerts import texts
from alerts.models import Alert, Delivery
from compliance.web.figures import lasting

TONES = {
    Alert.State.FIRING: "FINDING",
    Alert.State.ACKNOWLEDGED: "WARN",
    Alert.State.SUPPRESSED: "UNKNOWN",
    Alert.State.MAINTENANCE: "EXEMPT",
    Alert.State.RESOLVED: "PASS",
}
_SENT = {
    Delivery.State.SENT: "PASS",
    Delivery.State.QUEUED: "INFO",
    Delivery.State.FAILED: "WARN",
    Delivery.State.GIVEN_UP: "FINDING",
}


def alert_row(alert: Alert) -> dict[str, Any]:
    return {
        "alert": alert,
        "url": reverse("alert", args=[alert.pk]),
        "title": texts.title(alert),
        "sentence": texts.sentence(alert.explanation),
        "lasting": lasting(alert.since, alert.resolved_at),
        "tone": TONES[Alert.State(alert.state)],
        "state_text": alert.get_state_display(),
        "below": getattr(alert, "below", 0),
    }


def delivery_row(row: Delivery) -> dict[str, Any]:
    return {
        "row": row,
        "tone": _SENT[Delivery.State(row.state)],
        "state_text": row.get_state_display(),
        "occasion": row.get_occasion_display(),
        "error": texts.error_text(row.error),
    }
