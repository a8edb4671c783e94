from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from inventory.models import Circuit, Region, Site, Tenant
from inventory.specs.counts import LINES, count_of
from kernel.spec import Scope, Spec


class RegionSpec(Spec):
    model = Region
    api = ("dcim", "regions")
    scope = Scope(area="path")
    fields = (
        "code",
        "name",
        "level",
        "parent",
        "managed_by",
        "kind",
        "source",
        "valid_from",
        "valid_to",
        "longitude",
        "latitude",
        "description",
    )
    columns = ("name", "code", "level", "kind", "parent", "managed_by", "tenant_count", "circuit_count")
    filters = ("level", "kind", "ancestor", "managed_by", "source")
    subtree_filters = (("ancestor", "parent"),)
    search = ("name", "code", "description")
    computed = (
        count_of("site_count", _("sites"), Site, "region"),
        count_of("tenant_count", _("departments"), Tenant, "region"),
        count_of("circuit_count", LINES, Circuit, "region"),
    )
    natural_key = ("code",)
    words = ("name",)
    brief = ("name", "slug", "code", "description")
    menu = "organisation"
    icon = "map-pin"
    intro = _("The city's divisions down to villages. Zones manage divisions that belong to others by law.")
    is_long = True
    ordering = ("level", "code", "pk")


SPECS = (RegionSpec,)
