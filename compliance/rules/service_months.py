"""A line's month as its probes measured it: what counts, what is left out, and why.

Times are instants; every second of the span is one of up, down, maintenance, alone or unknown, and only up and down
are measured. Nothing here knows a database or a clock.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from itertools import pairwise

UP, DOWN, UNKNOWN = "up", "down", "unknown"
_THOUSANDTH = Decimal("0.001")


class Kind(StrEnum):
    UP = "up"
    DOWN = "down"
    MAINTENANCE = "maintenance"
    ALONE = "alone"  # silent by one probe, and no second one says so
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Stretch:
    """One state from one instant to another."""

    state: str
    start: dt.datetime
    end: dt.datetime
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Sums:
    """Of the month without the hours that maintenance touched."""

    sent: int = 0
    received: int = 0
    rtt_sum_ms: float = 0.0
    p95_ms: float | None = None


@dataclass(frozen=True, slots=True)
class ProbeFacts:
    probe_id: int
    name: str
    kind: str
    target: str
    stretches: tuple[Stretch, ...] = ()
    sums: Sums = Sums()

    @property
    def label(self) -> str:
        return f"{self.name} ({self.kind.upper()} {self.target})"


@dataclass(frozen=True, slots=True)
class Window:
    name: str
    document_no: str
    start: dt.datetime
    end: dt.datetime


@dataclass(frozen=True, slots=True)
class PortFacts:
    """What a bound port said of itself meanwhile."""

    label: str
    side: str
    stretches: tuple[Stretch, ...] = ()


@dataclass(frozen=True, slots=True)
class Promise:
    contract_id: int
    contract_no: str
    availability: Decimal | None = None
    rtt_ms: Decimal | None = None
    loss: Decimal | None = None
    restore_h: Decimal | None = None

    @property
    def is_empty(self) -> bool:
        return self.availability is self.rtt_ms is self.loss is self.restore_h is None


@dataclass(frozen=True, slots=True)
class ServiceFacts:
    """All that T06 and the deductions need of one line and one month."""

    circuit_id: int
    line_no: str
    status: str
    start: dt.datetime
    """The month's first instant, or the line's opening within it."""
    end: dt.datetime
    """The month's end, whether it is reached or not."""
    at: dt.datetime
    promise: Promise | None = None
    probes: tuple[ProbeFacts, ...] = ()
    windows: tuple[Window, ...] = ()
    ports: tuple[PortFacts, ...] = ()
    tenant_id: int | None = None
    region_id: int | None = None

    @property
    def is_closed(self) -> bool:
        return self.at >= self.end

    @property
    def until(self) -> dt.datetime:
        return min(self.at, self.end)


@dataclass(frozen=True, slots=True)
class Outage:
    """A stretch in which the line failed by at least one probe; `kind` says whether it counts, and why not."""

    kind: Kind
    start: dt.datetime
    end: dt.datetime
    probes: tuple[tuple[str, str], ...]
    """(probe, its state)"""
    ports: tuple[tuple[str, str], ...] = ()
    window: Window | None = None
    is_open: bool = False
    counted_s: int = 0
    """Seconds of it that lie in this month."""

    @property
    def counts(self) -> bool:
        return self.kind is Kind.DOWN

    @property
    def duration_s(self) -> int:
        return round((self.end - self.start).total_seconds())


