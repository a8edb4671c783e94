"""Opens, suspends and closes findings. Nothing but evidence closes one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q
from django.utils import timezone

from compliance.models import Finding, Rule
from compliance.outcomes import Judged, severity_rank
from compliance.rules.groups import CONTRACT, DEVICE, EGRESS_PAIR, PORT, RING, Subject
from compliance.rules.values import OBSERVATIONS, Verdict

# What has to be tracked until evidence shows that it is mended.
_OPENING = (Verdict.FINDING, Verdict.WARN)
RECURS_WITHIN = dt.timedelta(days=90)
LINE = "circuit"
Key = tuple[str, Subject]
"""(rule code, subject)"""
# Which column of a finding holds a subject of that kind.
_COLUMNS = {
    LINE: "circuit",
    RING: "ring",
    EGRESS_PAIR: "egress_pair",
    CONTRACT: "contract",
    PORT: "device",
    DEVICE: "device",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Whose a subject is and where it lies: the scope of its finding."""

    tenant_id: int | None
    region_id: int | None


@dataclass(slots=True)
class FindingChanges:
    opened: list[Finding] = field(default_factory=list)
    changed: list[Finding] = field(default_factory=list)
    closed: int = 0
    suspended: int = 0
    recurred: int = 0


class Ledger:
    """The findings that a run may touch: those not closed, and those closed so lately that they may recur."""

    def __init__(self, rules: Iterable[Rule], at: dt.datetime) -> None:
        self.at = at
        self.standing: dict[Key, Finding] = {}
        self.closed: dict[Key, Finding] = {}
        codes = {rule.pk: rule.code for rule in rules}
        rows = Finding.objects.filter(
            ~Q(state=Finding.State.CLOSED) | Q(closed_at__gte=at - RECURS_WITHIN), rule__in=list(codes)
        ).order_by("closed_at", "pk")
        for row in rows:
            of = self.closed if row.state == Finding.State.CLOSED else self.standing
            of[codes[row.rule_id], subject_of(row)] = row
        self._last_number: int | None = None

    def apply(self, key: Key, said: Judged, place: Place, changes: FindingChanges) -> None:
        finding = self.standing.get(key)
        is_wanted = said.verdict in _OPENING and said.rule.watch_mode == Rule.WatchMode.FINDING
        if finding is None:
            if is_wanted:
                self._open(key, said, place, changes)
            return
        before = _state_of(finding)
        if evidence := _closing_evidence(said):
            finding.state, finding.closed_at = Finding.State.CLOSED, self.at
            finding.closed_by_evidence = evidence
            changes.closed += 1
        elif said.verdict in (Verdict.EXEMPT, Verdict.NOT_APPLICABLE) or said.rule.watch_mode != "FINDING":
            changes.suspended += finding.state != Finding.State.SUSPENDED
            finding.state = Finding.State.SUSPENDED
        else:
            finding.state = Finding.State.OPEN
        if said.raw.verdict in _OPENING:
            finding.observations = max(finding.observations, said.raw.observations)
            finding.severity = min(finding.severity, _severity(said), key=severity_rank)
        if _state_of(finding) != before:
            changes.changed.append(finding)

    def suspend_inactive(self, active: Iterable[str], changes: FindingChanges) -> None:
        """A rule that was taken out of force holds nobody to account, and its findings stay on record."""
        known = set(active)
        for (code, _subject), finding in self.standing.items():
            if code not in known and finding.state != Finding.State.SUSPENDED:
                finding.state = Finding.State.SUSPENDED
                changes.suspended += 1
                changes.changed.append(finding)

    def _open(self, key: Key, said: Judged, place: Place, changes: FindingChanges) -> None:
        earlier = self.closed.get(key)
        _code, subject = key
        finding = Finding(
            number=self._next_number(), rule=said.rule, rule_version=said.rule.version,
            severity=_severity(said), tenant_id=place.tenant_id, region_id=place.region_id, opened_at=self.at,
            observations=said.raw.observations, explanation=said.explanation, evidence=said.evidence(),
            recurrence_of=earlier, port=subject.port, **{f"{_COLUMNS[subject.kind]}_id": subject.pk},
        )  # fmt: skip
        changes.recurred += earlier is not None
        changes.opened.append(finding)

    def _next_number(self) -> str:
        year = timezone.localtime(self.at).year
        if self._last_number is None:
            last = Finding.objects.filter(number__startswith=f"WT-{year}-").order_by("-pk").first()
            self._last_number = int(last.number.rsplit("-", 1)[1]) if last is not None else 0
        self._last_number += 1
        return f"WT-{year}-{self._last_number:04d}"


def subject_of(finding: Finding) -> Subject:
    for kind, column in _COLUMNS.items():
        pk = getattr(finding, f"{column}_id")
        if pk is not None and (kind != PORT or finding.port):
            return Subject(kind, pk, finding.port)
    raise ValueError(finding.number)  # the database holds every finding to one subject


CHANGED_FIELDS = ("state", "severity", "observations", "closed_at", "closed_by_evidence")


def _state_of(finding: Finding) -> tuple[Any, ...]:
    return finding.state, finding.severity, finding.observations


def _severity(said: Judged) -> str:
    """A warning of the rule weighs one step less than its finding: a ring without reserve isn't split yet."""
    if said.verdict is Verdict.FINDING:
        return said.rule.severity
    return str(Rule.Severity.MAJOR if said.rule.severity == Rule.Severity.SEVERE else Rule.Severity.MINOR)


def _closing_evidence(said: Judged) -> dict[str, Any] | None:
    """Two good observations in a row, or a line that the record has removed."""
    raw = said.raw
    is_good = raw.verdict is Verdict.PASS and raw.observations >= OBSERVATIONS.default
    is_removed = raw.verdict is Verdict.NOT_APPLICABLE and raw.values.get("status") == "decommissioned"
    if not is_good and not is_removed:
        return None
    return {
        "explanation": {"code": raw.code, "values": dict(raw.values)}, "observations": raw.observations,
        "evidence": said.evidence(),
    }  # fmt: skip
