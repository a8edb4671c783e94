from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from inventory.models import Circuit, ClassifiedCount, Device, Network
from inventory.specs.counts import DEVICES, LINES, count_of
from kernel.spec import PUBLIC, Spec


class NetworkSpec(Spec):
    model = Network
    api = ("network", "networks")
    scope = PUBLIC
    fields = (
        "name",
        "slug",
        "kind",
        "tier",
        "operator",
        "asn",
        "isolation",
        "poll_allowed",
        "mlps_level",
        "data_age_limit_min",
        "description",
    )
    columns = ("name", "kind", "tier", "operator", "poll_allowed", "mlps_level", "circuit_count", "device_count")
    filters = ("kind", "tier", "poll_allowed", "isolation")
    search = ("name", "slug", "description")
    computed = (
        count_of("circuit_count", LINES, Circuit, "network"),
        count_of("device_count", DEVICES, Device, "network"),
    )
    natural_key = ("name",)
    brief = ("name", "slug", "description")
    menu = "basics"
    icon = "network"
    intro = _("Networks that lines and devices belong to. Only a network that allows it is ever polled.")
    ordering = ("name", "pk")


class ClassifiedCountSpec(Spec):
    model = ClassifiedCount
    api = ("network", "classified-counts")
    scope = PUBLIC
    fields = ("as_of", "organisations", "lines")
    natural_key = ("as_of",)
    brief = ("as_of",)
    menu = "organisation"
    icon = "lock"
    intro = _("Two numbers by date. Nothing else about the classified network may be entered here.")
    ordering = ("-as_of", "pk")


SPECS = (NetworkSpec, ClassifiedCountSpec)
