"""How many octets a port has carried at a moment: a closed form, so that a restart changes nothing.

The rate is a mean times 1 + 0.55 cos + 0.2 cos of the double frequency, which never falls below a quarter of the
mean: a busy afternoon, a small second peak, a quiet night.
"""

import zlib
from math import cos, pi, sin

from collectors.simulator.faults import Outage

DAY_S = 86_400.0
PEAK_S = 7 * 3600.0
"""Three in the afternoon in China, as seconds of the day in UTC."""
SPREAD_S = 2 * 3600.0
SETTLING_S = 0.6
"""Counters stop and resume this long after the fault: by then the simulator has seen it, so that no answer given
in between is taken back."""
_FREQUENCY = 2 * pi / DAY_S
_FIRST, _SECOND = 0.55, 0.2


class Wave:
    """The traffic of one line, or of one port without a line; both of its ends swing together."""

    __slots__ = (
        "_answer_s",
        "_asked_at",
        "_offset",
        "_outages",
        "_phase_s",
        "_settled_at",
        "_started_at",
        "_stopped_at_load_s",
    )

    def __init__(self, started_at: float, phase_s: float, outages: tuple[Outage, ...] = ()) -> None:
        self._started_at = started_at
        self._phase_s = phase_s
        self._outages = outages
        self._asked_at = self._answer_s = 0.0
        edges = [edge + SETTLING_S for outage in outages for edge in outage if edge is not None]
        self._settled_at = max([started_at, *edges])
        # Behind the last edge nothing is left to look up: the load stands still, or is the integral less a constant.
        load_s = self._walked(self._settled_at)
        self._stopped_at_load_s = load_s if outages and outages[-1][1] is None else None
        self._offset = self._integral(self._settled_at) - load_s

    def load_s(self, now: float) -> float:
        """Seconds of mean traffic since the start; times octets a second it gives the counter."""
        if now < self._settled_at:
            return self._walked(now)
        if self._stopped_at_load_s is not None:
            return self._stopped_at_load_s
        if now != self._asked_at:
            # One request asks for a dozen counters of a port, all at the same moment.
            self._asked_at, self._answer_s = now, self._integral(now) - self._offset
        return self._answer_s

    def _walked(self, now: float) -> float:
        if now <= self._started_at:
            return 0.0
        total = self._integral(now) - self._integral(self._started_at)
        for started_at, ended_at in self._outages:
            first = max(started_at + SETTLING_S, self._started_at)
            last = now if ended_at is None else min(ended_at + SETTLING_S, now)
            if last > first:
                total -= self._integral(last) - self._integral(first)
        return total

    def level(self, now: float) -> float:
        """The rate now as a multiple of its mean."""
        angle = _FREQUENCY * (now - self._phase_s)
        return 1 + _FIRST * cos(angle) + _SECOND * cos(2 * angle)

    def _integral(self, at: float) -> float:
        angle = _FREQUENCY * (at - self._phase_s)
        return at + (_FIRST * sin(angle) + _SECOND / 2 * sin(2 * angle)) / _FREQUENCY


def wave(key: str, *, started_at: float, outages: tuple[Outage, ...] = ()) -> Wave:
    """`key` gives the hour of the peak: the same for both ends of a line, a little different for each line."""
    shift = (zlib.crc32(key.encode()) % 1000 / 1000 - 0.5) * SPREAD_S
    return Wave(started_at, PEAK_S + shift, outages)


def last_change_at(outages: tuple[Outage, ...]) -> float | None:
    """When the line last went down or came up."""
    if not outages:
        return None
    started_at, ended_at = outages[-1]
    return started_at if ended_at is None else ended_at
