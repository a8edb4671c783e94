from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from inventory.models import Circuit, ContractDeduction, LineContract
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
        "reminder_days",
        "deduction_cap",
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
    has_attachments = True
    icon = "file-text"
    intro = _("What carriers promised, until when, and what is deducted when they don't keep it.")
    is_long = True
    ordering = ("-end_on", "contract_no", "pk")


class ContractDeductionSpec(Spec):
    model = ContractDeduction
    api = ("network", "contract-deductions")
    scope = Scope(org="contract__payer_id", area="contract__payer__region__path")
    fields = ("contract", "measure", "threshold", "percent")
    filters = ("contract", "measure")
    search = ("contract__contract_no",)
    natural_key = ("contract", "measure", "threshold")
    brief = ("measure", "threshold", "percent")
    menu = "details"
    icon = "list"
    intro = _("The steps by which a month's fee shrinks when a promise isn't kept.")
    is_long = True
    ordering = ("contract__contract_no", "measure", "threshold", "pk")


SPECS = (LineContractSpec, ContractDeductionSpec)
