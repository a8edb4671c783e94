"""Rules on a line, their evidence and the changes of verdicts, as rows that templates only loop over."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from compliance import texts
from compliance.models import Clause, Rule, RuleResult, VerdictChange
from compliance.web.figures import bandwidth, chip, moment
from inventory.models import Circuit

_WHAT = {
    "speed": gettext_lazy("Port speed"),
    "state": gettext_lazy("Port state"),
    "neighbour": gettext_lazy("Neighbour"),
    "binding": gettext_lazy("Bound port"),
    "policer": gettext_lazy("Policer"),
    "throughput": gettext_lazy("Throughput"),
}
_INPUTS = {
    "declared_mbps": gettext_lazy("Declared bandwidth"),
    "acceptance_mbps": gettext_lazy("Acceptance throughput"),
    "status": gettext_lazy("Status"),
    "opened_on": gettext_lazy("Opened on"),
    "role": gettext_lazy("Use"),
    "proof": gettext_lazy("Proof of the ends"),
    "speed_mbps": gettext_lazy("Port speed"),
    "oper": gettext_lazy("Port state"),
    "admin": gettext_lazy("Switched on"),
    "device_state": gettext_lazy("Device"),
    "policer_mbps": gettext_lazy("Policer"),
    "is_trunk": gettext_lazy("shared trunk"),
    "is_sub_interface": gettext_lazy("sub-interface"),
    "is_shaped": gettext_lazy("shaped"),
    "was_up": gettext_lazy("was up before"),
    "first_seen_at": gettext_lazy("First seen"),
    "hears_expected": gettext_lazy("hears the recorded end"),
    "is_expected": gettext_lazy("hears the recorded end"),
    "speaks_lldp": gettext_lazy("speaks LLDP"),
    "seen_device": gettext_lazy("Hears device"),
    "seen_port": gettext_lazy("Hears port"),
}
_STATE_WORDS = {
    "fresh": gettext_lazy("read in time"),
    "stale": gettext_lazy("read too long ago"),
    "silent": gettext_lazy("does not answer"),
    "never": gettext_lazy("never answered"),
    "not_polled": gettext_lazy("not polled"),
}
_AT_END = ("side", "device", "port")


def _shown(name: str, value: Any) -> str:
    if value is None or value == "":
        return _("unknown")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if name.endswith("_mbps") and isinstance(value, int | float):
        return bandwidth(value)
    if name == "device_state":
        return str(_STATE_WORDS.get(str(value), value))
    if name == "status":
        return str(dict(Circuit.Status.choices).get(str(value), value))
    if name == "role":
        return str(dict(Circuit.Role.choices).get(str(value), value))
    if name == "proof":
        return texts.proof_text(str(value))
    if name.endswith("_at") and (at := parse_datetime(str(value))) is not None:
        return moment(at)
    return str(value)


def input_rows(inputs: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What a rule was given: plain values first, then each end on a line of its own."""
    rows = [
        (str(_INPUTS.get(name, name)), _shown(name, value))
        for name, value in inputs.items()
        if not isinstance(value, list)
    ]
    for name, values in inputs.items():
        for entry in values if isinstance(values, list) else ():
            if isinstance(entry, Mapping):
                rows.append(_end_row(entry) if name == "ends" else _segment_row(entry))
    return rows


def _end_row(entry: Mapping[str, Any]) -> tuple[str, str]:
    said = [str(entry.get("device", "")), str(entry.get("port", ""))]
    for name, value in entry.items():
        if name in _AT_END or value in (None, "", False):
            continue
        label = str(_INPUTS.get(name, name))
        said.append(label if value is True else f"{label} {_shown(name, value)}")
    return _("End %(side)s") % {"side": entry.get("side", "")}, " · ".join(part for part in said if part)


def _segment_row(entry: Mapping[str, Any]) -> tuple[str, str]:
    return f"{entry.get('sequence', '')} {entry.get('name', '')}".strip(), str(entry.get("state", ""))


