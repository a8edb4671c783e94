"""From two counter rows to a rate, or to the reason why there is none. Pure: no Django, no clock."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

UPTIME_WRAP_S = 2**32 / 100  # sysUpTime counts hundredths in 32 bits: it starts again after 497 days
UPTIME_SLACK_S = 60.0  # an answer may have waited in a queue, and uptime is often kept in whole minutes
UPTIME_SLACK_SHARE = 0.02  # clocks of devices run up to some percent fast or slow
LONGEST_GAP_S = 1800.0  # beyond it an average says nothing about any five minutes
DEFAULT_SPEED_MBPS = 1000
PLAUSIBLE_SHARE = 1.1  # of the port's speed; framing and timing make a full port look a little faster


@dataclass(frozen=True, slots=True)
class CounterRow:
    at: dt.datetime
    uptime_s: float | None
    in_octets: int | None
    out_octets: int | None
    width: int = 64
    discontinuity_s: float | None = None
    speed_mbps: int | None = None
    if_index: int | None = None


class NoRate(Enum):
    """Why two rows give no rate at all."""

    NOT_LATER = "not_later"
    GAP = "gap"
    RESTART = "restart"
    DISCONTINUITY = "discontinuity"
    RENUMBERED = "renumbered"
    WIDTH_CHANGED = "width_changed"


@dataclass(frozen=True, slots=True)
class Rate:
    """Bits per second between two instants; None for a direction that has no counter or went backwards."""

    since: dt.datetime
    until: dt.datetime
    in_bps: float | None
    out_bps: float | None

    @property
    def seconds(self) -> float:
        return (self.until - self.since).total_seconds()


def rate(before: CounterRow, after: CounterRow, *, longest_gap_s: float = LONGEST_GAP_S) -> Rate | NoRate:
    seconds = (after.at - before.at).total_seconds()
    if seconds <= 0:
        return NoRate.NOT_LATER
    if seconds > longest_gap_s:
        return NoRate.GAP
    if has_restarted(before.uptime_s, after.uptime_s, seconds):
        return NoRate.RESTART
    if before.if_index != after.if_index:
        return NoRate.RENUMBERED
    if before.width != after.width:
        return NoRate.WIDTH_CHANGED
    if _is_discontinuous(before, after):
        return NoRate.DISCONTINUITY
    speed = after.speed_mbps or before.speed_mbps
    return Rate(
        since=before.at,
        until=after.at,
        in_bps=_bps(before.in_octets, after.in_octets, seconds, after.width, speed),
        out_bps=_bps(before.out_octets, after.out_octets, seconds, after.width, speed),
    )


def has_restarted(before_s: float | None, after_s: float | None, elapsed_s: float) -> bool:
    """Whether uptime went back or fell behind, and not because its counter reached the end of its 497 days."""
    if before_s is None or after_s is None:
        return False
    slack_s = UPTIME_SLACK_S + UPTIME_SLACK_SHARE * elapsed_s
    behind_s = before_s + elapsed_s - after_s
    if abs(behind_s - UPTIME_WRAP_S) <= slack_s:
        return False
    return after_s < before_s or behind_s > slack_s


def _is_discontinuous(before: CounterRow, after: CounterRow) -> bool:
    """Counters were reset on a running device. An agent without the mark says 0 or nothing, always the same."""
    return before.discontinuity_s != after.discontinuity_s and after.discontinuity_s is not None


def _bps(before: int | None, after: int | None, seconds: float, width: int, speed_mbps: int | None) -> float | None:
    if before is None or after is None:
        return None
    moved = after - before
    if moved < 0 and width == 32:
        moved += 2**32
        fastest = (speed_mbps or DEFAULT_SPEED_MBPS) * 1e6 * PLAUSIBLE_SHARE
        if moved * 8 / seconds > fastest:
            return None
    return moved * 8 / seconds if moved >= 0 else None


def percentile(values: Sequence[int], share: float = 0.95) -> int | None:
    """The nearest-rank percentile: the smallest value that `share` of the values don't exceed."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
