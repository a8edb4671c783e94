from __future__ import annotations

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from inventory.models.interface_types import InterfaceType
from inventory.models.networks import Network
from inventory.models.racks import Rack
from inventory.models.sites import Location, Site
from inventory.models.tenants import Tenant
from kernel.models import Recorded


class Manufacturer(Recorded):
    name = models.CharField(_("name"), max_length=100, unique=True)
    slug = models.SlugField(_("identifier"), max_length=100, unique=True, help_text=_("Letters, digits and hyphens."))
    description = models.CharField(_("description"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("manufacturer")
        verbose_name_plural = _("manufacturers")

    def __str__(self) -> str:
        return self.name


class DeviceRole(Recorded):
    name = models.CharField(_("name"), max_length=100, unique=True)
    slug = models.SlugField(_("identifier"), max_length=100, unique=True, help_text=_("Letters, digits and hyphens."))
    color = models.CharField(
        _("colour"),
        max_length=6,
        default="9e9e9e",
        validators=[RegexValidator(r"^[0-9a-f]{6}\Z", _("Enter six hexadecimal digits in lower case."))],
        help_text=_("Six hexadecimal digits in lower case, for instance 2196f3."),
    )
    separates_zones = models.BooleanField(
        _("separates zones"),
        default=False,
        help_text=_("Firewalls and provider-edge routers may stand in several zones at once."),
    )
    description = models.CharField(_("description"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("device role")
        verbose_name_plural = _("device roles")

    def __str__(self) -> str:
        return self.name


class Platform(Recorded):
    name = models.CharField(_("name"), max_length=100, unique=True)
    slug = models.SlugField(_("identifier"), max_length=100, unique=True, help_text=_("Letters, digits and hyphens."))
    manufacturer = models.ForeignKey(
        Manufacturer, models.PROTECT, null=True, blank=True, related_name="platforms", verbose_name=_("manufacturer")
    )
    description = models.CharField(_("description"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("platform")
        verbose_name_plural = _("platforms")

    def __str__(self) -> str:
        return self.name


class DeviceType(Recorded):
    manufacturer = models.ForeignKey(
        Manufacturer, models.PROTECT, related_name="device_types", verbose_name=_("manufacturer")
    )
    model = models.CharField(_("model"), max_length=100)
    slug = models.SlugField(_("identifier"), max_length=100, unique=True, help_text=_("Letters, digits and hyphens."))
    part_number = models.CharField(_("part number"), max_length=50, blank=True)
    u_height = models.DecimalField(
        _("height (U)"),
        max_digits=4,
        decimal_places=1,
        default=Decimal(1),
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )
    is_full_depth = models.BooleanField(
        _("full depth"), default=True, help_text=_("It takes the front and the rear of the rack.")
    )
    description = models.CharField(_("description"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("device type")
        verbose_name_plural = _("device types")
        constraints = [
            models.UniqueConstraint(
                fields=["manufacturer", "model"],
                name="device_type_model",
                violation_error_message=_("This manufacturer has that model already; use the one recorded."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.manufacturer} | {self.model}"

    def clean(self) -> None:
        if self.u_height is not None and self.u_height * 2 % 1:
            raise ValidationError({"u_height": _("Give the height in whole or half units.")})


class Device(Recorded):
    class Status(models.TextChoices):
        ACTIVE = "active", _("active")
        PLANNED = "planned", _("planned")
        STAGED = "staged", _("staged")
        FAILED = "failed", _("failed")
        INVENTORY = "inventory", _("in store")
        OFFLINE = "offline", _("offline")
        DECOMMISSIONING = "decommissioning", _("being removed")

    class Face(models.TextChoices):
        FRONT = "front", _("front")
        REAR = "rear", _("rear")

    class PurchaseCategory(models.TextChoices):
        """The five kinds of equipment that a department no longer buys for a new system."""

        SERVER = "server", _("server")
        STORAGE = "storage", _("storage")
        NETWORK = "network", _("network equipment")
        SECURITY = "security", _("security equipment")
        SYSTEM_SOFTWARE = "system_software", _("system software")

    name = models.CharField(_("name"), max_length=100, unique=True)
    device_type = models.ForeignKey(DeviceType, models.PROTECT, related_name="devices", verbose_name=_("device type"))
    role = models.ForeignKey(DeviceRole, models.PROTECT, related_name="devices", verbose_name=_("device role"))
    platform = models.ForeignKey(
        Platform, models.PROTECT, null=True, blank=True, related_name="devices", verbose_name=_("platform")
    )
    tenant = models.ForeignKey(
        Tenant, models.PROTECT, null=True, blank=True, related_name="devices", verbose_name=_("department")
    )
    site = models.ForeignKey(Site, models.PROTECT, related_name="devices", verbose_name=_("site"))
    location = models.ForeignKey(
        Location, models.PROTECT, null=True, blank=True, related_name="devices", verbose_name=_("room")
    )
    rack = models.ForeignKey(
        Rack, models.PROTECT, null=True, blank=True, related_name="devices", verbose_name=_("rack")
    )
    position = models.DecimalField(
        _("position (U)"),
        max_digits=4,
        decimal_places=1,
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text=_("The lowest unit it takes, counted from the bottom."),
    )
    face = models.CharField(_("rack face"), max_length=10, choices=Face.choices, blank=True)
    status = models.CharField(_("status"), max_length=20, choices=Status.choices, default=Status.ACTIVE)
    serial = models.CharField(_("serial number"), max_length=100, blank=True)
    asset_tag = models.CharField(_("asset number"), max_length=50, unique=True, null=True, blank=True)
    network = models.ForeignKey(
        Network,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="devices",
        verbose_name=_("network"),
        help_text=_("It is polled only when it has a network and that network allows polling."),
    )
    primary_ip4 = models.ForeignKey(
        "inventory.IPAddress",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="primary_devices",
        verbose_name=_("management address"),
        help_text=_("The IPv4 address at which it is polled."),
    )
    purchase_category = models.CharField(
        _("purchase category"), max_length=20, choices=PurchaseCategory.choices, blank=True
    )
    bought_on = models.DateField(_("bought on"), null=True, blank=True)
    fund_source = models.CharField(_("source of funds"), max_length=100, blank=True)
    xc_ready = models.BooleanField(_("domestic technology"), null=True, blank=True)
    description = models.CharField(_("description"), max_length=200, blank=True)
    comments = models.TextField(_("comments"), blank=True)

    class Meta:
        verbose_name = _("device")
        verbose_name_plural = _("devices")
        constraints = [
            models.UniqueConstraint(
                fields=["primary_ip4"],
                name="device_primary_ip4_once",
                violation_error_message=_("Another device is polled at this address; choose a different one."),
            ),
            models.CheckConstraint(
                condition=models.Q(position=None) | models.Q(rack__isnull=False),
                name="device_position_in_rack",
                violation_error_message=_("Choose the rack too, or leave the position empty."),
            ),
        ]
        indexes = [
            models.Index(fields=["status", "name"], name="device_status_name"),
            models.Index(fields=["serial"], name="device_serial"),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        self.asset_tag = (self.asset_tag or "").strip() or None
        if self.position is not None:
            if self.position * 2 % 1:
                raise ValidationError({"position": _("Give the position in whole or half units.")})
            if not self.face:
                raise ValidationError({"face": _("Choose the face at which the device is mounted.")})


class Interface(Recorded):
    class Mode(models.TextChoices):
        ACCESS = "access", _("access")
        TAGGED = "tagged", _("tagged")

    device = models.ForeignKey(Device, models.CASCADE, related_name="interfaces", verbose_name=_("device"))
    name = models.CharField(_("name"), max_length=64)
    label = models.CharField(_("label"), max_length=64, blank=True, help_text=_("What is printed beside the port."))
    type = models.CharField(_("type"), max_length=50, choices=InterfaceType.choices, default=InterfaceType.OTHER)
    enabled = models.BooleanField(_("enabled"), default=True)
    mgmt_only = models.BooleanField(_("management only"), default=False)
    speed = models.PositiveBigIntegerField(_("speed (kbit/s)"), null=True, blank=True)
    mtu = models.PositiveIntegerField(
        "MTU", null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(65_536)]
    )
    mac_address = models.CharField(
        _("MAC address"),
        max_length=17,
        blank=True,
        validators=[RegexValidator(r"^([0-9A-F]{2}:){5}[0-9A-F]{2}\Z", _("Write it as 00:11:22:AA:BB:CC."))],
    )
    mode = models.CharField(_("VLAN mode"), max_length=10, choices=Mode.choices, blank=True)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("parent port")
    )
    description = models.CharField(_("description"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("port")
        verbose_name_plural = _("ports")
        constraints = [
            models.UniqueConstraint(
                fields=["device", "name"],
                name="interface_name_in_device",
                violation_error_message=_("This device has a port of that name already; choose another name."),
            ),
        ]
        indexes = [models.Index(fields=["name"], name="interface_name")]

    def __str__(self) -> str:
        return f"{self.device} | {self.name}"

    def clean(self) -> None:
        if self.pk is not None and self.parent_id == self.pk:
            raise ValidationError({"parent": _("A port is not its own parent; choose another port.")})
