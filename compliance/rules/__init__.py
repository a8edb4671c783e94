"""The rules: pure functions over frozen values, one file each."""

from __future__ import annotations

from compliance.rules import (
    addresses,
    congested_lines,
    contracts,
    declared_speeds,
    egress_pairs,
    end_proofs,
    forbidden_prefixes,
    idle_lines,
    line_states,
    rings,
    service_levels,
    unrecorded_lines,
    unseen_lines,
)
from compliance.rules.groups import GroupRule
from compliance.rules.service_levels import ServiceRule
from compliance.rules.values import LineRule, Parameter

LINE_RULES: tuple[LineRule, ...] = (
    declared_speeds.RULE,
    idle_lines.RULE,
    congested_lines.RULE,
    unseen_lines.RULE,
    contracts.LINE_RULE,
    addresses.PLAN_RULE,
    addresses.ZONE_RULE,
    end_proofs.RULE,
    line_states.RULE,
)
GROUP_RULES: tuple[GroupRule, ...] = (
    unrecorded_lines.RULE,
    egress_pairs.RULE,
    rings.RULE,
    contracts.RULE,
    forbidden_prefixes.RULE,
)
SERVICE_RULES: tuple[ServiceRule, ...] = (service_levels.RULE,)
_ALL: tuple[LineRule | GroupRule | ServiceRule, ...] = (*LINE_RULES, *GROUP_RULES, *SERVICE_RULES)
CODES: tuple[str, ...] = tuple(sorted({rule.code for rule in _ALL}))


def parameters_of(code: str) -> tuple[Parameter, ...] | None:
    """What a rule can be tuned by; None for a rule that no code here judges."""
    for rule in _ALL:
        if rule.code == code:
            return rule.parameters
    return None


def settled(code: str, given: dict[str, int]) -> dict[str, int]:
    """The defaults with what the city set instead."""
    return {p.name: given.get(p.name, p.default) for p in parameters_of(code) or ()}
