"""The three ledgers of a line side by side: recorded, approved, observed, and the difference in words."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from compliance.rules.values import Device, EndFacts
from compliance.web.figures import bandwidth
from compliance.web.line_views import LineView
from inventory.models import Circuit


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
    if line.is_rate_limited_upstream:
        return _accepted_row(view)
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


def _accepted_row(view: LineView) -> dict[str, Any]:
    """The carrier limits the rate before the hand-off: what was measured at acceptance stands for what is seen."""
    line = view.line
    measured, declared = line.acceptance_mbps, line.bandwidth_declared_mbps
    if measured is None:
        code, text = "UNKNOWN", _("limited before the hand-off, and no acceptance test is on record")
    elif declared is not None and measured < declared:
        code, text = "FINDING", _("%(less)s less than recorded") % {"less": bandwidth(declared - measured)}
    else:
        code, text = "PASS", _("the acceptance test agrees with the record")
    observed = _("accepted at %(speed)s") % {"speed": bandwidth(measured)} if measured else ""
    approved = bandwidth(line.bandwidth_approved_mbps)
    return _row(_("Bandwidth"), bandwidth(declared), approved, observed, code, text)


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
        Device.STALE: _("the device was last read too long ago"),
        Device.SILENT: _("the device does not answer"),
        Device.NEVER: _("the device has never answered"),
        Device.NOT_POLLED: _("nobody polls the device"),
    }.get(end.device_state, _("the device shows no such port"))
