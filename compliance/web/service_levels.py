"""The service level on a line's own page: this month against the promise, and the last outages."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from collectors.models import ProbeTarget
from compliance import texts
from compliance.deduction_sheets import cause_text
from compliance.deduction_texts import KINDS, STATES, number
from compliance.deductions import rule_parameters
from compliance.rules import service_levels
from compliance.rules.service_months import Kind, Outage, ServiceMonth, measure
from compliance.service_facts import service_facts
from compliance.web.boards import VIEW_BOARD
from compliance.web.figures import chip, lasting
from inventory.models import Circuit, LineContract
from kernel import policy
from kernel.registry import registry

_SHOWN = 5


def service_panel(request: HttpRequest, line: Circuit) -> dict[str, Any] | None:
    """None for a line without probes: an empty card teaches nothing."""
    facts = service_facts([line.pk], with_percentiles=True).get(line.pk)
    if facts is None or not facts.probes:
        return None
    month = measure(facts)
    outcome = service_levels.judge(facts, rule_parameters())
    promise = facts.promise
    outages = sorted(month.outages, key=lambda o: o.start, reverse=True)[:_SHOWN]
    may_deduct = policy.has_permission(request.user, VIEW_BOARD) and policy.can(
        request.user, "view", registry.of(LineContract)
    )
    return {
        "month": f"{facts.start:%Y-%m}",
        "code": chip(outcome.verdict.value),
        "sentence": texts.sentence({"code": outcome.code, "values": outcome.values}),
        "measures": [
            (_("Availability"), number(month.availability), "%", number(promise.availability) if promise else "—"),
            (_("Mean delay"), number(month.rtt_ms), "ms", number(promise.rtt_ms) if promise else "—"),
            (_("95th percentile"), number(month.p95_ms), "ms", "—"),
            (_("Loss"), number(month.loss), "%", number(promise.loss) if promise else "—"),
            (_("Longest outage"), number(month.longest_h), "h", number(promise.restore_h) if promise else "—"),
        ],
        "share": number(month.measured_share),
        "is_gappy": _is_gappy(month),
        "outages": [_outage(outage) for outage in outages],
        "probes": _probes(line),
        "probes_url": f"{reverse('collect-probe-list')}?circuit_id={line.pk}",
        "deductions_url": f"{reverse('deductions')}?month={facts.start:%Y-%m}&contract={line.contract_id}&show=all"
        if may_deduct and line.contract_id
        else "",
    }


def _is_gappy(month: ServiceMonth) -> bool:
    return month.measured_share < 100


def _outage(outage: Outage) -> dict[str, Any]:
    return {
        "start": outage.start,
        "end": None if outage.is_open else outage.end,
        "lasting": lasting(outage.start, outage.end),
        "code": {Kind.DOWN: "FINDING", Kind.MAINTENANCE: "INFO"}.get(outage.kind, "UNKNOWN"),
        "kind": KINDS[outage.kind],
        "window": outage.window,
        "probes": [(label, STATES[state]) for label, state in outage.probes],
        "ports": [(label, STATES[state]) for label, state in outage.ports],
    }


def _probes(line: Circuit) -> list[dict[str, Any]]:
    return [
        {
            "target": target,
            "where": target.target if target.port is None else f"{target.target}:{target.port}",
            "code": {"up": "PASS", "down": "FINDING"}.get(target.state, "UNKNOWN") if target.is_asked else "UNKNOWN",
            "state": cause_text(target.error_code) if target.error_code else target.get_state_display(),
        }
        for target in ProbeTarget.objects.filter(circuit_id=line.pk).order_by("name", "pk")
        if target.is_asked or target.error_code
    ]
