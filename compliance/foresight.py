"""What a changed rule would do to the whole record, before anybody switches it on."""

from __future__ import annotations

import copy
import datetime as dt
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from compliance.judge import Run
from compliance.models import Finding, Rule
from compliance.rules import CODES
from compliance.rules.groups import Subject
from compliance.rules.values import Verdict


@dataclass(frozen=True, slots=True)
class Hit:
    """One subject that the changed rule would warn of or find wrong."""

    name: str
    subject: Subject
    verdict: Verdict
    explanation: Mapping[str, Any]
    is_new: bool
    """No finding stands for it yet."""


@dataclass(frozen=True, slots=True)
class Foresight:
    at: dt.datetime
    counts: Mapping[str, int]
    """Subjects by what the rule itself would say of them."""
    hits: tuple[Hit, ...]
    opened: int
    suspended: int
    moved: tuple[tuple[int, str, str], ...]
    """Lines whose own verdict would change: (circuit, before, after)."""
    seconds: float


def foresee(rule: Rule, *, at: dt.datetime | None = None, **changes: Any) -> Foresight:
    """Judge everything with the rule changed so, and write nothing. Takes as long as a run of the judge."""
    started = time.perf_counter()
    at = at or timezone.now()
    changed = copy.copy(rule)
    for name, value in changes.items():
        setattr(changed, name, value)
    known = {row.code: row for row in Rule.objects.filter(code__in=CODES).order_by("code")} | {changed.code: changed}
    run = Run({code: row for code, row in known.items() if row.is_active}, known, at, is_partial=False)
    standing = {subject for code, subject in run.ledger.standing if code == changed.code}
    before = {row.circuit_id: row.verdict for row in run.stored.lines.values()}
    run.go(dry=True)
    of_rule = [f for f in run.totals.opened if f.rule_id == changed.pk]
    hits = tuple(_hits(run, changed.code, standing))
    report = run.report(0.0, dry=True)
    return Foresight(
        at=at,
        counts=Counter(
            [r.verdict.value for r in report.results if r.rule == changed.code]
            + [g.verdict.value for g in report.groups if g.rule == changed.code]
        ),
        hits=hits, opened=len(of_rule),
        suspended=sum(1 for f in run.totals.changed if f.rule_id == changed.pk and f.state == Finding.State.SUSPENDED),
        moved=tuple((pk, before[pk], after) for pk, after in run.verdicts.items() if before.get(pk, after) != after),
        seconds=round(time.perf_counter() - started, 2),
    )  # fmt: skip


def _hits(run: Run, code: str, standing: set[Subject]) -> list[Hit]:
    """Groups first, then lines that speak for themselves; worst first."""
    bad = (Verdict.FINDING, Verdict.WARN)
    names = {group.subject: group.name for of_kind in run.facts.groups.values() for group in of_kind}
    found = [
        Hit(names[subject], subject, said.verdict, said.explanation, subject not in standing)
        for (subject, rule), said in run.groups.items() if rule == code and said.verdict in bad
    ]  # fmt: skip
    for (pk, rule), said in run.said.items():
        if rule == code and said.verdict in bad and not said.is_part:
            subject = Subject("circuit", pk)
            found.append(
                Hit(run.facts.lines[pk].line_no, subject, said.verdict, said.explanation, subject not in standing)
            )
    return sorted(found, key=lambda hit: (hit.verdict.rank, hit.subject.kind, hit.name))
