"""From facts to what is shown: each rule's own word, then exemptions, then how strictly the city watches."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from django.utils import timezone

from compliance.digests import digest_of
from compliance.facts import Facts
from compliance.models import Exemption, Rule
from compliance.rules import GROUP_RULES, LINE_RULES, SERVICE_RULES, settled
from compliance.rules.groups import Subject
from compliance.rules.values import Evidence, Outcome, Verdict

Key = tuple[int, str]
"""(circuit, rule code)"""
_SEVERITIES = {Rule.Severity.SEVERE: 0, Rule.Severity.MAJOR: 1, Rule.Severity.MINOR: 2}
_PASSING_TIME = ("at", "observations")
_EVIDENCE = tuple(f.name for f in fields(Evidence))
_WHEN_BROKEN = frozenset(
    [rule.code for rule in LINE_RULES if rule.counts_when_broken] + [rule.code for rule in SERVICE_RULES]
)


@dataclass(frozen=True, slots=True)
class Judged:
    """A rule on a subject. `raw` is the rule's own word, `verdict` what it comes to."""

    rule: Rule
    raw: Outcome
    verdict: Verdict
    code: str
    values: Mapping[str, Any]
    collector: str = ""
    is_part: bool = False
    """What a group's outcome means for one of its lines: the group has the finding, not the line."""

    @property
    def is_dry_run(self) -> bool:
        return self.rule.watch_mode == Rule.WatchMode.DRYRUN

    @property
    def explanation(self) -> dict[str, Any]:
        return {"code": self.code, "values": dict(self.values)}

    def evidence(self) -> list[dict[str, Any]]:
        plain = [_plain(e) for e in self.raw.evidence]
        return [e | {"collector": self.collector, "digest": digest_of(e)} for e in plain]

    def digest(self) -> str:
        """Of everything but the passing of time: the same digest needs no write."""
        proof = [(e.what, e.source, e.raw, e.device, e.port, str(e.since)) for e in self.raw.evidence]
        return digest_of(
            self.rule.version,
            self.verdict,
            self.is_dry_run,
            self.code,
            lasting(self.values),
            dict(self.raw.inputs),
            proof,
        )


def lasting(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values without those that only time changes."""
    return {name: value for name, value in values.items() if name not in _PASSING_TIME}


def _plain(evidence: Evidence) -> dict[str, Any]:
    # `asdict` copies every date deeply, which was half of a first run's time.
    said = {name: getattr(evidence, name) for name in _EVIDENCE}
    return {k: v.isoformat() if isinstance(v, dt.datetime) else v for k, v in said.items()}


def severity_rank(severity: str) -> int:
    return _SEVERITIES.get(Rule.Severity(severity), len(_SEVERITIES))


GroupKey = tuple[Subject, str]
"""(subject, rule code)"""


@dataclass(frozen=True, slots=True)
class Said:
    lines: dict[Key, Judged]
    groups: dict[GroupKey, Judged]


def judged(
    facts: Facts, rules: Mapping[str, Rule], at: dt.datetime, exemptions: Iterable[Exemption] | None = None
) -> Said:
    """Every rule on everything that it concerns. Without `exemptions`, those that are recorded now."""
    if exemptions is None:
        exemptions = Exemption.objects.filter(rule__in=[rule.pk for rule in rules.values()])
    exempt = _in_force(exemptions, rules.values(), timezone.localtime(at).date())
    said = Said({}, {})
    for line_rule in LINE_RULES:
        if (row := rules.get(line_rule.code)) is None:
            continue
        parameters = settled(row.code, row.parameters)
        for circuit_id, line in facts.lines.items():
            if (raw := line_rule.judge(line, parameters)) is None:
                continue
            said.lines[circuit_id, row.code] = _effective(row, raw, exempt.get((circuit_id, row.code)), line.collector)
    for service_rule in SERVICE_RULES:
        if (row := rules.get(service_rule.code)) is None:
            continue
        parameters = settled(row.code, row.parameters)
        for circuit_id, service in facts.services.items():
            raw = service_rule.judge(service, parameters)
            if raw.code != "t06_no_promise" and circuit_id in facts.lines:
                said.lines[circuit_id, row.code] = _effective(
                    row, raw, exempt.get((circuit_id, row.code)), facts.lines[circuit_id].collector
                )
    for group_rule in GROUP_RULES:
        if (row := rules.get(group_rule.code)) is None:
            continue
        parameters = settled(row.code, row.parameters)
        for group in facts.groups.get(group_rule.kind, ()):
            whole, parts = group_rule.judge(group, parameters)
            said.groups[group.subject, row.code] = _effective(row, whole, None, group.collector)
            for circuit_id, raw in parts.items():
                part = _effective(row, raw, exempt.get((circuit_id, row.code)), group.collector, is_part=True)
                known = said.lines.get((circuit_id, row.code))  # a line may belong to two rings
                if known is None or part.verdict.rank < known.verdict.rank:
                    said.lines[circuit_id, row.code] = part
    return said


def _in_force(rows: Iterable[Exemption], rules: Iterable[Rule], today: dt.date) -> dict[Key, Exemption]:
    """By line and rule; of several the one that ends last."""
    codes = {rule.pk: rule.code for rule in rules}
    valid = [
        row for row in rows
        if row.rule_id in codes and not row.revoked and row.valid_from <= today <= row.expires_on
    ]  # fmt: skip
    return {(r.circuit_id, codes[r.rule_id]): r for r in sorted(valid, key=lambda r: (r.expires_on, r.pk or 0))}


def _effective(
    rule: Rule, raw: Outcome, exemption: Exemption | None, collector: str, *, is_part: bool = False
) -> Judged:
    if exemption is not None and raw.verdict is not Verdict.NOT_APPLICABLE:
        values = {
            "document_no": exemption.document_no, "expires_on": exemption.expires_on.isoformat(),
            "ground": exemption.ground, "judged": raw.verdict.value, "judged_code": raw.code,
            "judged_values": dict(raw.values),
        }  # fmt: skip
        return Judged(rule, raw, Verdict.EXEMPT, "exempt", values, collector, is_part)
    verdict = raw.verdict
    if verdict is Verdict.FINDING and rule.watch_mode == Rule.WatchMode.WARN:
        verdict = Verdict.WARN
    return Judged(rule, raw, verdict, raw.code, raw.values, collector, is_part)


@dataclass(frozen=True, slots=True)
class Standing:
    """A result as it counts into its line's verdict, judged just now or standing from before."""

    code: str
    verdict: Verdict
    severity: str
    is_dry_run: bool
    since: dt.datetime
    explanation: Mapping[str, Any]

    @property
    def counts(self) -> bool:
        if self.is_dry_run:
            return False
        return self.code not in _WHEN_BROKEN or self.verdict.rank <= Verdict.WARN.rank

    @property
    def badness(self) -> tuple[int, int, str]:
        return self.verdict.rank, severity_rank(self.severity), self.code


def overall(standings: Iterable[Standing]) -> Standing | None:
    """The worst result that counts; None when no rule has a say over the line."""
    return min((s for s in standings if s.counts), key=lambda s: s.badness, default=None)


def line_rank(worst: Standing) -> int:
    """Worst first: verdict, then severity."""
    return worst.verdict.rank * 10 + severity_rank(worst.severity)
