from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from inventory.models import IPAddress
from kernel.spec import Scope, Spec


class IPAddressSpec(Spec):
    model = IPAddress
    api = ("ipam", "ip-addresses")
    # By the department's division: the way over port, device and site is a join too long for every list.
    scope = Scope(org="tenant_id", area="tenant__region__path")
    fields = ("address", "status", "tenant", "interface", "dns_name", "description")
    columns = ("address", "status", "interface", "tenant", "dns_name", "description")
    filters = ("status", "family", "tenant", "interface")
    search = ("address", "dns_name", "interface__device__name", "description")
    natural_key = ("address",)
    brief = ("family", "address", "description")
    menu = "facilities"
    icon = "database"
    intro = _("Addresses that are set at ports, with their mask.")
    is_long = True
    ordering = ("family", "host", "pk")


SPECS = (IPAddressSpec,)
