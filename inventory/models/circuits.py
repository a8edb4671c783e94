"""Dedicated lines, their two ends, the ports at each end and the pieces they are made of."""

from __future__ import annotations

from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from inventory.models.code_lists import AccessClass
from inventory.models.contracts import LineContract
from inventory.models.devices import Interface
from inventory.models.networks import Network
from inventory.models.providers import CircuitType, Provider
from inventory.models.regions import Region
from inventory.models.sites import Location, Site
from inventory.models.tenants import Tenant
from kernel.models import Recorded


class Circuit(Recorded):
    class Status(models.TextChoices):
        PLANNED = "planned", _("planned")
        PROVISIONING = "provisioning", _("being built")
        ACTIVE = "active", _("in use")
        CHANGING = "changing", _("being changed")
        SUSPENDED = "suspended", _("suspended")
        OFFLINE = "offline", _("offline")
        DEPROVISIONING = "deprovisioning", _("being removed")
        DECOMMISSIONED = "decommissioned", _("removed")

    class Role(models.TextChoices):
        RING = "ring", _("backbone ring")
        UPLINK = "uplink", _("uplink")
        EGRESS = "egress", _("exit")
        ACCESS = "access", _("access")
        INTERCONNECT = "interconnect", _("joining of private networks")
        STANDBY = "standby", _("standby")

    class Grade(models.IntegerChoices):
        FIRST = 1, _("1 backbone")
        SECOND = 2, _("2 county and core department")
        THIRD = 3, _("3 ordinary department")
        FOURTH = 4, _("4 village and community")

    line_no = models.CharField(
        _("line number"),
        max_length=40,
        unique=True,
        null=True,
        blank=True,
        validators=[
            RegexValidator(
                r"^[0-9A-Z]{2,12}-[0-9A-Z]{1,8}-[0-9A-Z]{1,8}\Z",
                _("Write it as division-network-number: 410105-WW-0037."),
            )
        ],
        help_text=_("The city's own number: division, network, serial number, for instance 410105-WW-0037."),
    )
    cid = models.CharField(
        _("circuit number"), max_length=100, help_text=_("The number that the carrier gave the line.")
    )
    provider = models.ForeignKey(Provider, models.PROTECT, related_name="circuits", verbose_name=_("carrier"))
    type = models.ForeignKey(CircuitType, models.PROTECT, related_name="circuits", verbose_name=_("medium"))
    status = models.CharField(_("status"), max_length=20, choices=Status.choices, default=Status.PLANNED)
    tenant = models.ForeignKey(
        Tenant,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="circuits",
        verbose_name=_("department"),
        help_text=_("The department that uses the line."),
    )
    region = models.ForeignKey(
        Region,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="circuits",
        verbose_name=_("administrative division"),
        help_text=_("Where the user's end lies."),
    )
    network = models.ForeignKey(
        Network, models.PROTECT, null=True, blank=True, related_name="circuits", verbose_name=_("network")
    )
    role = models.CharField(_("use"), max_length=20, choices=Role.choices, default=Role.ACCESS)
    grade = models.PositiveSmallIntegerField(_("grade"), choices=Grade.choices, null=True, blank=True)
    access_class = models.CharField(_("access class"), max_length=1, choices=AccessClass.choices, blank=True)
    bandwidth_declared_mbps = models.PositiveIntegerField(
        _("declared bandwidth (Mbit/s)"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("What the department asked for."),
    )
    bandwidth_approved_mbps = models.PositiveIntegerField(
        _("approved bandwidth (Mbit/s)"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("Changes only by an approved request."),
    )
    commit_rate = models.PositiveBigIntegerField(_("committed rate (kbit/s)"), null=True, blank=True)
    pair = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="pair_lines",
        verbose_name=_("paired with"),
        help_text=_("The main line of a standby line."),
    )
    contract = models.ForeignKey(
        LineContract, models.PROTECT, null=True, blank=True, related_name="circuits", verbose_name=_("contract")
    )
    install_date = models.DateField(_("opened on"), null=True, blank=True)
    termination_date = models.DateField(_("removed on"), null=True, blank=True)
    monthly_fee = models.DecimalField(
        _("monthly fee (yuan)"),
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    converted = models.BooleanField(
        _("converted"),
        default=False,
        help_text=_("Already moved onto the government information resource network."),
    )
    is_rate_limited_upstream = models.BooleanField(
        _("rate limited before the hand-off"),
        default=False,
        help_text=_(
            "The carrier limits the rate in its own network; the acceptance test tells the speed, not the port."
        ),
    )
    acceptance_mbps = models.PositiveIntegerField(
        _("throughput at acceptance (Mbit/s)"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("Measured when the line was accepted."),
    )
    description = models.CharField(_("description"), max_length=200, blank=True)
    comments = models.TextField(_("comments"), blank=True)

    class Meta:
        verbose_name = _("dedicated line")
        verbose_name_plural = _("dedicated lines")
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "cid"],
                name="circuit_cid_of_provider",
                violation_error_message=_(
                    "This carrier has a line with that circuit number already; check the number."
                ),
            ),
            models.CheckConstraint(
                condition=models.Q(bandwidth_declared_mbps__gt=0),
                name="circuit_declared_above_zero",
                violation_error_message=_("Give the declared bandwidth as a number above 0, or leave it empty."),
            ),
            models.CheckConstraint(
                condition=models.Q(bandwidth_approved_mbps__gt=0),
                name="circuit_approved_above_zero",
                violation_error_message=_("Give the approved bandwidth as a number above 0, or leave it empty."),
            ),
            models.CheckConstraint(
                condition=models.Q(termination_date__gte=models.F("install_date")),
                name="circuit_dates_in_order",
                violation_error_message=_("Set “removed on” to the day of “opened on” or a later one."),
            ),
            models.CheckConstraint(
                condition=~models.Q(pair=models.F("id")),
                name="circuit_pair_differs",
                violation_error_message=_("A line is not its own standby; choose the other line."),
            ),
            models.CheckConstraint(
                condition=models.Q(monthly_fee__gte=0),
                name="circuit_fee_not_negative",
                violation_error_message=_("Give the monthly fee as 0 or more, or leave it empty."),
            ),
        ]
        indexes = [
            models.Index(fields=["status", "line_no"], name="circuit_status_line_no"),
            models.Index(fields=["cid"], name="circuit_cid"),
            models.Index(fields=["termination_date"], name="circuit_termination_date"),
        ]

    def __str__(self) -> str:
        return f"{self.line_no} | {self.cid}" if self.line_no else self.cid

    def clean(self) -> None:
        self.line_no = (self.line_no or "").strip() or None


