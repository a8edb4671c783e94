"""Brings the documents, clauses and rules that come with the product into the record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from django.db import transaction

from compliance.models import Clause, PolicyDocument, Rule
from kernel import writes

DATA = Path(__file__).resolve().parents[1] / "data" / "clauses.yaml"
_REASON = "load_policy"


@dataclass(frozen=True, slots=True)
class PolicyLoaded:
    """How many rows were added; what was there already is left as the city has it."""

    documents: int
    clauses: int
    rules: int


def load_policy(*, actor: Any) -> PolicyLoaded:
    """Add what is missing. Running it again changes nothing, nor does it undo a change of the city's."""
    said = yaml.safe_load(DATA.read_text(encoding="utf-8"))
    with transaction.atomic():
        documents = _documents(said["documents"], actor)
        clauses = _clauses(said["documents"], actor)
        rules = _rules(said["rules"], actor)
    return PolicyLoaded(documents, clauses, rules)


def _documents(said: list[dict[str, Any]], actor: Any) -> int:
    known = set(PolicyDocument.objects.values_list("title", flat=True))
    rows = [PolicyDocument(**_without(row, "clauses")) for row in said if row["title"] not in known]
    return len(writes.save_many(rows, actor=actor, reason=_REASON))


def _clauses(said: list[dict[str, Any]], actor: Any) -> int:
    documents = {row.title: row for row in PolicyDocument.objects.all()}
    known = set(Clause.objects.values_list("document__title", "ref"))
    rows = [
        Clause(document=documents[document["title"]], **clause)
        for document in said
        for clause in document.get("clauses", ())
        if (document["title"], clause["ref"]) not in known
    ]
    return len(writes.save_many(rows, actor=actor, reason=_REASON))


def _rules(said: list[dict[str, Any]], actor: Any) -> int:
    known = set(Rule.objects.values_list("code", flat=True))
    rows = [Rule(**row) for row in said if row["code"] not in known]
    if known:
        # A city that runs already decides itself when a new rule counts, after seeing what it would do.
        for row in rows:
            row.watch_mode, row.gate_mode = Rule.WatchMode.DRYRUN, Rule.GateMode.DRYRUN
    return len(writes.save_many(rows, actor=actor, reason=_REASON))


def _without(row: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key != name}
