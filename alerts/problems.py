"""One thing that is wrong, as the evaluation compares it with what was wrong before."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from alerts.subjects import Subject
from alerts.topology import Node


@dataclass(frozen=True, slots=True)
class Problem:
    """`key` names it for as long as it lasts. `checked_at` is when its subject was last looked at."""

    key: str
    kind: str
    subject: Subject
    severity: str
    explanation: Mapping[str, Any]
    since: dt.datetime
    checked_at: dt.datetime | None = None
    rule_code: str = ""
    finding_id: int | None = None
    node: Node | None = None
    is_awaiting: bool = False
    """Something nearer to the middle was not asked again since: it may turn out to be the cause."""
    details: Mapping[str, Any] = field(default_factory=dict)

    def with_changes(self, **values: Any) -> Problem:
        return replace(self, **values)


LINE_DOWN = "P02"


def line_key(circuit_id: int) -> str:
    """A line that is down is one problem, whether its finding is open yet or not."""
    return f"line:{circuit_id}"


def device_key(device_id: int) -> str:
    return f"device:{device_id}"


def network_key(network_id: int) -> str:
    return f"network:{network_id}"
