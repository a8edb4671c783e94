"""Round trips counted by steps of a tenth of their size, so that those of hours add up to those of a month."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

_FLOOR_MS = 0.01
_GROWTH = 1.1


def step_of(ms: float) -> int:
    return max(0, math.ceil(math.log(max(ms, _FLOOR_MS) / _FLOOR_MS) / math.log(_GROWTH) - 1e-9))


def top_ms(step: int) -> float:
    """The longest round trip that is counted in this step."""
    return float(_FLOOR_MS * _GROWTH**step)


def histogram(rtts_ms: Iterable[float]) -> dict[str, int]:
    """As it is stored: JSON names its keys by text."""
    found: dict[str, int] = {}
    for ms in rtts_ms:
        key = str(step_of(ms))
        found[key] = found.get(key, 0) + 1
    return found


def merged(parts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for part in parts:
        for key, count in part.items():
            found[key] = found.get(key, 0) + count
    return found


def percentile_ms(counts: Mapping[str, int], percent: float = 95) -> float | None:
    """At most a tenth above the true value; None without answers."""
    wanted = sum(counts.values()) * percent / 100
    passed = 0
    for step in sorted(map(int, counts)):
        passed += counts[str(step)]
        if passed >= wanted:
            return top_ms(step)
    return None
