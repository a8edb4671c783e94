"""What a line's own page shows beside its ledgers: verdict, proof, traffic, rules, history, contract."""

from __future__ import annotations

import logging
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from collectors.selectors import SeriesUnavailable
from compliance import texts
from compliance.models import Exemption, Finding, JudgeRun, ProofState, VerdictChange
from compliance.rules.values import EndFacts
from compliance.web.board_rows import PROOF_ICONS
from compliance.web.contracts import days_left_text, sign_of
from compliance.web.figures import bandwidth, lasting
from compliance.web.ledgers import state_text, why_unseen
from compliance.web.line_ends import End, own_ports
from compliance.web.line_views import LineView
from compliance.web.rule_rows import changes_of, result_rows
from compliance.web.traffic import PERIODS, traffic_of
from inventory.models import Circuit, Device, LineContract
from inventory.selectors.contracts import RENTED
from kernel import policy
from kernel.registry import registry
from kernel.web import trail
from kernel.web.cells import cell, url_of
from kernel.web.paging import address

POLL = "collect.poll"
log = logging.getLogger(__name__)


def line_banner(request: HttpRequest, line: Circuit) -> dict[str, Any]:
    view = LineView.of(line)
    said = view.verdict
    findings = (
        policy.visible(request.user, registry.of(Finding), Finding.objects.all())
        if policy.can(request.user, "view", registry.of(Finding))
        else Finding.objects.none()
    )
    return {
        "chip": view.chip,
        "tone": _tone(view.chip),
        "icon": _icon(view.chip),
        "sentence": texts.headline(said) if said else _("Nobody has judged this line yet."),
        "since": said.since if said else None,
        "lasting": lasting(said.since) if said else "",
        "next_step": texts.next_step(said.headline) if said else "",
        "rule": said.rule_code if said else "",
        "last_run": JudgeRun.objects.order_by("-ended_at").first(),
        "findings": [
            {"number": f.number, "state": f.get_state_display(), "url": reverse("finding", args=[f.pk])}
            for f in findings.filter(circuit=line).exclude(state="closed").order_by("pk")
        ],
        "recheck_url": reverse("recheck", args=[line.pk]) if policy.has_permission(request.user, POLL) else "",
        "board_url": reverse("board"),
        "head": _head(view),
    }


def _tone(code: str) -> str:
    return {"FINDING": "finding", "WARN": "warn", "PASS": "pass"}.get(code, "info")


def _icon(code: str) -> str:
    return {
        "FINDING": "square-x",
        "WARN": "alert-triangle",
        "PASS": "circle-check",
        "UNKNOWN": "help-circle",
        "EXEMPT": "shield-half",
    }.get(code, "info-circle")


def _head(view: LineView) -> dict[str, Any]:
    line = view.line
    tags = [
        {"text": line.get_status_display(), "tone": "line"},
        {"text": str(line.network or ""), "tone": ""},
        {"text": line.get_grade_display() or "", "tone": ""},
        {"text": line.get_access_class_display(), "tone": ""},
        {"text": f"{line.provider} · {line.type}", "tone": ""},
    ]
    numbers = [text for text in (line.line_no, _("circuit number %(cid)s") % {"cid": line.cid}) if text]
    return {
        "verdict": {"value": view.chip, "text": ""},
        "tags": [tag for tag in tags if tag["text"]],
        "subtitle": " · ".join([*numbers, *([line.tenant.name] if line.tenant else [])]),
        "line_title": line_title(line, view.ends),
    }


def line_title(line: Circuit, ends: dict[str, End]) -> str:
    """From where to where, else by its number."""
    places = [ends[side].place for side in ("A", "Z") if side in ends and ends[side].place]
    return " → ".join(places) if len(places) == 2 else line.line_no or str(line)


def ends_panel(request: HttpRequest, line: Circuit) -> dict[str, Any]:
    view = LineView.of(line)
    facts = view.facts
    proof = view.verdict.proof if view.verdict else "none"
    device_spec = registry.of(Device)
    may_open = policy.can(request.user, "view", device_spec)
    shown = []
    for side in ("A", "Z"):
        end = view.ends.get(side)
        of_side = [fact for fact in (facts.ends if facts else ()) if fact.side == side]
        shown.append(
            {
                "side": side,
                "place": end.place if end else "",
                "panel": end.patch_panel if end else "",
                "models": {port.device_id: port.model for port in end.ports} if end else {},
                "ports": [_port(fact, end, may_open) for fact in of_side],
            }
        )
    icon, _tone_of_proof = PROOF_ICONS[proof]
    is_up = bool(facts) and any(e.is_up for e in facts.own_ends) if facts else False
    wire = "bad" if view.chip == "FINDING" else "warn" if view.chip == "WARN" else "up" if is_up else "unknown"
    return {
        "ends": shown,
        "proof": proof,
        "proof_text": ProofState(proof).label,
        "proof_icon": icon,
        "proof_verdict": {"both": "PASS", "one": "INFO", "none": "UNKNOWN"}[proof],
        "wire": wire,
        "carrier": f"{line.provider} · {line.type}",
        "bandwidth": bandwidth(line.bandwidth_declared_mbps),
        "bind_url": _bind_url(request, line),
    }


