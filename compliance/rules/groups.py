"""What rules read of subjects that are no line: rings, pairs of exits, contracts, ports, devices."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from compliance.rules.values import LineFacts, Outcome, Parameter, Parameters

RING, EGRESS_PAIR, CONTRACT, PORT, DEVICE = "ring", "egress_pair", "contract", "port", "device"


class Subject(NamedTuple):
    """What a finding is about. `pk` numbers the line, ring, pair or contract; of a port its device."""

    kind: str
    pk: int
    port: str = ""


@dataclass(frozen=True, slots=True)
class GroupFacts:
    """Who a subject is and where it lies."""

    subject: Subject
    name: str
    at: dt.datetime
    tenant_id: int | None
    region_id: int | None

    @property
    def collector(self) -> str:
        return ""


@dataclass(frozen=True, slots=True)
class SegmentFacts:
    sequence: int
    name: str
    line: LineFacts


@dataclass(frozen=True, slots=True)
class RingFacts(GroupFacts):
    segments: tuple[SegmentFacts, ...] = ()

    @property
    def collector(self) -> str:
        return next((s.line.collector for s in self.segments if s.line.collector), "")


@dataclass(frozen=True, slots=True)
class ExitFacts:
    name: str
    line: LineFacts
    carrier: str
    router: str
    room: str
    """The router's room as recorded."""


@dataclass(frozen=True, slots=True)
class PairFacts(GroupFacts):
    exits: tuple[ExitFacts, ...] = ()

    @property
    def collector(self) -> str:
        return next((e.line.collector for e in self.exits if e.line.collector), "")


@dataclass(frozen=True, slots=True)
class ContractFacts(GroupFacts):
    start_on: dt.date = dt.date.min
    end_on: dt.date = dt.date.max
    lines: tuple[int, ...] = ()
    """Lines in use under it."""
    fee: str = ""
    """Their monthly fees together, in yuan."""


@dataclass(frozen=True, slots=True)
class PortFacts(GroupFacts):
    """A port of a polled device that the record binds to no line, but that looks like one's end."""

    device: str = ""
    port: str = ""
    alias: str = ""
    oper: str = ""
    is_recorded: bool = False
    """Bound to a line meanwhile."""
    is_readable: bool = False
    alias_line: str = ""
    """The line number in its alias, where that is one of the record's."""
    alias_points: str = ""
    """The part of its alias that names a carrier or a line."""
    neighbour: str = ""
    neighbour_port: str = ""
    neighbour_is_elsewhere: bool = False
    """A device of the record at another site: what joins two sites is a line."""
    neighbour_is_unknown: bool = False
    """No device of the record has that name."""
    neighbour_is_bound: bool = False
    """The record binds a line to the port at the other end, so this one is a matter of patching."""
    work_in_progress: str = ""
    """A line being opened or changed at this device's site."""
    up_since: dt.datetime | None = None
    last_read_at: dt.datetime | None = None
    observations: int = 0


@dataclass(frozen=True, slots=True)
class TouchedAddress:
    address: str
    source: str
    """`recorded` or `seen`."""
    prefix: str
    port: str = ""


@dataclass(frozen=True, slots=True)
class DeviceFacts(GroupFacts):
    """A device with an address inside a prefix that nobody may poll, or one that had such an address."""

    touched: tuple[TouchedAddress, ...] = ()
    is_polled: bool = False


@dataclass(frozen=True, slots=True)
class GroupRule:
    """Judges a subject as a whole and says, line by line, what that means for its lines."""

    code: str
    kind: str
    judge: Callable[[Any, Parameters], tuple[Outcome, Mapping[int, Outcome]]]
    parameters: tuple[Parameter, ...]
