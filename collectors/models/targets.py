"""Which devices are asked, when next, by whom just now, and how it went last time."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Target(models.Model):
    """One pollable device. The lease in it is what keeps two workers from asking the same device at once."""

    class State(models.TextChoices):
        UNKNOWN = "unknown", _("not known")
        UP = "up", _("answers")
        DOWN = "down", _("silent")

    device_id = models.BigIntegerField(unique=True)
    network_id = models.BigIntegerField(null=True)
    is_polled = models.BooleanField(default=True)
    """False once the record no longer lets us ask; the row stays for what it counted."""
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.UNKNOWN)
    state_since_at = models.DateTimeField(null=True)
    reads = models.BigIntegerField(default=0)
    """Successful readings so far; with a row's own number it tells how often in a row a state was seen."""
    last_ok_at = models.DateTimeField(_("last read"), null=True)
    last_try_at = models.DateTimeField(_("last asked"), null=True)
    last_facts_at = models.DateTimeField(null=True)
    """When everything was read, not the counters alone."""
    error_code = models.CharField(max_length=40, blank=True)
    error_message = models.CharField(max_length=500, blank=True)
    warnings = models.JSONField(default=list)
    failures = models.PositiveIntegerField(default=0)
    next_due_at = models.DateTimeField()
    lease_owner = models.CharField(max_length=64, blank=True)
    lease_until = models.DateTimeField(null=True)
    uptime_s = models.FloatField(null=True)
    is_sample = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["next_due_at", "id"], name="target_due"),
            models.Index(fields=["lease_owner"], name="target_lease"),
            models.Index(fields=["network_id", "state"], name="target_of_network"),
        ]

    def __str__(self) -> str:
        return f"{self.device_id} {self.state}"


class SeenHostKey(models.Model):
    """A device's SSH host key as first met; another key later is refused."""

    host = models.CharField(max_length=255)
    port = models.PositiveIntegerField()
    kind = models.CharField(max_length=50)
    key = models.TextField()
    first_seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["host", "port"], name="hostkey_of_host")]

    def __str__(self) -> str:
        return f"{self.host}:{self.port} {self.kind}"
