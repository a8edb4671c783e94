"""What of this package has pages, an API and a trail."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from alerts.models import Alert, AlertChannel, AlertPolicy, Delivery, EscalationStep
from kernel.spec import PUBLIC, Scope, Spec


class AlertPolicySpec(Spec):
    model = AlertPolicy
    api = ("alerts", "policies")
    scope = PUBLIC
    fields = (
        "name",
        "is_active",
        "on_findings",
        "rule_codes",
        "min_severity",
        "on_device_down",
        "on_network_silent",
        "on_system",
        "on_contracts",
        "network",
        "region",
        "days",
        "hours_from",
        "hours_to",
        "after_min",
        "repeat_min",
        "sends_resolved",
        "description",
    )
    columns = ("name", "is_active", "network", "region", "after_min", "repeat_min", "description")
    filters = ("is_active", "network", "region")
    search = ("name", "description")
    menu = "alerts"
    icon = "adjustments"
    ordering = ("name", "pk")
    intro = _("What becomes an alert, where, and when it may speak. Without steps an alert shows on the page alone.")


class EscalationStepSpec(Spec):
    model = EscalationStep
    api = ("alerts", "escalation-steps")
    scope = PUBLIC
    fields = ("policy", "order", "channel", "after_min", "only_if_unacknowledged")
    filters = ("policy", "channel")
    search = ("policy__name", "channel__name")
    natural_key = ("policy", "order")
    brief = ("order", "after_min")
    menu = "alerts"
    icon = "list-details"
    ordering = ("policy__name", "order", "pk")
    intro = _("Who is told by a policy, and who next when nobody acknowledges.")


class AlertChannelSpec(Spec):
    model = AlertChannel
    api = ("alerts", "channels")
    scope = PUBLIC
    fields = (
        "name",
        "kind",
        "address",
        "access_key",
        "secret",
        "mentions",
        "keyword",
        "language",
        "group_s",
        "is_active",
        "description",
    )
    columns = ("name", "kind", "address", "language", "is_active", "description")
    filters = ("kind", "is_active", "language")
    search = ("name", "address", "description")
    menu = "alerts"
    icon = "send"
    ordering = ("name", "pk")
    intro = _("Ways out: e-mail, webhook and the robots of WeCom and DingTalk. Secrets are encrypted and never shown.")


class AlertSpec(Spec):
    model = Alert
    api = ("alerts", "alerts")
    scope = Scope(org="org_id", area="area_path")
    read_only = True
    fields = (
        "number",
        "kind",
        "state",
        "severity",
        "label",
        "subject_type",
        "subject_id",
        "rule_code",
        "finding_id",
        "network_id",
        "explanation",
        "since",
        "opened_at",
        "resolved_at",
        "parent",
        "maintenance_name",
        "maintenance_until",
        "acknowledged_by",
        "acknowledged_at",
        "acknowledged_until",
        "acknowledged_note",
    )
    columns = ("number", "kind", "state", "severity", "label", "since", "opened_at", "resolved_at")
    filters = ("kind", "state", "severity")
    search = ("number", "label", "rule_code")
    natural_key = ("number",)
    brief = ("number", "state", "label")
    icon = "bell"
    is_long = True
    ordering = ("-opened_at", "pk")
    intro = _("Opened and closed by the product; people acknowledge.")


class DeliverySpec(Spec):
    model = Delivery
    api = ("alerts", "deliveries")
    scope = PUBLIC
    read_only = True
    fields = (
        "idempotency_id",
        "channel_name",
        "channel_id",
        "occasion",
        "state",
        "created_at",
        "attempts",
        "next_try_at",
        "sent_at",
        "error",
    )
    columns = ("created_at", "channel_name", "occasion", "state", "attempts", "sent_at")
    filters = ("state", "occasion")
    search = ("channel_name",)
    natural_key = ("idempotency_id",)
    brief = ("state", "channel_name")
    icon = "inbox"
    menu = "alerts"
    is_long = True
    ordering = ("-created_at", "pk")
    intro = _("Every message that went out or waits to, with its attempts.")


SPECS = (AlertPolicySpec, AlertChannelSpec, EscalationStepSpec, AlertSpec, DeliverySpec)
