"""The audit of a past day, run again: its rules, its record, its observations. Nothing is written."""

from __future__ import annotations

import datetime as dt
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from compliance.facts import gather_past
from compliance.judge import window_of
from compliance.models import Exemption, Rule
from compliance.outcomes import Judged, Standing, judged, overall
from compliance.reports import GroupResult, LineResult
from compliance.rules import CODES
from compliance.rules.values import Verdict
from kernel.past import rows_as_of, versions_as_of


@dataclass(frozen=True, slots=True)
class PastLine:
    circuit_id: int
    line_no: str
    verdict: Verdict
    rule: str
    explanation: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PastAudit:
    at: dt.datetime
    rules: tuple[str, ...]
    lines: tuple[PastLine, ...]
    """Every line then recorded, with its own verdict."""
    results: tuple[LineResult, ...]
    groups: tuple[GroupResult, ...]
    counts: Mapping[str, int]
    seconds: float


def audit(at: dt.datetime) -> PastAudit:
    """Judge what was then recorded and observed by the rules then in force."""
    started = time.perf_counter()
    versions = versions_as_of(Rule, at)
    known = {pk: _made(Rule, pk, row, version=versions.get(pk, 1)) for pk, row in rows_as_of(Rule, at).items()}
    rules = {rule.code: rule for rule in known.values() if rule.is_active and rule.code in CODES}
    facts = gather_past(at, window_of(rules))
    exemptions = [_made(Exemption, pk, row) for pk, row in rows_as_of(Exemption, at).items()]
    said = judged(facts, rules, at, exemptions)
    by_line: dict[int, list[tuple[str, Judged]]] = defaultdict(list)
    for (pk, code), one in said.lines.items():
        by_line[pk].append((code, one))
    lines = tuple(_line(pk, line.line_no, line.is_in_use, by_line[pk], at) for pk, line in facts.lines.items())
    names = {group.subject: group.name for of_kind in facts.groups.values() for group in of_kind}
    return PastAudit(
        at=at, rules=tuple(sorted(rules)), lines=lines,
        results=tuple(
            LineResult(facts.lines[pk].line_no, pk, code, one.verdict, one.explanation, one.raw.inputs, at)
            for (pk, code), one in said.lines.items()
        ),
        groups=tuple(
            GroupResult(names[subject], subject, code, one.verdict, one.explanation, one.raw.inputs, at)
            for (subject, code), one in said.groups.items()
        ),
        counts=Counter(line.verdict.value for line in lines), seconds=round(time.perf_counter() - started, 2),
    )  # fmt: skip


def _made(model: Any, pk: int, row: dict[str, Any], **more: Any) -> Any:
    return model(pk=pk, **{name: value for name, value in row.items() if name not in more}, **more)


def _line(pk: int, line_no: str, in_use: bool, results: list[tuple[str, Judged]], at: dt.datetime) -> PastLine:
    worst = overall(
        Standing(code, one.verdict, one.rule.severity, one.is_dry_run, at, one.explanation) for code, one in results
    )
    if worst is None:
        verdict = Verdict.UNKNOWN if in_use else Verdict.NOT_APPLICABLE
        return PastLine(pk, line_no, verdict, "", {"code": "no_rule_counts" if in_use else "not_in_use", "values": {}})
    return PastLine(pk, line_no, worst.verdict, worst.code, worst.explanation)
