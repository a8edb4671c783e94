"""A month's deductions of many lines, reckoned from what was measured: for the page, the sheet and the command."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from compliance.digests import digest_of
from compliance.models import Rule
from compliance.rules import service_levels
from compliance.rules.deductions import Deduction, DeductionStep, deduct
from compliance.rules.service_months import ServiceFacts, ServiceMonth, measure
from compliance.rules.values import Parameters
from compliance.service_facts import Month, service_facts
from inventory.models import Circuit, ContractDeduction, LineContract


@dataclass(frozen=True, slots=True)
class DeductedLine:
    line: Circuit
    facts: ServiceFacts
    month: ServiceMonth
    steps: tuple[DeductionStep, ...]
    deduction: Deduction


@dataclass(frozen=True, slots=True)
class ContractTotal:
    contract: LineContract
    lines: tuple[DeductedLine, ...]

    @property
    def amount(self) -> Decimal:
        return sum((row.deduction.amount for row in self.lines), Decimal(0))

    @property
    def fee(self) -> Decimal:
        return sum((row.deduction.fee or Decimal(0) for row in self.lines), Decimal(0))

    @property
    def deducted(self) -> int:
        return sum(1 for row in self.lines if row.deduction.parts)


@dataclass(frozen=True, slots=True)
class Reckoning:
    month: Month
    at: dt.datetime
    parameters: Parameters
    contracts: tuple[ContractTotal, ...]

    @property
    def lines(self) -> list[DeductedLine]:
        return [row for total in self.contracts for row in total.lines]

    @property
    def amount(self) -> Decimal:
        return sum((total.amount for total in self.contracts), Decimal(0))

    @property
    def is_final(self) -> bool:
        return self.at >= self.month.end

    def digest(self) -> str:
        """Of everything the amounts follow from. A closed month that is reckoned again has the same one."""
        return digest_of(self.month.name, dict(self.parameters), [_inputs(row) for row in self.lines])


def _inputs(row: DeductedLine) -> dict[str, Any]:
    facts = asdict(row.facts)
    if row.facts.is_closed:
        del facts["at"]  # when it is reckoned changes nothing any more
        for part in (*facts["probes"], *facts["ports"]):
            part["stretches"] = [s for s in part["stretches"] if s["start"] < row.facts.end]
            for stretch in part["stretches"]:
                stretch["end"] = min(stretch["end"], row.facts.end)
    steps = [asdict(step) for step in row.steps]
    plain: dict[str, Any] = _plain({"facts": facts, "steps": steps, "cap": row.deduction.cap, "fee": row.deduction.fee})
    return plain


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat()
    return f"{value:.6f}" if isinstance(value, float) else str(value)


def rule_parameters() -> Parameters:
    """As the city set them for T06, else the defaults."""
    given = Rule.objects.filter(code=service_levels.CODE).values_list("parameters", flat=True).first() or {}
    return {p.name: given.get(p.name, p.default) for p in service_levels.RULE.parameters}


def reckon(circuits: Any, month: Month, at: dt.datetime) -> Reckoning:
    """`circuits`: a queryset of the lines to reckon; only those with a contract and probes in the month appear."""
    chosen = circuits.filter(contract__isnull=False).select_related(
        "contract__provider", "contract__payer", "tenant", "provider", "network"
    )
    lines = {line.pk: line for line in chosen}
    facts = service_facts(lines, month=month, at=at, with_percentiles=True)
    steps = _steps({line.contract_id for line in lines.values()})
    parameters = rule_parameters()
    by_contract: dict[int, list[DeductedLine]] = {}
    for pk, line in lines.items():
        if facts[pk].probes:
            row = _reckoned(line, facts[pk], steps.get(line.contract_id, ()), parameters)
            by_contract.setdefault(line.contract_id, []).append(row)
    totals = [
        ContractTotal(contract, tuple(sorted(rows, key=lambda r: (-r.deduction.amount, r.facts.line_no))))
        for rows in by_contract.values()
        if (contract := rows[0].line.contract) is not None
    ]
    totals.sort(key=lambda total: (-total.amount, total.contract.contract_no))
    return Reckoning(month, at, parameters, tuple(totals))


def _reckoned(
    line: Circuit, facts: ServiceFacts, steps: tuple[DeductionStep, ...], parameters: Parameters
) -> DeductedLine:  # fmt: skip
    month = measure(facts)
    cap = line.contract.deduction_cap if line.contract else Decimal(100)
    found = deduct(month, steps, cap=cap, fee=line.monthly_fee, parameters=parameters)
    return DeductedLine(line, facts, month, steps, found)


def _steps(contract_ids: Iterable[int | None]) -> dict[int | None, tuple[DeductionStep, ...]]:
    rows = ContractDeduction.objects.filter(contract_id__in={i for i in contract_ids if i is not None})
    found: dict[int | None, tuple[DeductionStep, ...]] = {}
    for contract_id, measure_, threshold, percent in rows.order_by("contract_id", "measure", "threshold").values_list(
        "contract_id", "measure", "threshold", "percent"
    ):
        found[contract_id] = (*found.get(contract_id, ()), DeductionStep(measure_, threshold, percent))
    return found
