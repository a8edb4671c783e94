"""The outbox: what is to be told, in which message it goes, and how sending it went."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from alerts.models.alerts import Alert


class Delivery(models.Model):
    """One message to one channel. The lease keeps two workers from sending it twice at the same time.

    A worker that is killed between sending and noting it leaves a message that is sent again, with the same
    idempotency number: at least once, and whoever receives it can tell.
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("waiting")
        FAILED = "failed", _("failed, tried again")
        SENT = "sent", _("sent")
        GIVEN_UP = "given_up", _("given up")

    class Occasion(models.TextChoices):
        OPEN = "open", _("opened")
        ESCALATED = "escalated", _("escalated")
        REPEAT = "repeat", _("repeated")
        RESOLVED = "resolved", _("over")
        TEST = "test", _("test")

    WAITING = (State.QUEUED, State.FAILED)

    idempotency_id = models.UUIDField(_("idempotency number"), default=uuid.uuid4, unique=True)
    channel_id = models.BigIntegerField(_("channel's number"))
    channel_name = models.CharField(_("channel"), max_length=100)
    occasion = models.CharField(_("occasion"), max_length=10, choices=Occasion.choices)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.QUEUED)
    created_at = models.DateTimeField(_("made"))
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    next_try_at = models.DateTimeField(_("next attempt"))
    sent_at = models.DateTimeField(_("sent"), null=True)
    error = models.JSONField(_("error"), default=dict)
    """{"code", "values"} of the last failure; `alerts.texts` makes the sentence."""
    lease_owner = models.CharField(max_length=100, blank=True)
    lease_until = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("alert message")
        verbose_name_plural = _("alert messages")
        indexes = [
            models.Index(fields=["state", "next_try_at", "id"], name="delivery_due"),
            models.Index(fields=["channel_id", "-created_at"], name="delivery_of_channel"),
        ]

    def __str__(self) -> str:
        return str(self.idempotency_id)


class Notice(models.Model):
    """One thing to tell by one step. It waits to be gathered, then belongs to the message that carries it."""

    alert = models.ForeignKey(Alert, models.CASCADE, related_name="notices")
    policy_id = models.BigIntegerField()
    step_id = models.BigIntegerField()
    channel_id = models.BigIntegerField()
    occasion = models.CharField(max_length=10, choices=Delivery.Occasion.choices)
    number = models.PositiveIntegerField(default=0)
    """Of a repetition; 0 for what is told once."""
    due_at = models.DateTimeField()
    delivery = models.ForeignKey(Delivery, models.CASCADE, null=True, related_name="notices")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["alert", "step_id", "occasion", "number"], name="notice_once"),
        ]
        indexes = [models.Index(fields=["delivery", "channel_id"], name="notice_waiting")]

    def __str__(self) -> str:
        return f"{self.alert_id} {self.occasion}"
