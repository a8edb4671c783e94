"""What is asked again and again to measure a line, and what came of it.

`Probe` is recorded. The rest is observed: it copies what it needs of the probe, so that a month stays as it was
measured when the probe is changed or deleted.
"""

from __future__ import annotations

import ipaddress

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from inventory.models import Circuit
from kernel.models import Recorded


class Probe(Recorded):
    """Asked by the collector of the line's network. Addresses alone: a name might lead to where none may be asked."""

    class Kind(models.TextChoices):
        ICMP = "icmp", "ICMP"
        TCP = "tcp", "TCP"

    circuit = models.ForeignKey(Circuit, models.CASCADE, related_name="probes", verbose_name=_("dedicated line"))
    name = models.CharField(_("name"), max_length=60)
    kind = models.CharField(_("kind"), max_length=4, choices=Kind.choices, default=Kind.ICMP)
    target = models.CharField(
        _("target address"), max_length=45, help_text=_("IPv4 or IPv6, at the far end of the line.")
    )
    port = models.PositiveIntegerField(
        _("TCP port"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(65_535)]
    )
    source = models.CharField(
        _("source address"),
        max_length=45,
        blank=True,
        help_text=_("The collector's own address to ask from; empty lets its routes decide."),
    )
    packets = models.PositiveSmallIntegerField(
        _("packets a round"), default=5, validators=[MinValueValidator(1), MaxValueValidator(20)]
    )
    interval_s = models.PositiveIntegerField(
        _("interval (s)"), default=60, validators=[MinValueValidator(10), MaxValueValidator(3600)]
    )
    is_enabled = models.BooleanField(_("enabled"), default=True)
    description = models.CharField(_("description"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("probe")
        verbose_name_plural = _("probes")
        constraints = [
            models.UniqueConstraint(
                fields=["circuit", "name"],
                name="probe_once_on_a_line",
                violation_error_message=_("This line has a probe of that name already."),
            ),
            models.CheckConstraint(
                condition=Q(interval_s__gte=10, interval_s__lte=3600),
                name="probe_interval_within_bounds",
                violation_error_message=_("Choose an interval between 10 and 3600 seconds."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.circuit} | {self.name}"

    def clean(self) -> None:
        """Writes both addresses in their shortest form."""
        wrong: dict[str, object] = {}
        found: dict[str, ipaddress.IPv4Address | ipaddress.IPv6Address] = {}
        for name in ("target", "source"):
            text = (getattr(self, name) or "").strip()
            if text or name == "target":
                try:
                    found[name] = ipaddress.ip_address(text.replace("%", " "))  # a zone holds on one machine alone
                    setattr(self, name, str(found[name]))
                except ValueError:
                    wrong[name] = _("Write one IPv4 or IPv6 address, for instance 10.41.2.1.")
        if len(found) == 2 and found["target"].version != found["source"].version:
            wrong["source"] = _("Target and source are of the same family, both IPv4 or both IPv6.")
        if self.kind == self.Kind.TCP and self.port is None:
            wrong["port"] = _("A TCP probe needs a port.")
        if self.kind == self.Kind.ICMP and self.port is not None:
            wrong["port"] = _("ICMP has no ports; leave it empty or choose TCP.")
        if wrong:
            raise ValidationError(wrong)


class ProbeTarget(models.Model):
    """A probe as it is asked: what was copied from it, when it is due, who holds it, how it went last time."""

    class State(models.TextChoices):
        UNKNOWN = "unknown", _("not known")
        UP = "up", _("answers")
        DOWN = "down", _("silent")

    probe_id = models.BigIntegerField(unique=True)
    circuit_id = models.BigIntegerField()
    network_id = models.BigIntegerField(null=True)
    name = models.CharField(max_length=60)
    kind = models.CharField(max_length=4)
    target = models.CharField(max_length=45)
    port = models.PositiveIntegerField(null=True)
    is_asked = models.BooleanField(default=True)
    """False once the record no longer lets us ask; the row stays for what it counted."""
    state = models.CharField(max_length=10, choices=State.choices, default=State.UNKNOWN)
    last_round_at = models.DateTimeField(null=True)
    last_ok_at = models.DateTimeField(null=True)
    lost_since_at = models.DateTimeField(null=True)
    """The first of the rounds in a row that nobody answered; a second one makes it an outage."""
    losses = models.PositiveIntegerField(default=0)
    error_code = models.CharField(max_length=40, blank=True)
    error_values = models.JSONField(default=dict)
    next_due_at = models.DateTimeField()
    lease_owner = models.CharField(max_length=64, blank=True)
    lease_until = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["next_due_at", "id"], name="probe_target_due"),
            models.Index(fields=["lease_owner"], name="probe_target_lease"),
            models.Index(fields=["circuit_id"], name="probe_target_of_line"),
            models.Index(fields=["network_id"], name="probe_target_of_network"),
        ]

    def __str__(self) -> str:
        return f"{self.probe_id} {self.state}"


class ProbeState(models.Model):
    """One probe in one state without a break; an open row holds until its target's last round."""

    probe_id = models.BigIntegerField()
    state = models.CharField(max_length=10, choices=ProbeTarget.State.choices)
    cause = models.CharField(max_length=40, blank=True)
    """Why it is unknown: the code of what kept the collector from measuring."""
    first_seen_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    is_sample = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["probe_id"], condition=Q(ended_at=None), name="probe_state_open"),
        ]
        indexes = [
            models.Index(fields=["probe_id", "first_seen_at"], name="probe_state_history"),
            models.Index(fields=["first_seen_at"], name="probe_state_start"),
        ]

    def __str__(self) -> str:
        return f"{self.probe_id} {self.state} {self.first_seen_at:%Y-%m-%d %H:%M:%S}"


class ProbeSum(models.Model):
    """Sums, so that the means of a month are true. Packets of an outage's rounds are its, and not counted as loss."""

    probe_id = models.BigIntegerField()
    start = models.DateTimeField()
    rounds = models.PositiveIntegerField(default=0)
    sent = models.PositiveIntegerField(default=0)
    received = models.PositiveIntegerField(default=0)
    rtt_sum_ms = models.FloatField(default=0)
    rtt_min_ms = models.FloatField(null=True)
    rtt_max_ms = models.FloatField(null=True)
    histogram = models.JSONField(default=dict)
    """Answers by step of round trip (see `collectors.histograms`)."""
    is_sample = models.BooleanField(default=False)

    class Meta:
        abstract = True
        constraints = [models.UniqueConstraint(fields=["probe_id", "start"], name="%(class)s_of_probe")]
        indexes = [models.Index(fields=["start"], name="%(class)s_start")]

    def __str__(self) -> str:
        return f"{self.probe_id} {self.start:%Y-%m-%d %H:%M}"


class ProbeHour(ProbeSum):
    class Meta(ProbeSum.Meta):
        abstract = False


class ProbeDay(ProbeSum):
    """The day of the product's time zone: a month of a city's probes is 30 rows each, not 720."""

    class Meta(ProbeSum.Meta):
        abstract = False
