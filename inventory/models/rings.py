"""What keeps the network up when a line fails: backbone rings and paired exits."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from inventory.models.circuits import Circuit
from inventory.models.devices import Device
from inventory.models.networks import Network
from inventory.models.sites import Location
from kernel.models import Recorded


class Ring(Recorded):
    class Protocol(models.TextChoices):
        ERPS = "erps", "ERPS"
        RPR = "rpr", "RPR"
        OSPF_BFD = "ospf_bfd", "OSPF + BFD"
        SR = "sr", "SR / SRv6"
        MSTP_SNCP = "mstp_sncp", "MSTP SNCP"
        OTHER = "other", _("other")

    name = models.CharField(_("name"), max_length=100, unique=True)
    network = models.ForeignKey(Network, models.PROTECT, related_name="rings", verbose_name=_("network"))
    protocol = models.CharField(_("protocol"), max_length=20, choices=Protocol.choices, default=Protocol.OTHER)
    capacity_gbps = models.DecimalField(
        _("capacity (Gbit/s)"), max_digits=8, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    description = models.CharField(_("description"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("backbone ring")
        verbose_name_plural = _("backbone rings")

    def __str__(self) -> str:
        return self.name


class RingSegment(Recorded):
    ring = models.ForeignKey(Ring, models.CASCADE, related_name="segments", verbose_name=_("backbone ring"))
    sequence = models.PositiveSmallIntegerField(
        _("number"),
        validators=[MinValueValidator(1)],
        help_text=_("Number the segments 1, 2, 3 … around the ring; each starts where the one before ends."),
    )
    circuit = models.ForeignKey(Circuit, models.PROTECT, related_name="ring_segments", verbose_name=_("dedicated line"))
    from_location = models.ForeignKey(
        Location, models.PROTECT, related_name="ring_segments_from", verbose_name=_("from room")
    )
    to_location = models.ForeignKey(
        Location, models.PROTECT, related_name="ring_segments_to", verbose_name=_("to room")
    )

    class Meta:
        verbose_name = _("ring segment")
        verbose_name_plural = _("ring segments")
        constraints = [
            models.UniqueConstraint(
                fields=["ring", "sequence"],
                name="ring_segment_sequence",
                violation_error_message=_("This ring has a segment with that number already; choose the next one."),
            ),
            models.UniqueConstraint(
                fields=["ring", "from_location"],
                name="ring_segment_from_once",
                violation_error_message=_("Another segment of this ring starts in that room; each room starts one."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ring} | {self.sequence}"

    def clean(self) -> None:
        if self.from_location_id is not None and self.from_location_id == self.to_location_id:
            raise ValidationError({"to_location": _("A segment joins two rooms; choose a different one here.")})


class EgressPair(Recorded):
    """Exits that stand in for each other."""

    class Target(models.TextChoices):
        INTERNET = "internet", _("Internet")
        PROVINCE = "province", _("province")
        UPPER = "upper", _("upper tier")

    name = models.CharField(_("name"), max_length=100, unique=True)
    network = models.ForeignKey(Network, models.PROTECT, related_name="egress_pairs", verbose_name=_("network"))
    target = models.CharField(_("leads to"), max_length=10, choices=Target.choices)
    description = models.CharField(_("description"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("pair of exits")
        verbose_name_plural = _("pairs of exits")

    def __str__(self) -> str:
        return self.name


class Egress(Recorded):
    name = models.CharField(_("name"), max_length=100, unique=True)
    pair = models.ForeignKey(
        EgressPair, models.PROTECT, null=True, blank=True, related_name="egresses", verbose_name=_("pair of exits")
    )
    circuit = models.ForeignKey(Circuit, models.PROTECT, related_name="egresses", verbose_name=_("dedicated line"))
    router = models.ForeignKey(
        Device, models.PROTECT, null=True, blank=True, related_name="routed_egresses", verbose_name=_("router")
    )
    firewall = models.ForeignKey(
        Device, models.PROTECT, null=True, blank=True, related_name="guarded_egresses", verbose_name=_("firewall")
    )
    bandwidth_mbps = models.PositiveIntegerField(
        _("bandwidth (Mbit/s)"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    description = models.CharField(_("description"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("exit")
        verbose_name_plural = _("exits")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(bandwidth_mbps__gt=0),
                name="egress_bandwidth_above_zero",
                violation_error_message=_("Give the bandwidth as a number above 0, or leave it empty."),
            ),
        ]

    def __str__(self) -> str:
        return self.name
