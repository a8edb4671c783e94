from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from inventory.models import RoleGrant
from kernel.spec import Scope, Spec


class RoleGrantSpec(Spec):
    model = RoleGrant
    api = ("users", "role-grants")
    scope = Scope(org="tenant_id", area="region__path")
    fields = ("user", "role", "tenant", "region", "valid_from", "valid_to")
    filters = ("user", "role", "tenant", "region")
    subtree_filters = (("region", "region"),)
    search = ("user__username", "user__display_name", "role__name", "tenant__name", "region__name")
    natural_key = ("user", "role", "tenant", "region", "valid_from")
    words = ("user", "role", "tenant", "region")
    brief = ("valid_from", "valid_to")
    menu = "administration"
    icon = "shield-check"
    intro = _("Which account holds which role, over what, from when to when.")
    ordering = ("user__username", "role__name", "pk")


SPECS = (RoleGrantSpec,)
