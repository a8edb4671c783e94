"""The parts that the sample city is drawn with, before anything is written."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

EXTRANET, RESOURCE, INTERNET = "zww", "zyzw", "internet"
LINE_LETTERS = {EXTRANET: "WW", RESOURCE: "ZY", INTERNET: "HL"}


@dataclass(eq=False, slots=True)
class Org:
    name: str
    short: str
    slug: str
    tier: str
    kind: str
    region: str
    parent: Org | None = None
    vertical: str = "none"
    access_class: str = ""


@dataclass(eq=False, slots=True)
class Place:
    name: str
    slug: str
    region: str
    org: Org | None
    address: str
    longitude: float
    latitude: float


@dataclass(eq=False, slots=True)
class Room:
    name: str
    slug: str
    place: Place
    role: str
    org: Org | None
    area_m2: int
    grade: str
    power_kw: int
    commissioned_on: dt.date
    racks: list[Rack] = field(default_factory=list)


@dataclass(eq=False, slots=True)
class Rack:
    room: Room
    name: str
    next_u: int = 2


@dataclass(frozen=True, slots=True)
class Model:
    """A kind of box: how many copper or fibre ports it has, by speed."""

    slug: str
    maker: str
    vendor: str
    name: str
    gigabit: int
    ten_gigabit: int
    u_height: int = 1
    boards: int = 0
    category: str = "network"


@dataclass(eq=False, slots=True)
class Port:
    box: Box
    name: str
    index: int
    mbps: int
    mac: str
    kind: str = "ethernetCsmacd"
    oper: str = "down"
    admin: str = "up"
    alias: str = ""
    line: Line | None = None
    heard: Port | None = None
    """Whose LLDP it hears."""
    parent: Port | None = None
    address: str = ""
    in_mbps: float = 0.0
    out_mbps: float = 0.0
    is_recorded: bool = False
    is_taken: bool = False

    @property
    def is_physical(self) -> bool:
        return self.kind == "ethernetCsmacd"


@dataclass(eq=False, slots=True)
class Box:
    name: str
    model: Model
    role: str
    place: Place
    network: str
    address: str
    serial: str
    asset_tag: str
    bought_on: dt.date
    room: Room | None = None
    rack: Rack | None = None
    position: int | None = None
    org: Org | None = None
    snmp: str = "v2c"
    booted_days: float = 100.0
    ports: list[Port] = field(default_factory=list)
    description: str = ""
    probed_line: Line | None = None
    """Its TCP ports for probes answer while this line carries."""


@dataclass(eq=False, slots=True)
class End:
    place: Place
    room: Room | None = None
    port: Port | None = None
    is_shared: bool = False
    rate_limit_mbps: int | None = None


@dataclass(eq=False, slots=True)
class Contract:
    number: str
    provider: str
    payer: Org
    start_on: dt.date
    end_on: dt.date
    fee: int = 0
    """Yuan a month, of all its lines."""
    reminder_days: int = 90
    steps: tuple[tuple[str, str, str], ...] = ()
    """Deductions: measure, limit, share of the month's fee."""
    cap: str = "100"
    has_documents: bool = False


@dataclass(eq=False, slots=True)
class Line:
    number: str
    network: str
    org: Org
    region: str
    provider: str
    medium: str
    a: End
    z: End
    role: str = "access"
    grade: int = 3
    access_class: str = ""
    declared: int = 100
    approved: int = 100
    fee: int = 0
    opened_on: dt.date = dt.date(2020, 1, 1)
    is_converted: bool = False
    is_rate_limited_upstream: bool = False
    acceptance_mbps: int | None = None
    contract: Contract | None = None
    main: Line | None = None
    """The line that a standby line stands in for."""
    status: str = "active"
    mean_mbps: float = 0.0
    """Downstream, towards the A end; upstream is a share of it."""
    up_share: float = 0.3
    description: str = "示例数据"

    @property
    def ends(self) -> tuple[End, End]:
        return self.a, self.z


@dataclass(eq=False, slots=True)
class Segment:
    line: Line
    start: Room
    end: Room


@dataclass(eq=False, slots=True)
class RingPlan:
    name: str
    protocol: str
    capacity_gbps: int
    segments: list[Segment]


@dataclass(eq=False, slots=True)
class EgressPlan:
    name: str
    line: Line
    router: Box
    firewall: Box


@dataclass(eq=False, slots=True)
class City:
    today: dt.date
    orgs: list[Org] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    rooms: list[Room] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    contracts: list[Contract] = field(default_factory=list)
    rings: list[RingPlan] = field(default_factory=list)
    egresses: list[EgressPlan] = field(default_factory=list)
    lines_down: list[str] = field(default_factory=list)
    """Broken when the simulation starts, to be mended by `simulate --up`."""
    devices_silent: list[str] = field(default_factory=list)
    ports_up_long: list[Port] = field(default_factory=list)
    """Up for weeks when the simulation starts, and bound to no line."""

    def org(self, short: str) -> Org:
        return next(org for org in self.orgs if org.short == short)

    def line(self, number: str) -> Line:
        return next(line for line in self.lines if line.number == number)

    def box(self, name: str) -> Box:
        return next(box for box in self.boxes if box.name == name)
