"""What earlier runs left, and what one batch of a run writes: all of it or nothing, in one short transaction."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db import transaction

from compliance import storing
from compliance.findings import CHANGED_FIELDS, FindingChanges
from compliance.models import LineVerdict, RingVerdict, RuleResult, VerdictChange
from compliance.outcomes import Key


@dataclass(slots=True)
class Stored:
    """What earlier runs left, without the long texts: a digest tells whether a row has to be written."""

    results: dict[Key, RuleResult]
    lines: dict[int, LineVerdict]
    rings: dict[int, RingVerdict]


@dataclass(slots=True)
class Batch:
    new_results: list[RuleResult] = field(default_factory=list)
    results: list[RuleResult] = field(default_factory=list)
    new_lines: list[LineVerdict] = field(default_factory=list)
    lines: list[LineVerdict] = field(default_factory=list)
    new_rings: list[RingVerdict] = field(default_factory=list)
    rings: list[RingVerdict] = field(default_factory=list)
    changes: list[VerdictChange] = field(default_factory=list)
    findings: FindingChanges = field(default_factory=FindingChanges)
    gone: list[int] = field(default_factory=list)
    gone_rings: list[int] = field(default_factory=list)


_SHORT = ("id", "circuit_id", "rule_code", "verdict", "is_dry_run", "since", "digest")


def stored(*, is_partial: bool) -> Stored:
    results = RuleResult.objects.only(*_SHORT, *(("explanation",) if is_partial else ()))
    return Stored(
        {(row.circuit_id, row.rule_code): row for row in results},
        {row.circuit_id: row for row in LineVerdict.objects.defer("headline")},
        {row.ring_id: row for row in RingVerdict.objects.defer("explanation", "inputs", "evidence")},
    )


def has_work(batch: Batch) -> bool:
    return bool(
        batch.new_results or batch.results or batch.new_lines or batch.lines or batch.new_rings or batch.rings
        or batch.changes or batch.gone or batch.gone_rings or batch.findings.opened or batch.findings.changed
    )  # fmt: skip


_RESULT_FIELDS = (
    "rule_version", "verdict", "is_dry_run", "explanation", "inputs", "evidence", "since", "at", "observations",
    "digest",
)  # fmt: skip


@transaction.atomic
def write(batch: Batch) -> None:
    storing.insert_rows(batch.new_results)
    storing.update_rows(batch.results, _RESULT_FIELDS)
    storing.insert_rows(batch.new_lines)
    storing.update_rows(
        batch.lines,
        ("verdict", "rule_code", "headline", "proof", "observed_mbps", "rank", "since", "at", "digest"),
    )
    storing.insert_rows(batch.new_rings)
    storing.update_rows(batch.rings, ("state", "rule_code", *_RESULT_FIELDS))
    storing.insert_rows(batch.changes)
    if batch.gone:
        RuleResult.objects.filter(pk__in=batch.gone).delete()
    if batch.gone_rings:
        RingVerdict.objects.filter(pk__in=batch.gone_rings).delete()
    storing.insert_rows(batch.findings.opened)
    storing.update_rows(batch.findings.changed, CHANGED_FIELDS)
