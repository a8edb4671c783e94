"""How we sign in to devices. Recorded, so every change leaves a trace; the secrets themselves never do."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from collectors.transports.snmp.addresses import is_address
from collectors.transports.ssh.profiles import profile_names
from collectors.weaknesses import weakness
from kernel.crypto import MAX_LENGTH, Secret, SecretField, UnreadableSecret
from kernel.models import Recorded

SECRETS = ("community", "auth_secret", "priv_secret", "password")
_SHORTEST_V3_SECRET = 8  # RFC 3414, section 11.2


class Credential(Recorded):
    """Without an assignment it is a default; of several that fit a device the most specific one is used."""

    class Protocol(models.TextChoices):
        SNMP = "snmp", "SNMP"
        SSH = "ssh", "SSH"

    class Version(models.TextChoices):
        V2C = "v2c", "v2c"
        V3 = "v3", "v3"

    class Auth(models.TextChoices):
        MD5 = "MD5", _("MD5 (weak)")
        SHA = "SHA", _("SHA-1 (weak)")
        SHA224 = "SHA224", "SHA-224"
        SHA256 = "SHA256", "SHA-256"
        SHA384 = "SHA384", "SHA-384"
        SHA512 = "SHA512", "SHA-512"

    class Priv(models.TextChoices):
        DES = "DES", _("DES (weak)")
        AES = "AES", "AES-128"
        AES192 = "AES192", "AES-192"
        AES256 = "AES256", "AES-256"
        AES192C = "AES192C", _("AES-192 with Cisco's key extension")
        AES256C = "AES256C", _("AES-256 with Cisco's key extension")

    name = models.CharField(_("name"), max_length=100, unique=True)
    protocol = models.CharField(_("protocol"), max_length=4, choices=Protocol.choices, default=Protocol.SNMP)
    snmp_version = models.CharField(_("SNMP version"), max_length=3, choices=Version.choices, blank=True)
    port = models.PositiveIntegerField(
        _("port"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(65_535)],
        help_text=_("Empty means 161 for SNMP and 22 for SSH."),
    )
    username = models.CharField(_("user name"), max_length=100, blank=True)
    auth_protocol = models.CharField(_("authentication"), max_length=10, choices=Auth.choices, blank=True)
    priv_protocol = models.CharField(_("encryption"), max_length=10, choices=Priv.choices, blank=True)
    context = models.CharField(
        _("context"),
        max_length=32,
        blank=True,
        help_text=_("For SNMP v3: the device's context, such as that of a VRF. Empty means its main one."),
    )
    source_address = models.CharField(
        _("source address"),
        max_length=45,
        blank=True,
        help_text=_("For SNMP: the address of this server to ask from. Empty leaves it to the system."),
    )
    profile = models.CharField(
        _("profile"), max_length=50, blank=True, help_text=_("For SSH: the command line's dialect, such as frr.")
    )
    community = SecretField(_("community"))
    auth_secret = SecretField(_("authentication secret"))
    priv_secret = SecretField(_("encryption secret"))
    password = SecretField(_("password"))
    network = models.ForeignKey(
        "inventory.Network",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="credentials",
        verbose_name=_("network"),
    )
    site = models.ForeignKey(
        "inventory.Site", models.CASCADE, null=True, blank=True, related_name="credentials", verbose_name=_("site")
    )
    device = models.ForeignKey(
        "inventory.Device",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="credentials",
        verbose_name=_("device"),
    )
    description = models.CharField(_("description"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("credential")
        verbose_name_plural = _("credentials")
        constraints = [
            models.CheckConstraint(
                condition=Q(network=None, site=None) | Q(network=None, device=None) | Q(site=None, device=None),
                name="credential_has_one_assignment",
                violation_error_message=_("Assign a credential to one of network, site and device, or to none."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        try:
            wrong = self._wrong_ssh() if self.protocol == self.Protocol.SSH else self._wrong_snmp()
            wrong = {**self._wrong_way(), **wrong}
            for name in SECRETS:
                if len(getattr(self, name).reveal()) > MAX_LENGTH:
                    wrong[name] = _("A secret has at most %(count)d characters.") % {"count": MAX_LENGTH}
        except UnreadableSecret as error:
            raise ValidationError(str(error)) from error
        if wrong:
            raise ValidationError(wrong)

    def _wrong_way(self) -> dict[str, object]:
        wrong: dict[str, object] = {}
        is_v3 = self.protocol == self.Protocol.SNMP and self.snmp_version == self.Version.V3
        if self.context and not is_v3:
            wrong["context"] = _("Only SNMP v3 has contexts. Leave this empty.")
        if self.source_address and self.protocol == self.Protocol.SSH:
            wrong["source_address"] = _("Only SNMP is asked from a chosen address. Leave this empty.")
        elif self.source_address and not is_address(self.source_address):
            wrong["source_address"] = _("Give one IPv4 or IPv6 address of this server, without a zone.")
        return wrong

    def _wrong_ssh(self) -> dict[str, object]:
        wrong: dict[str, object] = {}
        if not self.username:
            wrong["username"] = _("SSH needs a user name.")
        if not self.password:
            wrong["password"] = _("SSH needs a password.")
        if self.profile and self.profile not in profile_names():
            wrong["profile"] = _("Choose one of: %(names)s.") % {"names": ", ".join(profile_names())}
        return wrong

    def _wrong_snmp(self) -> dict[str, object]:
        if not self.snmp_version:
            return {"snmp_version": _("Choose v2c or v3.")}
        if self.snmp_version == self.Version.V2C:
            return {} if self.community else {"community": _("SNMP v2c needs a community.")}
        wrong: dict[str, object] = {}
        if not self.username:
            wrong["username"] = _("SNMP v3 needs a user name.")
        if self.priv_protocol and not self.auth_protocol:
            wrong["auth_protocol"] = _("SNMP v3 encrypts only together with authentication.")
        for protocol, name in (("auth_protocol", "auth_secret"), ("priv_protocol", "priv_secret")):
            secret: Secret = getattr(self, name)
            if getattr(self, protocol) and len(secret.reveal()) < _SHORTEST_V3_SECRET:
                wrong[name] = _("This secret needs at least %(count)d characters.") % {"count": _SHORTEST_V3_SECRET}
        return wrong

    @property
    def is_weak(self) -> bool:
        """Readable by somebody on the line, or protected by an algorithm that no longer protects."""
        if self.protocol == self.Protocol.SSH:
            return False
        is_v2c = self.snmp_version == self.Version.V2C
        return bool(weakness(is_v2c=is_v2c, auth=self.auth_protocol, priv=self.priv_protocol))
