"""Breaches on record. The judge opens, suspends and closes them; nobody edits or deletes one."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from compliance.models.policies import Rule

SUBJECTS = ("circuit", "ring", "egress_pair", "contract", "device")


def _one_of(*names: str) -> Q:
    """Exactly one of the columns is filled."""
    found = Q()
    for name in names:
        found |= Q(**{f"{other}__isnull": other != name for other in names})
    return found


class Finding(models.Model):
    class State(models.TextChoices):
        OPEN = "open", _("open")
        SUSPENDED = "suspended", _("suspended")
        CLOSED = "closed", _("closed")

    number = models.CharField(_("number"), max_length=20, unique=True)
    rule = models.ForeignKey(Rule, models.PROTECT, related_name="findings", verbose_name=_("rule"))
    rule_version = models.PositiveIntegerField(_("version of the rule"))
    circuit = models.ForeignKey(
        "inventory.Circuit", models.PROTECT, null=True, related_name="findings", verbose_name=_("line")
    )
    ring = models.ForeignKey(
        "inventory.Ring", models.PROTECT, null=True, related_name="findings", verbose_name=_("ring")
    )
    egress_pair = models.ForeignKey(
        "inventory.EgressPair", models.PROTECT, null=True, related_name="findings", verbose_name=_("pair of exits")
    )
    contract = models.ForeignKey(
        "inventory.LineContract", models.PROTECT, null=True, related_name="findings", verbose_name=_("line contract")
    )
    device = models.ForeignKey(
        "inventory.Device", models.PROTECT, null=True, related_name="findings", verbose_name=_("device")
    )
    port = models.CharField(_("port"), max_length=120, blank=True)
    """Of the device, normalised; empty when the finding is about the device itself."""
    tenant = models.ForeignKey(
        "inventory.Tenant", models.PROTECT, null=True, related_name="findings", verbose_name=_("department")
    )
    region = models.ForeignKey(
        "inventory.Region", models.PROTECT, null=True, related_name="findings", verbose_name=_("division")
    )
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.OPEN)
    severity = models.CharField(_("severity"), max_length=10, choices=Rule.Severity.choices)
    opened_at = models.DateTimeField(_("opened"))
    observations = models.PositiveIntegerField(_("observations"), default=0)
    explanation = models.JSONField(_("explanation"), default=dict)
    evidence = models.JSONField(_("evidence"), default=list)
    closed_at = models.DateTimeField(_("closed"), null=True)
    closed_by_evidence = models.JSONField(_("closing evidence"), null=True)
    recurrence_of = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="recurrences", verbose_name=_("recurrence of")
    )

    class Meta:
        verbose_name = _("finding")
        verbose_name_plural = _("findings")
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "circuit"],
                condition=~Q(state="closed") & Q(circuit__isnull=False),
                name="finding_open_once_a_line",
            ),
            models.UniqueConstraint(
                fields=["rule", "ring"],
                condition=~Q(state="closed") & Q(ring__isnull=False),
                name="finding_open_once_a_ring",
            ),
            models.UniqueConstraint(
                fields=["rule", "egress_pair"],
                condition=~Q(state="closed") & Q(egress_pair__isnull=False),
                name="finding_open_once_a_pair",
            ),
            models.UniqueConstraint(
                fields=["rule", "contract"],
                condition=~Q(state="closed") & Q(contract__isnull=False),
                name="finding_open_once_a_contract",
            ),
            models.UniqueConstraint(
                fields=["rule", "device", "port"],
                condition=~Q(state="closed") & Q(device__isnull=False),
                name="finding_open_once_a_port",
            ),
            models.CheckConstraint(condition=_one_of(*SUBJECTS), name="finding_has_one_subject"),
            models.CheckConstraint(
                condition=Q(state="closed", closed_at__isnull=False, closed_by_evidence__isnull=False)
                | (~Q(state="closed") & Q(closed_at=None)),
                name="finding_closed_by_evidence",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "-opened_at"], name="finding_by_state"),
            models.Index(fields=["rule", "state", "closed_at"], name="finding_of_rule"),
        ]

    def __str__(self) -> str:
        return self.number
