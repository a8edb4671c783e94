from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from inventory.models import Device, Rack
from inventory.specs.counts import DEVICES, count_of
from kernel.spec import Scope, Spec


class RackSpec(Spec):
    model = Rack
    api = ("dcim", "racks")
    scope = Scope(org="tenant_id", area="site__region__path")
    fields = ("name", "site", "location", "status", "u_height", "power_limit_w", "tenant", "description")
    columns = ("name", "location", "status", "u_height", "power_limit_w", "tenant", "device_count")
    filters = ("site", "location", "region", "status", "tenant")
    subtree_filters = (("region", "site__region"),)
    search = ("name", "location__name", "site__name", "description")
    computed = (count_of("device_count", DEVICES, Device, "rack"),)
    natural_key = ("location", "name")
    brief = ("name", "description")
    menu = "facilities"
    icon = "columns"
    intro = _("Racks with their height and power limit.")
    is_long = True
    ordering = ("site__name", "location__name", "name", "pk")


SPECS = (RackSpec,)
