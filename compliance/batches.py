"""What earlier runs left, and what one batch of a run writes: all of it or nothing, in one short transaction."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple

from django.db import transaction

from compliance import storing
from compliance.findings import CHANGED_FIELDS, FindingChanges
from compliance.models import GroupVerdict, LineVerdict, RingVerdict, RuleResult, VerdictChange
from compliance.outcomes import GroupKey, Key
from compliance.rules.groups import Subject


class StoredResult(NamedTuple):
    pk: int
    circuit_id: int
    rule_code: str
    verdict: str
    is_dry_run: bool
    since: dt.datetime
    digest: str
    explanation: Any = None
    """Read for a partial run alone, which takes other rules' words as they stand."""


class StoredLine(NamedTuple):
    pk: int
    circuit_id: int
    verdict: str
    rule_code: str
    since: dt.datetime
    digest: str


class StoredGroup(NamedTuple):
    pk: int
    verdict: str
    since: dt.datetime
    digest: str


@dataclass(slots=True)
class Stored:
    """What earlier runs left, without the long texts: a digest tells whether a row has to be written.

    Plain tuples, since 20,000 model instances took a fifth of a run in which nothing changes.
    """

    results: dict[Key, StoredResult]
    lines: dict[int, StoredLine]
    rings: dict[int, RingVerdict]
    groups: dict[GroupKey, StoredGroup]


@dataclass(slots=True)
class Batch:
    new_results: list[RuleResult] = field(default_factory=list)
    results: list[RuleResult] = field(default_factory=list)
    new_lines: list[LineVerdict] = field(default_factory=list)
    lines: list[LineVerdict] = field(default_factory=list)
    new_rings: list[RingVerdict] = field(default_factory=list)
    rings: list[RingVerdict] = field(default_factory=list)
    new_groups: list[GroupVerdict] = field(default_factory=list)
    groups: list[GroupVerdict] = field(default_factory=list)
    changes: list[VerdictChange] = field(default_factory=list)
    findings: FindingChanges = field(default_factory=FindingChanges)
    gone: list[int] = field(default_factory=list)
    gone_rings: list[int] = field(default_factory=list)
    gone_groups: list[int] = field(default_factory=list)


_RESULT = ("id", "circuit_id", "rule_code", "verdict", "is_dry_run", "since", "digest")
_LINE = ("id", "circuit_id", "verdict", "rule_code", "since", "digest")


def stored(*, is_partial: bool) -> Stored:
    columns = (*_RESULT, "explanation") if is_partial else _RESULT
    results = [StoredResult(*row) for row in RuleResult.objects.values_list(*columns)]
    lines = [StoredLine(*row) for row in LineVerdict.objects.values_list(*_LINE)]
    return Stored(
        {(row.circuit_id, row.rule_code): row for row in results},
        {row.circuit_id: row for row in lines},
        {row.ring_id: row for row in RingVerdict.objects.defer("explanation", "inputs", "evidence")},
        {
            (Subject(kind, pk, port), code): StoredGroup(row_id, verdict, since, digest)
            for kind, pk, port, code, row_id, verdict, since, digest in GroupVerdict.objects.values_list(
                "kind", "subject_id", "port", "rule_code", "id", "verdict", "since", "digest"
            )
        },
    )


def has_work(batch: Batch) -> bool:
    own = any(getattr(batch, part.name) for part in fields(batch) if part.name != "findings")
    return own or bool(batch.findings.opened or batch.findings.changed)


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
    storing.insert_rows(batch.new_groups)
    storing.update_rows(batch.groups, _RESULT_FIELDS)
    storing.insert_rows(batch.changes)
    if batch.gone:
        RuleResult.objects.filter(pk__in=batch.gone).delete()
    if batch.gone_rings:
        RingVerdict.objects.filter(pk__in=batch.gone_rings).delete()
    if batch.gone_groups:
        GroupVerdict.objects.filter(pk__in=batch.gone_groups).delete()
    storing.insert_rows(batch.findings.opened)
    storing.update_rows(batch.findings.changed, CHANGED_FIELDS)