def _bind_url(request: HttpRequest, line: Circuit) -> str:
    spec = registry.of(Circuit)
    if not policy.can(request.user, "change", spec):
        return ""
    return f"{reverse('circuits-circuittermination-list')}?circuit_id={line.pk}"


def _port(fact: EndFacts, end: End | None, may_open: bool) -> dict[str, Any]:
    model = next((p.model for p in end.ports if p.device_id == fact.device_id), "") if end else ""
    return {
        "fact": fact,
        "model": model,
        "url": reverse("dcim-device-detail", args=[fact.device_id]) if may_open else "",
        "state": state_text(fact) if fact.is_readable else why_unseen(fact),
        "is_readable": fact.is_readable,
        "observations": ngettext("%(n)d reading in a row", "%(n)d readings in a row", fact.observations)
        % {"n": fact.observations},
    }


def traffic_panel(request: HttpRequest, line: Circuit) -> dict[str, Any]:
    view = LineView.of(line)
    period = request.GET.get("traffic", "week")
    period = period if period in PERIODS else "week"
    ports = own_ports(view.ends)
    traffic, is_readable = None, True
    try:
        traffic = traffic_of(ports, period, line.bandwidth_declared_mbps) if ports else None
    except SeriesUnavailable as error:
        log.warning("The chart of line %s stays empty: %s", line.pk, error)
        is_readable = False
    return {
        "traffic": traffic,
        "is_readable": is_readable,
        "has_port": bool(ports),
        "periods": [
            {
                "key": key,
                "label": chosen.label,
                "active": key == period,
                "url": address(request.GET, traffic=key) + "#traffic",
            }
            for key, chosen in PERIODS.items()
        ],
    }


def rules_panel(request: HttpRequest, line: Circuit) -> dict[str, Any]:
    rows = result_rows(line.pk)
    spec = registry.of(Exemption)
    counts: dict[str, int] = {}
    for row in rows:
        if not row["result"].is_dry_run:
            counts[row["chip"]] = counts.get(row["chip"], 0) + 1
    return {
        "rows": rows,
        "counts": [{"code": code, "count": n} for code, n in counts.items()],
        "exempt_url": reverse(f"{spec.route}-add") + f"?circuit={line.pk}"
        if policy.can(request.user, "add", spec)
        else "",
        "rules_url": reverse("rules") if policy.has_permission(request.user, "compliance.view_rule") else "",
    }


def timeline_panel(request: HttpRequest, line: Circuit) -> dict[str, Any]:
    """Verdict changes and record changes in one order: what was done and what it did."""
    view = LineView.of(line)
    changes = VerdictChange.objects.filter(circuit_id=line.pk).order_by("-at", "-pk")[:20]
    events: list[dict[str, Any]] = [{"kind": "verdict", **change} for change in changes_of(changes)]
    events += [{"kind": "record", **change} for change in trail.shown(view.records[:10])]
    events.sort(key=lambda event: event["at"], reverse=True)
    return {
        "events": events[:20],
        "history_url": reverse("circuits-circuit-history", args=[line.pk]),
        "head": {"history_is_shown": True},
    }


def contract_panel(request: HttpRequest, line: Circuit) -> dict[str, Any] | None:
    contract = line.contract
    spec = registry.of(LineContract)
    if contract is not None and not policy.can(request.user, "view", spec):
        return None
    add = policy.can(request.user, "change", registry.of(Circuit))
    if contract is None:
        return {"contract": None, "edit_url": reverse("circuits-circuit-edit", args=[line.pk]) if add else ""}
    today = timezone.localdate()
    left = (contract.end_on - today).days
    is_mine = policy.visible(request.user, spec, LineContract.objects.filter(pk=contract.pk)).exists()
    return {
        "contract": contract,
        "url": url_of(contract) if is_mine else "",
        "days_left": left,
        "state": sign_of(left, contract.reminder_days, line.status in RENTED),
        "state_text": days_left_text(left),
    }


def fields_panel(request: HttpRequest, line: Circuit) -> dict[str, Any]:
    spec = registry.of(Circuit)
    return {"fields": [cell(spec, line, name, request.user) for name in spec.fields]}
