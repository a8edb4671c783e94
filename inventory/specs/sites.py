from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from inventory.models import CircuitTermination, Device, Location, Rack, Site
from inventory.specs.counts import DEVICES, LINES, count_of
from kernel.spec import Guard, Scope, Spec


class SiteSpec(Spec):
    model = Site
    api = ("dcim", "sites")
    scope = Scope(org="tenant_id", area="region__path")
    fields = (
        "name",
        "slug",
        "status",
        "region",
        "tenant",
        "physical_address",
        "latitude",
        "longitude",
        "description",
    )
    columns = ("name", "status", "region", "tenant", "physical_address", "circuit_count", "rack_count", "device_count")
    filters = ("status", "region", "tenant")
    subtree_filters = (("region", "region"),)
    search = ("name", "slug", "physical_address", "description")
    computed = (
        count_of("circuit_count", LINES, CircuitTermination, "site"),
        count_of("rack_count", _("racks"), Rack, "site"),
        count_of("device_count", DEVICES, Device, "site"),
    )
    natural_key = ("name",)
    brief = ("name", "slug", "description")
    menu = "facilities"
    icon = "home"
    intro = _("Buildings and campuses where lines end and equipment stands.")
    is_long = True
    ordering = ("name", "pk")


class LocationSpec(Spec):
    model = Location
    api = ("dcim", "locations")
    scope = Scope(org="tenant_id", area="site__region__path")
    fields = (
        "name",
        "slug",
        "site",
        "parent",
        "status",
        "tenant",
        "role",
        "area_m2",
        "grade",
        "power_kw",
        "commissioned_on",
        "decision",
        "decision_deadline",
        "frozen",
        "frozen_on",
        "description",
    )
    columns = (
        "name",
        "site",
        "role",
        "tenant",
        "grade",
        "decision",
        "decision_deadline",
        "frozen",
        "rack_count",
        "device_count",
    )
    filters = ("site", "region", "role", "decision", "frozen", "status", "tenant")
    subtree_filters = (("region", "site__region"),)
    search = ("name", "slug", "site__name", "description")
    computed = (
        count_of("rack_count", _("racks"), Rack, "location"),
        count_of("device_count", DEVICES, Device, "location"),
    )
    natural_key = ("site", "name")
    brief = ("name", "slug", "description")
    guards = (
        Guard(
            ("decision", "decision_deadline"),
            "ROOM_DECISION",
            _("What the city decided about a room changes only by an approved request; file a room decision."),
        ),
    )
    menu = "facilities"
    icon = "server"
    intro = _("Equipment rooms, what they hold and what the city decided about them.")
    is_long = True
    ordering = ("site__name", "name", "pk")


SPECS = (SiteSpec, LocationSpec)
