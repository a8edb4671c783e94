from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from inventory.models import Circuit, CircuitType, LineContract, Provider
from inventory.specs.counts import LINES, count_of
from kernel.spec import PUBLIC, Spec


class ProviderSpec(Spec):
    model = Provider
    api = ("circuits", "providers")
    scope = PUBLIC
    fields = ("name", "slug", "is_own", "description")
    columns = ("name", "slug", "circuit_count", "contract_count", "description")
    search = ("name", "slug", "description")
    computed = (
        count_of("circuit_count", LINES, Circuit, "provider"),
        count_of("contract_count", _("contracts"), LineContract, "provider"),
    )
    brief = ("name", "slug", "description")
    menu = "basics"
    icon = "transfer"
    intro = _("Carriers that lines are rented from, and the city itself for its own fibre.")
    ordering = ("name", "pk")


class CircuitTypeSpec(Spec):
    model = CircuitType
    api = ("circuits", "circuit-types")
    scope = PUBLIC
    fields = ("name", "slug", "description")
    columns = ("name", "slug", "circuit_count", "description")
    search = ("name", "slug", "description")
    computed = (count_of("circuit_count", LINES, Circuit, "type"),)
    brief = ("name", "slug", "description")
    menu = "basics"
    icon = "unlink"
    intro = _("What lines run over: dark fibre, MSTP, PTN, OTN, VPN, 5G.")
    ordering = ("name", "pk")


SPECS = (ProviderSpec, CircuitTypeSpec)
