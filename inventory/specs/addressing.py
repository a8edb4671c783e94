from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from inventory.models import VRF, IPAddress, Prefix
from inventory.specs.counts import count_of
from kernel.spec import PUBLIC, Scope, Spec


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


class VRFSpec(Spec):
    model = VRF
    api = ("ipam", "vrfs")
    scope = PUBLIC
    fields = ("name", "rd", "network", "zone", "tenant", "description")
    columns = ("name", "rd", "network", "zone", "tenant", "prefix_count")
    filters = ("network", "zone", "tenant")
    search = ("name", "rd", "description")
    computed = (count_of("prefix_count", _("prefixes"), Prefix, "vrf"),)
    brief = ("name", "rd", "description")
    menu = "basics"
    icon = "stack-2"
    intro = _("Routing instances and the zone that each belongs to.")
    ordering = ("name", "pk")


class PrefixSpec(Spec):
    model = Prefix
    api = ("ipam", "prefixes")
    # The plan is the network's own: a department sees its blocks, and not how large the others' are.
    scope = Scope(org="tenant_id", area="tenant__region__path")
    fields = ("prefix", "vrf", "network", "tenant", "status", "polling_forbidden", "description")
    filters = ("vrf", "network", "tenant", "status", "family", "polling_forbidden")
    search = ("prefix", "tenant__name", "description")
    natural_key = ("vrf", "prefix")
    words = ("prefix",)
    brief = ("family", "prefix", "description")
    menu = "facilities"
    icon = "database"
    intro = _("The address plan: which block belongs to whom. An observed address outside it is a finding.")
    is_long = True
    ordering = ("family", "first", "last", "pk")


SPECS = (PrefixSpec, IPAddressSpec, VRFSpec)
