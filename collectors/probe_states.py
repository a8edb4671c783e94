"""From rounds to states, without a database: when a line is down, and when it is the collector that is cut off."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from collectors.transports.probes.values import Fault, Round

UP, DOWN, UNKNOWN = "up", "down", "unknown"
NOT_ASKED, CUT_OFF = "not_asked", "cut_off"
MISSED_ROUNDS = 3
"""So many intervals without a round, and nobody knows what was between."""


@dataclass(frozen=True, slots=True)
class Progress:
    """What is known of a probe after its last round."""

    state: str = ""
    """Empty before the first state."""
    last_round_at: dt.datetime | None = None
    last_ok_at: dt.datetime | None = None
    lost_since_at: dt.datetime | None = None
    losses: int = 0


@dataclass(frozen=True, slots=True)
class Turn:
    """From `at` on the probe is in this state."""

    state: str
    at: dt.datetime
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """What one round comes to: the new progress, the turns in order, and the packets that count as sent."""

    progress: Progress
    turns: tuple[Turn, ...] = ()
    sent: int = 0
    fault: Fault | None = None


@dataclass(slots=True)
class Witnesses:
    """When each line of a network was last asked and last answered: silence of all is the collector's own."""

    lines: dict[int, tuple[dt.datetime | None, dt.datetime | None]] = field(default_factory=dict)

    def add(self, circuit_id: int, asked_at: dt.datetime | None, ok_at: dt.datetime | None) -> None:
        asked, ok = self.lines.get(circuit_id, (None, None))
        self.lines[circuit_id] = (_later(asked, asked_at), _later(ok, ok_at))

    def view(self) -> Mapping[str, Sequence[tuple[dt.datetime, int]]]:
        """The two newest of each kind, which is all that leaving one line out needs."""
        asked = sorted(((a, line) for line, (a, _o) in self.lines.items() if a is not None), reverse=True)[:2]
        ok = sorted(((o, line) for line, (_a, o) in self.lines.items() if o is not None), reverse=True)[:2]
        return {"asked": asked, "ok": ok}

    @property
    def is_alone(self) -> bool:
        return len(self.lines) < 2


def _later(one: dt.datetime | None, other: dt.datetime | None) -> dt.datetime | None:
    return max((at for at in (one, other) if at is not None), default=None)


@dataclass(frozen=True, slots=True)
class Others:
    """What the other lines of the network say."""

    asked_at: dt.datetime | None
    ok_at: dt.datetime | None
    is_alone: bool = False

    def verdict_since(self, since: dt.datetime) -> str:
        """ "answered", "silent" or "untold": nobody else was asked since then."""
        if self.is_alone or (self.ok_at is not None and self.ok_at >= since):
            return "answered"
        return "silent" if self.asked_at is not None and self.asked_at >= since else "untold"


def others_of(circuit_id: int, witnesses: Witnesses, view: Mapping[str, Sequence[tuple[dt.datetime, int]]]) -> Others:
    def newest(pairs: Iterable[tuple[dt.datetime, int]]) -> dt.datetime | None:
        return next((at for at, line in pairs if line != circuit_id), None)

    return Others(newest(view["asked"]), newest(view["ok"]), witnesses.is_alone)


def next_step(known: Progress, asked: Round, at: dt.datetime, interval_s: int, others: Others) -> Step:
    """A line is down from the first lost round on once a second one is lost too and other lines still answer.

    Where all lines of a network are silent together, the collector is cut off and nothing is known. A network with a
    single probed line has no witness; there its own two rounds are believed.
    """
    turns: list[Turn] = []
    known = _after_gap(known, at, interval_s, turns)
    if asked.fault is not None:
        known = replace(known, lost_since_at=None, losses=0, last_round_at=at)
        return Step(_turned(known, UNKNOWN, at, asked.fault.code, turns), tuple(turns), 0, asked.fault)
    if asked.is_answered:
        # A single lost round between two answered ones is no outage, so its packets are loss.
        lost = asked.sent if known.losses == 1 and known.state != DOWN else 0
        known = replace(known, lost_since_at=None, losses=0, last_round_at=at, last_ok_at=at)
        return Step(_turned(known, UP, at, "", turns), tuple(turns), asked.sent + lost)
    return _lost(known, at, others, turns)


def _after_gap(known: Progress, at: dt.datetime, interval_s: int, turns: list[Turn]) -> Progress:
    last = known.last_round_at
    if last is None:
        return known
    longest = dt.timedelta(seconds=MISSED_ROUNDS * interval_s)
    if at - last <= longest:
        return known
    known = replace(known, lost_since_at=None, losses=0)
    return _turned(known, UNKNOWN, last, NOT_ASKED, turns)


def _lost(known: Progress, at: dt.datetime, others: Others, turns: list[Turn]) -> Step:
    since = known.lost_since_at or at
    reference = (known.last_round_at or at) if known.state == DOWN else since
    said = others.verdict_since(reference)
    counted = replace(known, losses=known.losses + 1, lost_since_at=since, last_round_at=at)
    if counted.losses < 2 and known.state != DOWN:
        return Step(counted, tuple(turns))
    if said == "silent":
        cut = replace(counted, losses=0, lost_since_at=None)
        return Step(_turned(cut, UNKNOWN, reference, CUT_OFF, turns), tuple(turns), 0, Fault(CUT_OFF))
    if said == "untold" or known.state == DOWN:
        return Step(counted, tuple(turns))
    return Step(_turned(counted, DOWN, since, "", turns), tuple(turns))


def _turned(known: Progress, state: str, at: dt.datetime, cause: str, turns: list[Turn]) -> Progress:
    if known.state != state:
        turns.append(Turn(state, at, cause))
    return replace(known, state=state)
