"""What a run of the judge tells whoever started it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from compliance.rules.groups import Subject
from compliance.rules.values import Verdict


@dataclass(frozen=True, slots=True)
class LineResult:
    """One rule on one line, as reports and the command give it."""

    line_no: str
    circuit_id: int
    rule: str
    verdict: Verdict
    explanation: Mapping[str, Any]
    inputs: Mapping[str, Any]
    since: dt.datetime


@dataclass(frozen=True, slots=True)
class GroupResult:
    """One rule on a ring, a pair of exits, a contract, a port or a device."""

    name: str
    subject: Subject
    rule: str
    verdict: Verdict
    explanation: Mapping[str, Any]
    inputs: Mapping[str, Any]
    since: dt.datetime


@dataclass(frozen=True, slots=True)
class JudgeReport:
    at: dt.datetime
    rules: tuple[str, ...]
    lines: int
    results: tuple[LineResult, ...]
    groups: tuple[GroupResult, ...]
    counts: Mapping[str, int]
    """Lines by overall verdict."""
    changes: int
    opened: tuple[str, ...]
    closed: int
    suspended: int
    recurred: int
    seconds: float
    is_dry: bool
