"""Lines with their verdicts, and all that was judged of one line."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from collectors.models import Target
from compliance.models import JudgeRun, LineVerdict, Rule, RuleResult
from compliance.rules.values import Verdict
from inventory.models import BoundInterface, Circuit
from kernel import policy
from kernel.registry import registry


def line_verdicts(user: Any) -> QuerySet[LineVerdict]:
    """The user's lines, worst first; a board's row costs no query of its own."""
    lines = policy.visible(user, registry.of(Circuit), Circuit.objects.all())
    rows = LineVerdict.objects.filter(circuit__in=lines.values("pk"))
    shown = ("circuit__tenant", "circuit__network", "circuit__region", "circuit__provider", "circuit__type")
    return rows.select_related(*shown).order_by("rank", "since", "circuit_id")


def judged_at() -> dt.datetime | None:
    """The moment up to which all verdicts hold."""
    return JudgeRun.objects.order_by("-ended_at").values_list("started_at", flat=True).first()


@dataclass(frozen=True, slots=True)
class ResultValue:
    """One rule on one line. `evidence` carries the last reading that confirmed it in `confirmed_at`."""

    rule: Rule | None
    rule_code: str
    rule_version: int
    verdict: Verdict
    is_dry_run: bool
    explanation: Mapping[str, Any]
    inputs: Mapping[str, Any]
    evidence: tuple[Mapping[str, Any], ...]
    since: dt.datetime
    at: dt.datetime
    observations: int


def results_of(user: Any, circuit_id: int) -> list[ResultValue]:
    """Worst first; empty when the line is not the user's to see. Five queries."""
    lines = policy.visible(user, registry.of(Circuit), Circuit.objects.all())
    rows = RuleResult.objects.filter(circuit_id=circuit_id, circuit__in=lines.values("pk"))
    rules = {rule.code: rule for rule in Rule.objects.select_related("clause__document")}
    read = _last_reads(circuit_id)
    found = [
        ResultValue(
            rule=rules.get(row.rule_code), rule_code=row.rule_code, rule_version=row.rule_version,
            verdict=Verdict(row.verdict), is_dry_run=row.is_dry_run, explanation=row.explanation, inputs=row.inputs,
            evidence=tuple(e | {"confirmed_at": read.get(e["device"], e["at"])} for e in row.evidence),
            since=row.since, at=row.at, observations=row.observations,
        )
        for row in rows
    ]  # fmt: skip
    return sorted(found, key=lambda value: (value.verdict.rank, value.rule_code))


def _last_reads(circuit_id: int) -> dict[str, str]:
    """An unchanged result is not written anew, so when its value was last seen is told by its device."""
    bound = BoundInterface.objects.filter(termination__circuit_id=circuit_id)
    names = dict(bound.values_list("interface__device_id", "interface__device__name"))
    rows = Target.objects.filter(device_id__in=names, last_ok_at__isnull=False).values_list("device_id", "last_ok_at")
    return {names[device_id]: at.isoformat() for device_id, at in rows if at is not None}
