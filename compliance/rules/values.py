"""What the rules read and what they answer. Plain frozen values: no database, no clock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple


class Verdict(StrEnum):
    """UNKNOWN is an answer of its own: it never counts as a pass."""

    FINDING = "FINDING"
    WARN = "WARN"
    UNKNOWN = "UNKNOWN"
    EXEMPT = "EXEMPT"
    INFO = "INFO"
    PASS = "PASS"  # noqa: S105  # a verdict, no password
    NOT_APPLICABLE = "NOT_APPLICABLE"

    @property
    def rank(self) -> int:
        """Worst first, so 0 is a finding."""
        return _RANK[self]


_RANK = {verdict: rank for rank, verdict in enumerate(Verdict)}


class Device(StrEnum):
    """What is known of a device when the rules run."""

    FRESH = "fresh"  # answered within the network's age limit
    STALE = "stale"  # answered, but nobody asked again within the limit
    SILENT = "silent"  # answered once, now it doesn't
    NEVER = "never"  # is asked and never answered
    NOT_POLLED = "not_polled"  # nobody asks it


class Proof(StrEnum):
    BOTH = "both"
    ONE = "one"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Sight:
    """A neighbour that a port hears by LLDP."""

    device: str
    port: str
    since: dt.datetime
    is_expected: bool
    """Whether it is the port that the record has at the other end."""


@dataclass(frozen=True, slots=True)
class EndFacts:
    """One bound port of one end of a line. An end without a binding has no EndFacts."""

    side: str
    device: str
    device_id: int
    interface: str
    device_state: Device
    last_read_at: dt.datetime | None
    is_trunk: bool = False
    """The port carries several lines, so neither its speed nor its state is this line's."""
    is_sub_interface: bool = False
    is_shaped: bool = False
    policer_mbps: int | None = None
    is_seen: bool = False
    """The device's last reading showed a port of this name."""
    admin: str = ""
    oper: str = ""
    speed_mbps: int | None = None
    alias: str = ""
    if_index: int | None = None
    value_since: dt.datetime | None = None
    """Since when the present state and speed are seen without a break."""
    first_seen_at: dt.datetime | None = None
    ever_up_at: dt.datetime | None = None
    observations: int = 0
    """Readings in a row that showed the present state and speed."""
    speaks_lldp: bool = False
    """The device hears a neighbour on some port, so silence on this one says something."""
    sight: Sight | None = None
    other_end_is_bound: bool = False

    @property
    def is_readable(self) -> bool:
        return self.device_state is Device.FRESH and self.is_seen

    @property
    def is_up(self) -> bool:
        return self.is_readable and self.oper == "up"

    @property
    def is_down(self) -> bool:
        """The port says so itself; a port that tells no state is neither up nor down."""
        said = self.oper in ("down", "lowerLayerDown", "notPresent", "dormant") or self.admin == "down"
        return self.is_readable and said

    @property
    def label(self) -> str:
        return f"{self.device} {self.interface}"


class UseDay(NamedTuple):
    """One port's day: what its 5-minute averages exceeded for a twentieth of the time, in bit/s."""

    day: dt.date
    in_p95: int | None
    out_p95: int | None

    @property
    def worst_bps(self) -> int:
        return max(self.in_p95 or 0, self.out_p95 or 0)

    @property
    def total_bps(self) -> int:
        return (self.in_p95 or 0) + (self.out_p95 or 0)


@dataclass(frozen=True, slots=True)
class UseFacts:
    """How much a line carried, and whether anybody was there to count."""

    ends: Mapping[str, tuple[UseDay, ...]]
    """By end: "device port", oldest day first."""
    collector_share: float
    """0 to 1: of the window the part in which the line's network was asked."""
    quiet_days: frozenset[dt.date] = frozenset()
    """Days of the window in which the department's lines may rest."""
    working_days: tuple[dt.date, ...] = ()
    """The last whole working days before today, oldest first."""


class Holder(StrEnum):
    """Whose block of the address plan an address lies in."""

    OWN = "own"  # the line's own department's
    NETWORK = "network"  # the network's links and equipment
    OTHER = "other"  # another department's, or another network's
    NOBODY = "nobody"  # outside the plan


@dataclass(frozen=True, slots=True)
class AddressFacts:
    """An address that a device showed at one of its ports."""

    address: str
    device: str
    port: str
    since: dt.datetime
    holder: Holder
    prefix: str = ""
    """The narrowest block of the plan that holds it."""
    zone: str = ""
    observations: int = 0


