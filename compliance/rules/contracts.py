"""T09: contracts that end, and lines in use that no contract covers.

A contract is judged once, whatever the number of its lines; a line without one is judged by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from compliance.rules.groups import CONTRACT, ContractFacts, GroupRule
from compliance.rules.values import Evidence, LineFacts, LineRule, Outcome, Parameter, Parameters, Verdict

CODE = "T09"
NOTICE = Parameter("notice_days", 90, 1, 730)
WARNING = Parameter("warning_days", 30, 1, 730)
_SIGNED = 2  # a recorded date stands by itself, as good as the two observations that close a finding


def judge_line(facts: LineFacts, parameters: Parameters) -> Outcome | None:
    """None for a line under a contract: what its contract comes to is said by `judge`."""
    inputs: dict[str, Any] = {"status": facts.status}
    if not facts.is_in_use:
        return Outcome(Verdict.NOT_APPLICABLE, "not_in_use", {"status": facts.status}, inputs)
    if facts.has_contract:
        return None
    if facts.is_own_line:
        return Outcome(Verdict.NOT_APPLICABLE, "t09_own_line", {}, inputs)
    evidence = (Evidence("contract", "circuits.circuit.contract", "none"),)
    return Outcome(Verdict.FINDING, "t09_no_contract", {"fee": facts.monthly_fee}, inputs, evidence, _SIGNED)


def judge(facts: ContractFacts, parameters: Parameters) -> tuple[Outcome, Mapping[int, Outcome]]:
    """The contract's outcome and, by circuit, the same for its lines in use."""
    days = (facts.end_on - facts.at.date()).days
    inputs = {
        "contract": facts.name, "start_on": facts.start_on.isoformat(), "end_on": facts.end_on.isoformat(),
        "lines": len(facts.lines),
    }  # fmt: skip
    values = {
        "contract": facts.name, "end_on": facts.end_on.isoformat(), "days": abs(days), "lines": len(facts.lines),
        "fee": facts.fee,
    }  # fmt: skip
    verdict, code = _verdict(facts, days, parameters)
    evidence = (Evidence("contract", "network.linecontract.end_on", facts.end_on.isoformat()),)
    said = Outcome(verdict, code, values, inputs, evidence, _SIGNED)
    return said, dict.fromkeys(facts.lines, said)


def _verdict(facts: ContractFacts, days: int, parameters: Parameters) -> tuple[Verdict, str]:
    if not facts.lines:
        return Verdict.PASS, "t09_no_lines"
    if facts.start_on > facts.at.date():
        return Verdict.FINDING, "t09_not_begun"
    if days < 0:
        return Verdict.FINDING, "t09_expired"
    if days <= parameters["warning_days"]:
        return Verdict.WARN, "t09_ends_soon"
    if days <= parameters["notice_days"]:
        return Verdict.INFO, "t09_ends"
    return Verdict.PASS, "t09_valid"


LINE_RULE = LineRule(CODE, judge_line, (NOTICE, WARNING))
RULE = GroupRule(CODE, CONTRACT, judge, (NOTICE, WARNING))
