"""T10: an address outside its plan. T11: two zones on one port or one user's device.

What the devices show at their ports is held against the recorded plan. Addresses that no plan gives out (link-local
ones) never come here; they say nothing.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from compliance.rules.values import (
    OBSERVATIONS,
    AddressFacts,
    Evidence,
    Holder,
    LineFacts,
    LineRule,
    Outcome,
    Parameters,
    Verdict,
)

ADDRESS = "1.3.6.1.2.1.4.34"
# The two zones that must never meet; a department's public zone borders on both.
PRIVATE, INTERNET = "private_vpn", "internet"


def judge_plan(facts: LineFacts, parameters: Parameters) -> Outcome | None:
    """T10. None for a line at whose ports and user's device no address was seen: a carrier's layer-2 line."""
    shown = tuple(dict.fromkeys((*facts.addresses, *facts.host_addresses)))
    inputs: dict[str, Any] = {"addresses": [_said(a) for a in shown]}
    if not shown:
        return None
    if not facts.is_in_use:
        return Outcome(Verdict.NOT_APPLICABLE, "not_in_use", {"status": facts.status}, inputs)
    if not facts.has_plan:
        return Outcome(Verdict.UNKNOWN, "t10_no_plan", _values(shown[0]), inputs)
    evidence = tuple(_evidence(a) for a in shown)
    strange = [a for a in shown if a.holder in (Holder.NOBODY, Holder.OTHER)]
    if not strange:
        seen = min(a.observations for a in shown)
        return Outcome(Verdict.PASS, "t10_in_plan", _values(shown[0]), inputs, evidence, seen)
    sure = [a for a in strange if a.observations >= parameters["observations"]]
    if not sure:
        return Outcome(Verdict.UNKNOWN, "t10_seen_once", _values(strange[0]), inputs, evidence, 1)
    worst = min(sure, key=lambda a: (a.holder is not Holder.OTHER, a.address))
    code = "t10_others_block" if worst.holder is Holder.OTHER else "t10_outside"
    return Outcome(Verdict.FINDING, code, _values(worst), inputs, evidence, worst.observations)


def judge_zones(facts: LineFacts, parameters: Parameters) -> Outcome | None:
    """T11. None where nothing with a zone was seen."""
    zoned = [a for a in (*facts.addresses, *facts.host_addresses) if a.zone]
    inputs: dict[str, Any] = {"addresses": [_said(a) for a in zoned]}
    if not zoned:
        return None
    if not facts.is_in_use:
        return Outcome(Verdict.NOT_APPLICABLE, "not_in_use", {"status": facts.status}, inputs)
    evidence = tuple(_evidence(a) for a in zoned)
    for code, groups in (
        ("t11_port", _by(facts.addresses, "port")), ("t11_host", _by(facts.host_addresses, "device")),
    ):  # fmt: skip
        for of_one in groups.values():
            if met := _mixed(of_one):
                seen = min(a.observations for a in met)
                values = _values(met[0]) | {"other": met[1].address, "other_port": met[1].port}
                if seen < parameters["observations"]:
                    return Outcome(Verdict.UNKNOWN, "t11_seen_once", values, inputs, evidence, seen)
                return Outcome(Verdict.FINDING, code, values, inputs, evidence, seen)
    seen = min(a.observations for a in zoned)
    return Outcome(Verdict.PASS, "t11_apart", {"zone": zoned[0].zone}, inputs, evidence, seen)


def _by(addresses: tuple[AddressFacts, ...], part: str) -> dict[tuple[str, str], list[AddressFacts]]:
    found: dict[tuple[str, str], list[AddressFacts]] = defaultdict(list)
    for one in addresses:
        found[one.device, getattr(one, part)].append(one)
    return found


def _mixed(addresses: list[AddressFacts]) -> tuple[AddressFacts, AddressFacts] | None:
    private = next((a for a in addresses if a.zone == PRIVATE), None)
    internet = next((a for a in addresses if a.zone == INTERNET), None)
    return (private, internet) if private is not None and internet is not None else None


def _values(one: AddressFacts) -> dict[str, Any]:
    return {
        "address": one.address, "device": one.device, "port": one.port, "prefix": one.prefix,
        "observations": one.observations,
    }  # fmt: skip


def _said(one: AddressFacts) -> dict[str, Any]:
    return {
        "address": one.address, "device": one.device, "port": one.port, "holder": one.holder.value,
        "prefix": one.prefix, "zone": one.zone,
    }  # fmt: skip


def _evidence(one: AddressFacts) -> Evidence:
    return Evidence(
        "address", ADDRESS, one.address, one.device, one.port, since=one.since, observations=one.observations
    )


PLAN_RULE = LineRule("T10", judge_plan, (OBSERVATIONS,), counts_when_broken=True)
ZONE_RULE = LineRule("T11", judge_zones, (OBSERVATIONS,), counts_when_broken=True)
