"""The one recorded model of this package: who we are to the devices."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from collectors.models import Credential
from collectors.weaknesses import weakness_column
from kernel.spec import PUBLIC, Computed, Spec


class CredentialSpec(Spec):
    model = Credential
    api = ("collect", "credentials")
    scope = PUBLIC
    fields = (
        "name",
        "protocol",
        "snmp_version",
        "port",
        "username",
        "community",
        "auth_protocol",
        "auth_secret",
        "priv_protocol",
        "priv_secret",
        "context",
        "source_address",
        "password",
        "profile",
        "network",
        "site",
        "device",
        "description",
    )
    columns = ("name", "protocol", "snmp_version", "username", "weakness", "network", "site", "device", "description")
    computed = (Computed("weakness", _("weakness"), weakness_column()),)
    filters = ("protocol", "snmp_version", "network", "site")
    search = ("name", "username", "description")
    natural_key = ("name",)
    brief = ("name",)
    menu = "administration"
    icon = "key"
    intro = _("How the collectors sign in to devices. Secrets are encrypted and never shown again.")


SPECS = (CredentialSpec,)
