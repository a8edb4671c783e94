"""The rules: pure functions over frozen values, one file each."""

from __future__ import annotations

from compliance.rules import declared_speeds, end_proofs, line_states, rings, unseen_lines
from compliance.rules.values import LineRule, Parameter, RingRule

LINE_RULES: tuple[LineRule, ...] = (declared_speeds.RULE, unseen_lines.RULE, end_proofs.RULE, line_states.RULE)
RING_RULES: tuple[RingRule, ...] = (rings.RULE,)
_ALL: tuple[LineRule | RingRule, ...] = (*LINE_RULES, *RING_RULES)
CODES: tuple[str, ...] = tuple(sorted(rule.code for rule in _ALL))


def parameters_of(code: str) -> tuple[Parameter, ...] | None:
    """What a rule can be tuned by; None for a rule that no code here judges."""
    for rule in _ALL:
        if rule.code == code:
            return rule.parameters
    return None


def settled(code: str, given: dict[str, int]) -> dict[str, int]:
    """The defaults with what the city set instead."""
    return {p.name: given.get(p.name, p.default) for p in parameters_of(code) or ()}
