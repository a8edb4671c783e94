from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from inventory.models import Circuit, LineContract
from inventory.specs.counts import LINES, count_of
from kernel.spec import Scope, Spec


class LineContractSpec(Spec):
    model = LineContract
    api = ("network", "line-contracts")
    scope = Scope(org="payer_id", area="payer__region__path")
    fields = (
        "contract_no",
        "provider",
        "payer",
        "start_on",
        "end_on",
        "amount",
        "sla_availability",
        "sla_rtt_ms",
        "sla_loss",
        "restore_h",
        "deduction_rule",
        "description",
    )
    columns = ("contract_no", "provider", "payer", "start_on", "end_on", "amount", "sla_availability", "circuit_count")
    filters = ("provider", "payer")
    search = ("contract_no", "payer__name", "description")
    computed = (count_of("circuit_count", LINES, Circuit, "contract"),)
    natural_key = ("contract_no",)
    brief = ("contract_no", "start_on", "end_on", "description")
    menu = "lines"
    icon = "file-text"
    intro = _("What carriers promised, until when, and what is deducted when they don't keep it.")
    is_long = True
    ordering = ("-end_on", "contract_no", "pk")


SPECS = (LineContractSpec,)
