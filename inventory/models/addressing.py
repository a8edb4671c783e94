from __future__ import annotations

import ipaddress

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from inventory.models.devices import Interface
from inventory.models.networks import Network
from inventory.models.tenants import Tenant
from kernel.models import Recorded


def host_key(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bytes:
    """An address as 16 bytes, IPv4 mapped, so that addresses of a family sort and compare as numbers."""
    return address.packed if address.version == 6 else b"\0" * 10 + b"\xff\xff" + address.packed


class Family(models.IntegerChoices):
    IPV4 = 4, "IPv4"
    IPV6 = 6, "IPv6"


class VRF(Recorded):
    """A routing instance: which zone of which network its addresses belong to."""

    class Zone(models.TextChoices):
        PUBLIC = "public", _("public zone")
        PRIVATE_VPN = "private_vpn", _("private VPN zone")
        INTERNET = "internet", _("Internet access zone")
        DATA_CENTRE = "dc", _("data centre zone")
        MANAGEMENT = "mgmt", _("management zone")

    name = models.CharField(_("name"), max_length=100)
    rd = models.CharField(
        _("route distinguisher"), max_length=21, unique=True, null=True, blank=True, help_text=_("Such as 64512:100.")
    )
    network = models.ForeignKey(
        Network, models.PROTECT, null=True, blank=True, related_name="vrfs", verbose_name=_("network")
    )
    zone = models.CharField(_("zone"), max_length=20, choices=Zone.choices, blank=True)
    tenant = models.ForeignKey(
        Tenant, models.PROTECT, null=True, blank=True, related_name="vrfs", verbose_name=_("department")
    )
    description = models.CharField(_("description"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("routing instance")
        verbose_name_plural = _("routing instances")
        constraints = [
            models.UniqueConstraint(
                fields=["name"],
                name="vrf_name_once",
                violation_error_message=_("A routing instance has that name already; choose another one."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        self.rd = (self.rd or "").strip() or None


class Prefix(Recorded):
    """A block of the address plan: whose it is and in which zone."""

    class Status(models.TextChoices):
        CONTAINER = "container", _("container")
        ACTIVE = "active", _("active")
        RESERVED = "reserved", _("reserved")
        DEPRECATED = "deprecated", _("out of use")

    prefix = models.CharField(_("prefix"), max_length=50, help_text=_("Such as 10.41.2.0/24."))
    # All three follow from `prefix`: what lies inside is found by comparing bytes.
    family = models.PositiveSmallIntegerField(_("family"), choices=Family.choices, editable=False)
    first = models.BinaryField(max_length=16, editable=False)
    last = models.BinaryField(max_length=16, editable=False)
    vrf = models.ForeignKey(
        VRF, models.PROTECT, null=True, blank=True, related_name="prefixes", verbose_name=_("routing instance")
    )
    network = models.ForeignKey(
        Network, models.PROTECT, null=True, blank=True, related_name="prefixes", verbose_name=_("network")
    )
    tenant = models.ForeignKey(
        Tenant,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="prefixes",
        verbose_name=_("department"),
        help_text=_("Empty for the network's own links and equipment."),
    )
    status = models.CharField(_("status"), max_length=20, choices=Status.choices, default=Status.ACTIVE)
    polling_forbidden = models.BooleanField(
        _("polling forbidden"),
        default=False,
        help_text=_("No collector ever asks an address inside, and a device with one there is a finding."),
    )
    description = models.CharField(_("description"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("prefix")
        verbose_name_plural = _("prefixes")
        constraints = [
            models.UniqueConstraint(
                fields=["vrf", "prefix"],
                name="prefix_once_in_a_vrf",
                nulls_distinct=False,
                violation_error_message=_("This routing instance has that prefix already."),
            ),
        ]
        indexes = [
            models.Index(fields=["family", "first"], name="prefix_family_first"),
            models.Index(fields=["polling_forbidden"], name="prefix_forbidden"),
        ]

    def __str__(self) -> str:
        return self.prefix

    def clean(self) -> None:
        """Writes the prefix in its shortest form and sets what follows from it."""
        try:
            parsed = ipaddress.ip_network((self.prefix or "").strip())
        except ValueError:
            raise ValidationError(
                {"prefix": _("Write a prefix without host bits, for instance 10.41.2.0/24.")}
            ) from None
        self.prefix = parsed.with_prefixlen
        self.family = parsed.version
        self.first, self.last = host_key(parsed.network_address), host_key(parsed.broadcast_address)


class IPAddress(Recorded):
    """An address with its mask, as it is set at a port."""

    class Status(models.TextChoices):
        ACTIVE = "active", _("active")
        RESERVED = "reserved", _("reserved")
        DEPRECATED = "deprecated", _("out of use")
        DHCP = "dhcp", "DHCP"

    address = models.CharField(
        _("address"), max_length=50, unique=True, help_text=_("With its mask length, for instance 10.41.2.1/24.")
    )
    # Both follow from `address`: for filters, and so that addresses sort as numbers (16 bytes, IPv4 mapped).
    family = models.PositiveSmallIntegerField(_("family"), choices=Family.choices, editable=False)
    host = models.BinaryField(max_length=16, editable=False)
    status = models.CharField(_("status"), max_length=20, choices=Status.choices, default=Status.ACTIVE)
    tenant = models.ForeignKey(
        Tenant, models.PROTECT, null=True, blank=True, related_name="ip_addresses", verbose_name=_("department")
    )
    interface = models.ForeignKey(
        Interface, models.PROTECT, null=True, blank=True, related_name="ip_addresses", verbose_name=_("port")
    )
    dns_name = models.CharField(_("DNS name"), max_length=255, blank=True)
    description = models.CharField(_("description"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("IP address")
        verbose_name_plural = _("IP addresses")
        indexes = [models.Index(fields=["family", "host"], name="ipaddress_family_host")]

    def __str__(self) -> str:
        return self.address

    @property
    def ip(self) -> str:
        """The address alone, without the mask."""
        return self.address.partition("/")[0]

    def clean(self) -> None:
        """Writes the address in its shortest form and sets `family` and `host`."""
        text = (self.address or "").strip()
        try:
            if "%" in text:
                raise ValueError(text)
            parsed = ipaddress.ip_interface(text if "/" in text else f"{text}/{128 if ':' in text else 32}")
        except ValueError:
            raise ValidationError(
                {"address": _("Write an address and its mask length, for instance 10.41.2.1/24.")}
            ) from None
        self.address = parsed.with_prefixlen
        self.family = parsed.version
        self.host = host_key(parsed.ip)