@dataclass(frozen=True, slots=True)
class ServiceMonth:
    start: dt.datetime
    until: dt.datetime
    is_closed: bool
    whole_s: int
    """Of the whole month, reached or not."""
    seconds: Mapping[Kind, int] = field(default_factory=dict)
    outages: tuple[Outage, ...] = ()
    probes: int = 0
    sent: int = 0
    received: int = 0
    rtt_ms: Decimal | None = None
    p95_ms: Decimal | None = None

    @property
    def span_s(self) -> int:
        return sum(self.seconds.values())

    @property
    def up_s(self) -> int:
        return self.seconds.get(Kind.UP, 0)

    @property
    def down_s(self) -> int:
        return self.seconds.get(Kind.DOWN, 0)

    @property
    def alone_s(self) -> int:
        return self.seconds.get(Kind.ALONE, 0)

    @property
    def unknown_s(self) -> int:
        return self.seconds.get(Kind.UNKNOWN, 0)

    @property
    def maintenance_s(self) -> int:
        return self.seconds.get(Kind.MAINTENANCE, 0)

    @property
    def measured_s(self) -> int:
        return self.up_s + self.down_s

    @property
    def measured_share(self) -> Decimal:
        """Per cent of the time outside maintenance; all of it when maintenance took the whole span."""
        due = self.span_s - self.maintenance_s
        return _percent(self.measured_s, due) if due else Decimal(100)

    @property
    def availability(self) -> Decimal | None:
        return _percent(self.up_s, self.measured_s) if self.measured_s else None

    @property
    def availability_at_best(self) -> Decimal | None:
        """What the month still comes to when nothing fails any more; the availability itself once it is closed."""
        if self.is_closed:
            return self.availability
        left = self.whole_s - self.maintenance_s
        return _percent(left - self.down_s, left) if left > 0 else None

    @property
    def availability_at_worst(self) -> Decimal | None:
        """With what a single probe says taken for true."""
        known = self.measured_s + self.alone_s
        return _percent(self.up_s, known) if known else None

    @property
    def loss(self) -> Decimal | None:
        return _percent(self.sent - self.received, self.sent) if self.sent else None

    @property
    def longest_h(self) -> Decimal:
        """The longest outage that ended in this month or still lasts in an open one."""
        counted = [o.duration_s for o in self.outages if o.counts and not (o.is_open and self.is_closed)]
        return hours(max(counted, default=0))


def hours(seconds: int) -> Decimal:
    return (Decimal(seconds) / 3600).quantize(_THOUSANDTH, ROUND_HALF_UP)


def _percent(part: int, whole: int) -> Decimal:
    return (Decimal(part) * 100 / Decimal(whole)).quantize(_THOUSANDTH, ROUND_HALF_UP)


def measure(facts: ServiceFacts) -> ServiceMonth:
    """Stretches may reach back before the month: an outage that began there is told at its full length."""
    pieces = list(_pieces(facts))
    seconds = dict.fromkeys(Kind, 0.0)
    for piece in pieces:
        seconds[piece.kind] += piece.within(facts.start, facts.until)
    rounded = {kind: round(s) for kind, s in seconds.items()}
    # Rounding gives and takes at most seconds; they go where nobody is paid for them.
    span_s = max(0, round((facts.until - facts.start).total_seconds()))
    rounded[Kind.UNKNOWN] = max(0, rounded[Kind.UNKNOWN] + span_s - sum(rounded.values()))
    sums = [p.sums for p in facts.probes if p.sums.received]
    answers = sum(s.received for s in sums)
    p95 = max((s.p95_ms for s in sums if s.p95_ms is not None), default=None)
    return ServiceMonth(
        start=facts.start, until=facts.until, is_closed=facts.is_closed,
        whole_s=round((facts.end - facts.start).total_seconds()), seconds=rounded,
        outages=tuple(_outages(pieces, facts)), probes=len(facts.probes),
        sent=sum(p.sums.sent for p in facts.probes), received=sum(p.sums.received for p in facts.probes),
        rtt_ms=_ms(sum(s.rtt_sum_ms for s in sums) / answers) if answers else None,
        p95_ms=_ms(p95) if p95 is not None else None,
    )  # fmt: skip


def _ms(value: float) -> Decimal:
    return Decimal(str(value)).quantize(Decimal("0.01"), ROUND_HALF_UP)