@dataclass(frozen=True, slots=True)
class LineFacts:
    circuit_id: int
    line_no: str
    at: dt.datetime
    status: str
    role: str
    declared_mbps: int | None
    opened_on: dt.date
    ends: tuple[EndFacts, ...] = ()
    is_rate_limited_upstream: bool = False
    """The carrier limits the rate before the hand-off, so the port's own speed proves nothing."""
    acceptance_mbps: int | None = None
    """Throughput measured when the line was accepted."""
    is_ring_segment: bool = False
    tenant_id: int | None = None
    region_id: int | None = None
    collector: str = ""
    """Which collector read the line's network last."""
    approved_mbps: int | None = None
    monthly_fee: str = ""
    has_contract: bool = False
    is_own_line: bool = False
    """Built by the city itself: no carrier, no contract."""
    use: UseFacts | None = None
    addresses: tuple[AddressFacts, ...] = ()
    """Seen at the line's own ports."""
    host_addresses: tuple[AddressFacts, ...] = ()
    """Seen at any port of the user's own device, unless its role keeps zones apart."""
    has_plan: bool = False
    """The address plan has a block for the department or the network."""

    @property
    def is_in_use(self) -> bool:
        return self.status == "active"

    @property
    def own_ends(self) -> tuple[EndFacts, ...]:
        return tuple(end for end in self.ends if not end.is_trunk)

    def was_up(self, end: EndFacts) -> bool:
        """Up since this line was opened; before that the port served another one."""
        return end.is_up or (end.ever_up_at is not None and end.ever_up_at.date() >= self.opened_on)

    @property
    def read_at(self) -> dt.datetime | None:
        return max((end.last_read_at for end in self.ends if end.last_read_at is not None), default=None)


@dataclass(frozen=True, slots=True)
class Evidence:
    """One observed (or recorded) value that a verdict stands on."""

    what: str  # speed, state, neighbour, binding
    source: str  # an OID, or the recorded field
    raw: str
    device: str = ""
    port: str = ""
    side: str = ""
    since: dt.datetime | None = None
    at: dt.datetime | None = None
    observations: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """`code` names the sentence in `compliance.texts`; `values` are its placeholders."""

    verdict: Verdict
    code: str
    values: Mapping[str, Any] = field(default_factory=dict)
    inputs: Mapping[str, Any] = field(default_factory=dict)
    evidence: tuple[Evidence, ...] = ()
    observations: int = 0
    """How many readings in a row this rests on: two close a finding."""


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    default: int
    low: int
    high: int


Parameters = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class LineRule:
    code: str
    judge: Callable[[LineFacts, Parameters], Outcome | None]
    parameters: tuple[Parameter, ...]
    counts_when_broken: bool = False
    """Only a breach counts into the line's own verdict: not yet proved, or not yet measured for a month, is shown
    with the rule and doesn't make the whole line unknown."""


OBSERVATIONS = Parameter("observations", 2, 2, 100)
IF_HIGH_SPEED = "1.3.6.1.2.1.31.1.1.1.15"
IF_OPER_STATUS = "1.3.6.1.2.1.2.2.1.8"
LLDP_REMOTE = "1.0.8802.1.1.2.1.4.1.1"


def oid(column: str, end: EndFacts) -> str:
    return column if end.if_index is None else f"{column}.{end.if_index}"


def speed_evidence(end: EndFacts) -> Evidence:
    raw = "" if end.speed_mbps is None else str(end.speed_mbps)
    return Evidence(
        "speed", oid(IF_HIGH_SPEED, end), raw, end.device, end.interface, end.side, end.value_since, end.last_read_at,
        end.observations,
    )  # fmt: skip


def state_evidence(end: EndFacts) -> Evidence:
    return Evidence(
        "state", oid(IF_OPER_STATUS, end), end.oper, end.device, end.interface, end.side, end.value_since,
        end.last_read_at, end.observations,
    )  # fmt: skip


def unreadable(end: EndFacts) -> tuple[str, dict[str, Any]] | None:
    """Why a bound port tells nothing just now: a sentence's code and its values; None when it does."""
    said: dict[str, Any] = {"device": end.device, "port": end.interface}
    if end.device_state is Device.FRESH:
        return None if end.is_seen else ("port_not_seen", said)
    if end.last_read_at is not None:
        said["since"] = end.last_read_at.isoformat()
    return f"device_{end.device_state.value}", said
