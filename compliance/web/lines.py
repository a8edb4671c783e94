"""What a line's own page shows: verdict, ledgers, proof, traffic, rules, history, contract."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from compliance import texts
from compliance.facts import line_facts
from compliance.models import Exemption, Finding, JudgeRun, LineVerdict, ProofState, VerdictChange
from compliance.rules.values import Device as DeviceWord
from compliance.rules.values import EndFacts, LineFacts
from compliance.web.board_rows import PROOF_ICONS
from compliance.web.figures import bandwidth, chip, grouped, lasting
from compliance.web.line_ends import End, ends_of, own_ports
from compliance.web.rule_rows import changes_of, result_rows
from compliance.web.traffic import PERIODS, traffic_of
from inventory.models import Circuit, Device, LineContract
from kernel import policy
from kernel.models import ChangeRecord
from kernel.registry import registry
from kernel.web import trail
from kernel.web.cells import cell, url_of
from kernel.web.paging import address

POLL = "collect.poll"
_RECORDS = 60


class LineView:
    """One line and what its panels share; each part is read once, when a panel asks for it."""

    def __init__(self, line: Circuit) -> None:
        self.line = line

    @classmethod
    def of(cls, line: Circuit) -> LineView:
        view = line.__dict__.get("_line_view")
        if view is None:
            view = line.__dict__["_line_view"] = cls(line)
        return view  # type: ignore[no-any-return]  # kept on the row, which doesn't declare it

    @cached_property
    def verdict(self) -> LineVerdict | None:
        return LineVerdict.objects.filter(circuit_id=self.line.pk).first()

    @cached_property
    def chip(self) -> str:
        return chip(self.verdict.verdict) if self.verdict else grouped(None, self.line.status)

    @cached_property
    def ends(self) -> dict[str, End]:
        return ends_of([self.line.pk]).get(self.line.pk, {})

    @cached_property
    def facts(self) -> LineFacts | None:
        return line_facts(self.line.pk)

    @cached_property
    def records(self) -> list[ChangeRecord]:
        return list(trail.of_row(registry.of(Circuit), self.line.pk)[:_RECORDS])

    def set_by(self, field: str) -> dict[str, Any] | None:
        """Who wrote the present value of a recorded field, and when."""
        attname = Circuit._meta.get_field(field).attname  # type: ignore[union-attr]  # a concrete field
        for record in self.records:
            if (record.before or {}).get(attname) != (record.after or {}).get(attname):
                return {"who": record.who, "at": record.at, "reason": record.reason}
        return None


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


def ledger(request: HttpRequest, line: Circuit) -> dict[str, Any]:
    view = LineView.of(line)
    facts = view.facts
    ends = facts.ends if facts else ()
    latest = next(iter(view.records), None)
    read_at = facts.read_at if facts else None
    approved = view.set_by("bandwidth_approved_mbps")
    return {
        "recorded": {"who": latest.who, "at": latest.at} if latest else None,
        "approved": approved if line.bandwidth_approved_mbps is not None else None,
        "read_at": read_at,
        "rows": [
            _bandwidth_row(view),
            *(_end_row(view, side, [e for e in ends if e.side == side]) for side in ("A", "Z")),
            _state_row(view, ends),
            _plain_row(view, _("Medium"), "type", str(line.type)),
            _plain_row(
                view,
                _("Monthly fee"),
                "monthly_fee",
                ""
                if line.monthly_fee is None
                else _("%(fee)s yuan") % {"fee": f"{line.monthly_fee:,.2f}".removesuffix(".00")},
            ),
        ],
    }


def _row(label: str, recorded: str, approved: str, observed: str, code: str, text: str, **more: Any) -> dict[str, Any]:
    return {
        "label": label,
        "recorded": recorded,
        "approved": approved,
        "observed": observed,
        "code": code,
        "text": text,
        **more,
    }


def _bandwidth_row(view: LineView) -> dict[str, Any]:
    line, said = view.line, view.verdict
    declared, approved = line.bandwidth_declared_mbps, line.bandwidth_approved_mbps
    seen = said.observed_mbps if said else None
    if seen is None:
        code, text = "UNKNOWN", _("not seen")
    elif declared is not None and seen < declared:
        code = "FINDING" if view.chip == "FINDING" else "WARN"
        text = _("%(less)s less than recorded") % {"less": bandwidth(declared - seen)}
    elif declared is not None and approved is not None and declared != approved:
        code, text = "WARN", _("recorded and approved differ by %(by)s") % {"by": bandwidth(abs(declared - approved))}
    else:
        code, text = "PASS", _("the port does not contradict the record")
    return _row(
        _("Bandwidth"),
        bandwidth(declared),
        bandwidth(approved),
        _("port %(speed)s") % {"speed": bandwidth(seen)} if seen else "",
        code,
        text,
        set_by=view.set_by("bandwidth_declared_mbps"),
        approved_by=view.set_by("bandwidth_approved_mbps"),
        observed_tone={"FINDING": "diff", "WARN": "diff-w"}.get(code, "")
        if seen is not None and declared and seen < declared
        else "",
        recorded_tone="diff-w" if declared is not None and approved is not None and declared != approved else "",
    )


def _end_row(view: LineView, side: str, facts: list[EndFacts]) -> dict[str, Any]:
    end = view.ends.get(side)
    label = _("End %(side)s") % {"side": side}
    ports = "; ".join(f"{port.device} {port.interface}" for port in end.ports) if end else ""
    recorded = " · ".join(part for part in (end.place if end else "", ports) if part)
    shown = [fact for fact in facts if fact.is_readable]
    observed = "; ".join(f"{fact.label} {state_text(fact)}" for fact in shown)
    if not facts:
        return _row(label, recorded, "", "", "UNKNOWN", _("no port is bound, so nothing can be seen"))
    wrong = [f for f in shown if f.sight and not f.sight.is_expected and f.other_end_is_bound and not f.is_trunk]
    if wrong and wrong[0].sight:
        text = _("hears %(device)s instead") % {"device": wrong[0].sight.device}
        return _row(label, recorded, "", observed, "WARN", text, observed_tone="diff-w")
    if any(fact.sight and fact.sight.is_expected for fact in shown):
        return _row(label, recorded, "", observed, "PASS", _("agrees"))
    if shown:
        return _row(label, recorded, "", observed, "UNKNOWN", _("the port is there; nothing proves the other end"))
    return _row(label, recorded, "", "", "UNKNOWN", why_unseen(facts[0]))


def _state_row(view: LineView, ends: tuple[EndFacts, ...]) -> dict[str, Any]:
    line = view.line
    own = [end for end in ends if not end.is_trunk and end.is_readable]
    recorded = line.get_status_display()
    if not own:
        return _row(_("Status"), recorded, "", "", "UNKNOWN", _("not seen"), set_by=view.set_by("status"))
    is_up = any(end.is_up for end in own)
    observed = _("up at %(ends)s") % {"ends": ", ".join(e.side for e in own if e.is_up)} if is_up else _("down")
    is_used = line.status == Circuit.Status.ACTIVE
    if is_used == is_up:
        code, text = "PASS", _("agrees")
    elif is_used:
        code, text = "WARN", _("in use by the record, but down")
    else:
        code, text = "WARN", _("up, but not in use by the record")
    return _row(
        _("Status"),
        recorded,
        "",
        observed,
        code,
        text,
        set_by=view.set_by("status"),
        observed_tone="" if is_used == is_up else "diff-w",
    )


def _plain_row(view: LineView, label: str, field: str, recorded: str) -> dict[str, Any]:
    return _row(label, recorded, "", "", "NA", _("recorded only"), set_by=view.set_by(field))


def state_text(end: EndFacts) -> str:
    if end.admin == "down":
        return _("switched off")
    if end.is_up:
        return _("up · %(speed)s") % {"speed": bandwidth(end.speed_mbps)} if end.speed_mbps else _("up")
    return _("down") if end.oper else _("tells no state")


def why_unseen(end: EndFacts) -> str:
    return {
        DeviceWord.STALE: _("the device was last read too long ago"),
        DeviceWord.SILENT: _("the device does not answer"),
        DeviceWord.NEVER: _("the device has never answered"),
        DeviceWord.NOT_POLLED: _("nobody polls the device"),
    }.get(end.device_state, _("the device shows no such port"))


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
    return {
        "traffic": traffic_of(ports, period, line.bandwidth_declared_mbps) if ports else None,
        "has_port": bool(ports),
        "periods": [
            {"key": key, "label": label, "active": key == period, "url": address(request.GET, traffic=key) + "#traffic"}
            for key, (_length, _steps, label) in PERIODS.items()
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
        "state": "PASS" if left > 90 else "WARN" if left >= 0 else "FINDING" if line.status == "active" else "NA",
        "state_text": _state_of_contract(left),
    }


def _state_of_contract(left: int) -> str:
    if left < 0:
        return _("ended %(days)d days ago") % {"days": -left}
    return ngettext("%(days)d day left", "%(days)d days left", left) % {"days": left}


def fields_panel(request: HttpRequest, line: Circuit) -> dict[str, Any]:
    spec = registry.of(Circuit)
    return {"fields": [cell(spec, line, name, request.user) for name in spec.fields]}