@dataclass(slots=True)
class _Piece:
    """The longest stretch in which neither a probe's state nor a window changes."""

    kind: Kind
    start: dt.datetime
    end: dt.datetime
    states: tuple[str, ...]
    window: Window | None

    def within(self, start: dt.datetime, end: dt.datetime) -> float:
        return max(0.0, (min(self.end, end) - max(self.start, start)).total_seconds())

    @property
    def has_failed(self) -> bool:
        return DOWN in self.states and UP not in self.states


def _pieces(facts: ServiceFacts) -> Iterable[_Piece]:
    first = min((s.start for p in facts.probes for s in p.stretches), default=facts.start)
    edges = {min(first, facts.start), facts.start, facts.until}
    for probe in facts.probes:
        edges |= {edge for s in probe.stretches for edge in (s.start, s.end)}
    edges |= {edge for w in facts.windows for edge in (w.start, w.end)}
    ordered = sorted(edge for edge in edges if min(first, facts.start) <= edge <= facts.until)
    cursors = [_Cursor(p.stretches) for p in facts.probes]
    for start, end in pairwise(ordered):
        states = tuple(cursor.state_at(start) for cursor in cursors)
        window = next((w for w in facts.windows if w.start <= start < w.end), None)
        yield _Piece(_kind(states, window), start, end, states, window)


class _Cursor:
    """Reads a probe's stretches in order of time."""

    def __init__(self, stretches: Iterable[Stretch]) -> None:
        self._stretches = sorted((s for s in stretches if s.end > s.start), key=lambda s: s.start)
        self._place = 0

    def state_at(self, at: dt.datetime) -> str:
        while self._place < len(self._stretches) and self._stretches[self._place].end <= at:
            self._place += 1
        if self._place == len(self._stretches) or self._stretches[self._place].start > at:
            return UNKNOWN
        return self._stretches[self._place].state


def _kind(states: Sequence[str], window: Window | None) -> Kind:
    if window is not None:
        return Kind.MAINTENANCE
    if UP in states:
        return Kind.UP  # whatever the other one says: the line carried an answer
    silent = states.count(DOWN)
    return Kind.DOWN if silent >= 2 else Kind.ALONE if silent else Kind.UNKNOWN


def _outages(pieces: Sequence[_Piece], facts: ServiceFacts) -> Iterable[Outage]:
    """Pieces of one kind that follow one another are one outage; a window cuts it, for its time doesn't count."""
    run: list[_Piece] = []
    for piece in [*pieces, None]:
        if piece is not None and piece.has_failed and run and _goes_on(run[-1], piece):
            run.append(piece)
            continue
        if run and run[-1].end > facts.start:
            yield _outage(run, facts)
        run = [piece] if piece is not None and piece.has_failed else []


def _goes_on(before: _Piece, after: _Piece) -> bool:
    return before.end == after.start and before.kind is after.kind and before.window is after.window


def _outage(run: Sequence[_Piece], facts: ServiceFacts) -> Outage:
    start, end = run[0].start, run[-1].end
    said = []
    for place, probe in enumerate(facts.probes):
        seen = {piece.states[place] for piece in run}
        said.append((probe.label, DOWN if DOWN in seen else UNKNOWN))
    return Outage(
        kind=run[0].kind, start=start, end=end, probes=tuple(said),
        ports=tuple((f"{p.side} {p.label}", state_between(p.stretches, start, end)) for p in facts.ports),
        window=run[0].window, is_open=end == facts.until,
        counted_s=round(sum(p.within(facts.start, facts.until) for p in run)) if run[0].kind is Kind.DOWN else 0,
    )  # fmt: skip


def state_between(stretches: Iterable[Stretch], start: dt.datetime, end: dt.datetime) -> str:
    """Down if it was seen down at any time meanwhile, up if it was seen and never down, else unknown."""
    seen = {s.state for s in stretches if s.start < end and s.end > start}
    return DOWN if DOWN in seen else UP if UP in seen else UNKNOWN
