"""The recorded models of this package: who we are to the devices, and what measures the lines."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from collectors.models import Credential, Probe
from collectors.weaknesses import weakness_column
from kernel.spec import PUBLIC, Computed, Scope, Spec


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


class ProbeSpec(Spec):
    model = Probe
    api = ("collect", "probes")
    scope = Scope(org="circuit__tenant_id", area="circuit__region__path")
    fields = (
        "circuit",
        "name",
        "kind",
        "target",
        "port",
        "source",
        "packets",
        "interval_s",
        "is_enabled",
        "description",
    )
    columns = ("circuit", "name", "kind", "target", "port", "interval_s", "is_enabled", "description")
    filters = ("kind", "is_enabled", "circuit")
    search = ("circuit__line_no", "circuit__cid", "name", "target", "description")
    natural_key = ("circuit", "name")
    brief = ("circuit", "name", "kind", "target")
    menu = "details"
    icon = "activity"
    intro = _(
        "What measures a line's service. Two probes make an outage certain; one alone never costs a carrier money."
    )
    is_long = True
    ordering = ("circuit__line_no", "circuit__cid", "name", "pk")


SPECS = (CredentialSpec, ProbeSpec)