def evidence_rows(evidence: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "what": str(_WHAT.get(str(row.get("what")), row.get("what", ""))),
            "raw": row.get("raw", ""),
            "source": row.get("source", ""),
            "device": row.get("device", ""),
            "port": row.get("port", ""),
            "side": row.get("side", ""),
            "at": _instant(row.get("at")),
            "since": _instant(row.get("since")),
            "observations": row.get("observations", 0),
            "collector": row.get("collector", ""),
            "digest": row.get("digest", ""),
        }
        for row in evidence
        if isinstance(row, Mapping)
    ]


def _instant(value: Any) -> dt.datetime | None:
    return parse_datetime(value) if isinstance(value, str) else None


def marked(clause: Clause) -> SafeString:
    """The exact words with the operative verb marked, where it stands in them."""
    text, modal = clause.text, clause.modal
    at = text.find(modal) if modal else -1
    if at < 0:
        return conditional_escape(text)
    return format_html("{}<mark>{}</mark>{}", text[:at], modal, text[at + len(modal) :])


def clause_of(rule: Rule | None) -> dict[str, Any]:
    """A rule's ground: its clause word by word, else the basis that the city gave."""
    if rule is None:
        return {}
    if rule.clause is None:
        return {"basis": rule.basis}
    return {
        "text": marked(rule.clause),
        "ref": rule.clause.ref,
        "document": rule.clause.document.title,
        "doc_no": rule.clause.document.doc_no,
        "modal": rule.clause.modal,
        "basis": rule.basis,
    }


def result_rows(circuit_id: int) -> list[dict[str, Any]]:
    """Every rule on a line, the worst first, dry runs last. Two queries."""
    rules = {rule.code: rule for rule in Rule.objects.select_related("clause__document")}
    rank = {word: at for at, word in enumerate(("FINDING", "WARN", "UNKNOWN", "EXEMPT", "INFO", "PASS"))}
    results = sorted(
        RuleResult.objects.filter(circuit_id=circuit_id),
        key=lambda row: (row.is_dry_run, rank.get(row.verdict, 9), row.rule_code),
    )
    return [
        {
            "result": row,
            "chip": chip(row.verdict),
            "rule": rules.get(row.rule_code),
            "title": texts.rule_title(rules.get(row.rule_code, row.rule_code)),
            "sentence": texts.sentence(row.explanation),
            "next_step": texts.next_step(row.explanation),
            "inputs": input_rows(row.inputs),
            "evidence": evidence_rows(row.evidence),
            "clause": clause_of(rules.get(row.rule_code)),
            "is_open": row.verdict in ("FINDING", "WARN") and not row.is_dry_run,
        }
        for row in results
    ]


def changes_of(changes: Iterable[VerdictChange]) -> list[dict[str, Any]]:
    return [
        {
            "at": row.at,
            "before": chip(row.before),
            "after": chip(row.after),
            "rule": row.rule_code,
            "sentence": texts.sentence(row.explanation),
            "change": row,
        }
        for row in changes
    ]


_PARAMETERS = {
    "observations": gettext_lazy("Readings in a row before it is a finding"),
    "grace_days": gettext_lazy("Days after opening before it applies"),
    "days": gettext_lazy("Days"),
    "of_days": gettext_lazy("Of the last working days"),
    "floor_kbps": gettext_lazy("Floor (kbit/s)"),
    "uptime_percent": gettext_lazy("Collector there at least (%)"),
    "percent": gettext_lazy("Of the approved bandwidth (%)"),
    "more_percent": gettext_lazy("Not limited by the carrier above (%)"),
    "grace_hours": gettext_lazy("Hours to record it"),
    "notice_days": gettext_lazy("Note before the end (days)"),
    "measured_share": gettext_lazy("Measured share of the month at least (%)"),
    "young_h": gettext_lazy("Measured hours before delay and loss count"),
    "warning_days": gettext_lazy("Warn before the end (days)"),
}


def parameter_label(name: str) -> str:
    return str(_PARAMETERS.get(name, name))
