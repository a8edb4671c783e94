"""What is wrong now and was before. Written by the evaluation alone; people only acknowledge.

An alert outlives what it is about, so it names its subject by kind and number, and keeps the scope of its time as the
change trail does.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from compliance.models import Rule


class Alert(models.Model):
    class Kind(models.TextChoices):
        FINDING = "finding", _("finding")
        LINE = "line", _("line down")
        DEVICE = "device", _("device silent")
        NETWORK = "network", _("network silent")
        SYSTEM = "system", _("the product itself")
        CONTRACT = "contract", _("contract to renew")

    class State(models.TextChoices):
        FIRING = "firing", _("firing")
        ACKNOWLEDGED = "acknowledged", _("acknowledged")
        SUPPRESSED = "suppressed", _("explained by another")
        MAINTENANCE = "maintenance", _("in maintenance")
        RESOLVED = "resolved", _("over")

    number = models.CharField(_("number"), max_length=20, unique=True)
    key = models.CharField(max_length=80)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    subject_type = models.CharField(_("subject's kind"), max_length=60, blank=True)
    subject_id = models.BigIntegerField(_("subject's number"), null=True)
    label = models.CharField(_("subject"), max_length=200)
    rule_code = models.CharField(_("rule"), max_length=10, blank=True)
    finding_id = models.BigIntegerField(_("finding's number"), null=True)
    network_id = models.BigIntegerField(_("network's number"), null=True)
    severity = models.CharField(_("severity"), max_length=10, choices=Rule.Severity.choices)
    explanation = models.JSONField(_("explanation"), default=dict)
    details = models.JSONField(_("what it explains"), default=dict)
    state = models.CharField(_("state"), max_length=12, choices=State.choices)
    since = models.DateTimeField(_("since"))
    opened_at = models.DateTimeField(_("opened"))
    fires_from = models.DateTimeField(_("counted from"))
    """From when a policy's delay counts: the onset, or the moment its explanation was gone."""
    resolved_at = models.DateTimeField(_("over at"), null=True)
    parent = models.ForeignKey(
        "self", models.SET_NULL, null=True, related_name="children", verbose_name=_("explained by")
    )
    maintenance_until = models.DateTimeField(_("maintenance until"), null=True)
    maintenance_name = models.CharField(_("maintenance window"), max_length=100, blank=True)
    acknowledged_by = models.CharField(_("acknowledged by"), max_length=150, blank=True)
    acknowledged_at = models.DateTimeField(_("acknowledged"), null=True)
    acknowledged_until = models.DateTimeField(_("acknowledged until"), null=True)
    acknowledged_note = models.CharField(_("note"), max_length=500, blank=True)
    org_id = models.BigIntegerField(null=True)
    area_path = models.CharField(max_length=100, blank=True)

    class Meta:
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        constraints = [
            models.UniqueConstraint(fields=["key"], condition=Q(resolved_at=None), name="alert_open_once"),
            models.CheckConstraint(
                condition=Q(state="resolved", resolved_at__isnull=False) | (~Q(state="resolved") & Q(resolved_at=None)),
                name="alert_resolved_has_time",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "-opened_at", "-id"], name="alert_by_state"),
            models.Index(fields=["-opened_at", "-id"], name="alert_newest"),
            models.Index(fields=["resolved_at"], name="alert_resolved"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_open(self) -> bool:
        return self.resolved_at is None


class AlertMatch(models.Model):
    """One policy's course over one alert: when it first spoke, when it last did, how often it repeated."""

    alert = models.ForeignKey(Alert, models.CASCADE, related_name="matches")
    policy_id = models.BigIntegerField()
    policy_name = models.CharField(max_length=100)
    began_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)
    repeats = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["alert", "policy_id"], name="alert_match_once")]
        indexes = [models.Index(fields=["policy_id"], name="alert_match_policy")]

    def __str__(self) -> str:
        return f"{self.alert_id} {self.policy_name}"


class EvaluationLease(models.Model):
    """One row: who is evaluating. Two at once would both tell of the same alert."""

    owner = models.CharField(max_length=100, blank=True)
    until = models.DateTimeField()

    def __str__(self) -> str:
        return self.owner


class EvaluationRun(models.Model):
    """One row: how the last evaluation went."""

    at = models.DateTimeField()
    problems = models.PositiveIntegerField()
    seconds = models.FloatField()

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S}"
