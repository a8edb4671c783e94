"""How many lines stand where. Lines not in use are left out: they have no verdict to count."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, QuerySet
from django.db.models.functions import Substr

from compliance.models import LineVerdict
from compliance.rules.values import Verdict
from inventory.models import Circuit
from kernel import policy
from kernel.registry import registry

_CODE_LENGTH = 13  # a code of 12 digits and its slash in a division's path


@dataclass(frozen=True, slots=True)
class VerdictCounts:
    counts: Mapping[Verdict, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    def of(self, verdict: Verdict) -> int:
        return self.counts.get(verdict, 0)


def _lines(user: Any) -> QuerySet[LineVerdict]:
    lines = policy.visible(user, registry.of(Circuit), Circuit.objects.all())
    return LineVerdict.objects.filter(circuit__in=lines.values("pk")).exclude(verdict=Verdict.NOT_APPLICABLE)


def _counted(rows: Iterable[tuple[Any, str, int]]) -> dict[Any, VerdictCounts]:
    found: dict[Hashable, dict[Verdict, int]] = defaultdict(dict)
    for key, verdict, count in rows:
        found[key][Verdict(verdict)] = count
    return {key: VerdictCounts(counts) for key, counts in found.items()}


def verdict_counts(user: Any) -> VerdictCounts:
    rows = _lines(user).order_by().values_list("verdict").annotate(n=Count("pk"))
    return VerdictCounts({Verdict(verdict): n for verdict, n in rows})


def counts_by_network(user: Any) -> dict[int | None, VerdictCounts]:
    """By network number; None holds the lines of no network."""
    rows = _lines(user).order_by().values_list("circuit__network_id", "verdict").annotate(n=Count("pk"))
    return _counted(rows)


def counts_by_tier(user: Any) -> dict[str | None, VerdictCounts]:
    """By the tier of the department that uses the line."""
    rows = _lines(user).order_by().values_list("circuit__tenant__tier", "verdict").annotate(n=Count("pk"))
    return _counted(rows)


def counts_by_region(user: Any, depth: int = 2) -> dict[str, VerdictCounts]:
    """By the division's code at a depth of the tree: 1 the city, 2 its counties and districts.

    A line recorded higher up counts where it is recorded; one of no division under "".
    """
    path = Substr(F("circuit__region__path"), 1, _CODE_LENGTH * depth)
    rows = _lines(user).order_by().annotate(area=path).values_list("area", "verdict").annotate(n=Count("pk"))
    return _counted((_last_code(area), verdict, n) for area, verdict, n in rows)


def _last_code(path: str | None) -> str:
    return path.rstrip("/").rsplit("/", 1)[-1] if path else ""
