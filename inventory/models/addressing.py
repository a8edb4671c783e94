from __future__ import annotations

import ipaddress

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from inventory.models.devices import Interface
from inventory.models.tenants import Tenant
from kernel.models import Recorded


class IPAddress(Recorded):
    """An address with its mask, as it is set at a port."""

    class Status(models.TextChoices):
        ACTIVE = "active", _("active")
        RESERVED = "reserved", _("reserved")
        DEPRECATED = "deprecated", _("out of use")
        DHCP = "dhcp", "DHCP"

    class Family(models.IntegerChoices):
        IPV4 = 4, "IPv4"
        IPV6 = 6, "IPv6"

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
        self.host = parsed.packed if parsed.version == 6 else b"\0" * 10 + b"\xff\xff" + parsed.packed
