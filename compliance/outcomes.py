"""From facts to what is shown: each rule's own word, then exemptions, then how strictly the city watches."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from django.utils import timezone

from compliance.digests import digest_of
from compliance.facts import Facts
from compliance.models import Exemption, Rule
from compliance.rules import LINE_RULES, RING_RULES, settled
from compliance.rules.values import Evidence, Outcome, Verdict

Key = tuple[int, str]
"""(circuit, rule code)"""
_SEVERITIES = {Rule.Severity.SEVERE: 0, Rule.Severity.MAJOR: 1, Rule.Severity.MINOR: 2}
_PASSING_TIME = ("at", "observations")
_EVIDENCE = tuple(f.name for f in fields(Evidence))
PROOF_CODES = frozenset(rule.code for rule in LINE_RULES if rule.is_proof)


@dataclass(frozen=True, slots=True)
class Judged:
    """A rule on a subject. `raw` is the rule's own word, `verdict` what it comes to."""

    rule: Rule
    raw: Outcome
    verdict: Verdict
    code: str
    values: Mapping[str, Any]
    collector: str = ""

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


def judged(facts: Facts, rules: Mapping[str, Rule], at: dt.datetime) -> tuple[dict[Key, Judged], dict[int, Judged]]:
    """By line and rule, and by ring."""
    exempt = _exemptions(rules.values(), timezone.localtime(at).date())
    lines: dict[Key, Judged] = {}
    for line_rule in LINE_RULES:
        row = rules.get(line_rule.code)
        if row is None:
            continue
        parameters = settled(row.code, row.parameters)
        for circuit_id, line in facts.lines.items():
            raw = line_rule.judge(line, parameters)
            said = _effective(row, raw, exempt.get((circuit_id, row.code)))
            lines[circuit_id, row.code] = said if not line.collector else replace(said, collector=line.collector)
    rings: dict[int, Judged] = {}
    for ring_rule in RING_RULES:
        row = rules.get(ring_rule.code)
        if row is None:
            continue
        parameters = settled(row.code, row.parameters)
        for ring in facts.rings:
            whole, parts = ring_rule.judge(ring, parameters)
            collector = next((s.line.collector for s in ring.segments if s.line.collector), "")
            rings[ring.ring_id] = replace(_effective(row, whole, None), collector=collector)
            for circuit_id, raw in parts.items():
                said = replace(_effective(row, raw, exempt.get((circuit_id, row.code))), collector=collector)
                known = lines.get((circuit_id, row.code))  # a line may belong to two rings
                if known is None or said.verdict.rank < known.verdict.rank:
                    lines[circuit_id, row.code] = said
    return lines, rings


def _exemptions(rules: Iterable[Rule], today: dt.date) -> dict[Key, Exemption]:
    rows = Exemption.objects.filter(
        rule__in=[rule.pk for rule in rules], revoked=False, valid_from__lte=today, expires_on__gte=today
    )
    codes = {rule.pk: rule.code for rule in rules}
    return {(row.circuit_id, codes[row.rule_id]): row for row in rows.order_by("expires_on", "pk")}


def _effective(rule: Rule, raw: Outcome, exemption: Exemption | None) -> Judged:
    if exemption is not None and raw.verdict is not Verdict.NOT_APPLICABLE:
        values = {
            "document_no": exemption.document_no, "expires_on": exemption.expires_on.isoformat(),
            "ground": exemption.ground, "judged": raw.verdict.value, "judged_code": raw.code,
            "judged_values": dict(raw.values),
        }  # fmt: skip
        return Judged(rule, raw, Verdict.EXEMPT, "exempt", values)
    verdict = raw.verdict
    if verdict is Verdict.FINDING and rule.watch_mode == Rule.WatchMode.WARN:
        verdict = Verdict.WARN
    return Judged(rule, raw, verdict, raw.code, raw.values)


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
        return self.code not in PROOF_CODES or self.verdict.rank <= Verdict.WARN.rank

    @property
    def badness(self) -> tuple[int, int, str]:
        return self.verdict.rank, severity_rank(self.severity), self.code


def overall(standings: Iterable[Standing]) -> Standing | None:
    """The worst result that counts; None when no rule has a say over the line."""
    return min((s for s in standings if s.counts), key=lambda s: s.badness, default=None)


def line_rank(worst: Standing) -> int:
    """Worst first: verdict, then severity."""
    return worst.verdict.rank * 10 + severity_rank(worst.severity)
