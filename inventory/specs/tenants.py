from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from inventory.models import Circuit, Device, Site, Tenant
from inventory.specs.counts import DEVICES, LINES, count_of
from kernel.spec import Scope, Spec


class TenantSpec(Spec):
    model = Tenant
    api = ("tenancy", "tenants")
    scope = Scope(org="id", area="region__path")
    fields = (
        "name",
        "slug",
        "short_name",
        "uscc",
        "org_type",
        "tier",
        "region",
        "parent",
        "vertical_level",
        "assess_group",
        "contact_leader",
        "contact_handler",
        "access_class",
        "status",
        "valid_from",
        "valid_to",
        "succeeded_by",
        "description",
    )
    columns = ("name", "org_type", "tier", "region", "contact_handler", "status", "circuit_count", "device_count")
    filters = ("tier", "org_type", "region", "vertical_level", "assess_group", "status")
    subtree_filters = (("region", "region"),)
    search = ("name", "short_name", "slug", "uscc", "contact_handler", "description")
    computed = (
        count_of("circuit_count", LINES, Circuit, "tenant"),
        count_of("device_count", DEVICES, Device, "tenant"),
        count_of("site_count", _("sites"), Site, "tenant"),
    )
    natural_key = ("name",)
    brief = ("name", "slug", "description")
    menu = "organisation"
    icon = "users"
    intro = _("Departments and other organisations that use, pay for or run lines.")
    is_long = True
    ordering = ("name", "pk")


SPECS = (TenantSpec,)