class CircuitTermination(Recorded):
    class Side(models.TextChoices):
        A = "A", _("A end")
        Z = "Z", _("Z end")

    circuit = models.ForeignKey(Circuit, models.CASCADE, related_name="terminations", verbose_name=_("dedicated line"))
    term_side = models.CharField(_("end"), max_length=1, choices=Side.choices)
    site = models.ForeignKey(
        Site, models.PROTECT, null=True, blank=True, related_name="circuit_terminations", verbose_name=_("site")
    )
    location = models.ForeignKey(
        Location, models.PROTECT, null=True, blank=True, related_name="circuit_terminations", verbose_name=_("room")
    )
    port_speed = models.PositiveBigIntegerField(_("port speed (kbit/s)"), null=True, blank=True)
    pp_info = models.CharField(_("patch panel"), max_length=100, blank=True)
    description = models.CharField(_("description"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("line end")
        verbose_name_plural = _("line ends")
        constraints = [
            models.UniqueConstraint(
                fields=["circuit", "term_side"],
                name="circuit_termination_side",
                violation_error_message=_("This line has that end already; change the one recorded."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.circuit} | {self.term_side}"


class BoundInterface(Recorded):
    """A port at the end of a line: where the line's traffic is read."""

    termination = models.ForeignKey(
        CircuitTermination, models.CASCADE, related_name="bound_interfaces", verbose_name=_("line end")
    )
    interface = models.ForeignKey(Interface, models.PROTECT, related_name="bindings", verbose_name=_("port"))
    is_shared = models.BooleanField(
        _("shared"), default=False, help_text=_("A trunk that carries several lines: its traffic is not one line's.")
    )
    rate_limit_mbps = models.PositiveIntegerField(
        _("policer (Mbit/s)"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("The rate of a policer or shaper on this port: then it is the line's speed, not the port's own."),
    )
    bound_on = models.DateField(_("bound on"), null=True, blank=True)

    class Meta:
        verbose_name = _("bound port")
        verbose_name_plural = _("bound ports")
        constraints = [
            models.UniqueConstraint(
                fields=["termination", "interface"],
                name="bound_interface_once",
                violation_error_message=_("This port is bound to that end already."),
            ),
            models.UniqueConstraint(
                fields=["interface"],
                condition=models.Q(is_shared=False),
                name="bound_interface_not_shared",
                violation_error_message=_("Another line uses this port; tick “shared” on both if it is a trunk."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.termination} | {self.interface}"


class CircuitSegment(Recorded):
    """A piece of a line that another carrier or medium carries."""

    circuit = models.ForeignKey(Circuit, models.CASCADE, related_name="segments", verbose_name=_("dedicated line"))
    sequence = models.PositiveSmallIntegerField(_("number"), validators=[MinValueValidator(1)])
    provider = models.ForeignKey(
        Provider, models.PROTECT, null=True, blank=True, related_name="circuit_segments", verbose_name=_("carrier")
    )
    type = models.ForeignKey(
        CircuitType, models.PROTECT, null=True, blank=True, related_name="circuit_segments", verbose_name=_("medium")
    )
    provider_circuit_id = models.CharField(_("circuit number"), max_length=100, blank=True)
    description = models.CharField(_("description"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("line segment")
        verbose_name_plural = _("line segments")
        constraints = [
            models.UniqueConstraint(
                fields=["circuit", "sequence"],
                name="circuit_segment_sequence",
                violation_error_message=_("This line has a segment with that number already; choose the next one."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.circuit} | {self.sequence}"
