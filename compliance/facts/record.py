"""What the record says of lines and of what they belong to, as plain values: a fixed number of queries."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from collectors.selectors import normal_port_name
from inventory.models import (
    BoundInterface,
    CalendarDay,
    Circuit,
    CircuitTermination,
    Device,
    Egress,
    LineContract,
    Prefix,
    RingSegment,
    Season,
)
from inventory.selectors.rings import room_names
from kernel.models import ChangeRecord


@dataclass(frozen=True, slots=True)
class Binding:
    """A bound interface as recorded."""

    circuit_id: int
    side: str
    is_shared: bool
    interface: str
    label: str
    parent: str
    type: str
    device_id: int
    device: str
    rate_limit_mbps: int | None
    device_tenant_id: int | None = None
    separates_zones: bool = False

    @property
    def port(self) -> str:
        return normal_port_name(self.interface)

    @property
    def physical_port(self) -> str:
        """LLDP is heard on the port itself, never on a sub-interface of it."""
        return normal_port_name(self.parent or self.interface.split(".")[0])

    @property
    def is_sub_interface(self) -> bool:
        return bool(self.parent) or self.type == "virtual"


@dataclass(frozen=True, slots=True)
class Line:
    circuit_id: int
    line_no: str
    cid: str
    status: str
    role: str
    declared_mbps: int | None
    approved_mbps: int | None
    install_date: dt.date | None
    created_on: dt.date
    tenant_id: int | None
    region_id: int | None
    network_id: int | None
    age_limit_min: int | None
    is_rate_limited_upstream: bool
    acceptance_mbps: int | None
    contract_id: int | None
    monthly_fee: Decimal | None
    carrier: str
    is_own_line: bool


@dataclass(frozen=True, slots=True)
class Segment:
    ring_id: int
    ring: str
    operator_id: int | None
    region_id: int | None
    sequence: int
    circuit_id: int
    name: str


@dataclass(frozen=True, slots=True)
class Exit:
    pair_id: int
    pair: str
    operator_id: int | None
    circuit_id: int
    name: str
    router: str
    room: str


@dataclass(frozen=True, slots=True)
class Contract:
    pk: int
    number: str
    payer_id: int | None
    payer_region_id: int | None
    start_on: dt.date
    end_on: dt.date


@dataclass(frozen=True, slots=True)
class Block:
    """A block of the address plan that may be in use, or that nobody may poll."""

    prefix: str
    tenant_id: int | None
    network_id: int | None
    zone: str
    is_forbidden: bool
    is_in_use: bool


@dataclass(frozen=True, slots=True)
class Rest:
    """A quiet season; without a tenant it is everybody's. Days are MM-DD."""

    tenant_id: int | None
    first_day: str
    last_day: str


@dataclass(frozen=True, slots=True)
class Box:
    """A device as recorded."""

    device_id: int
    name: str
    site_id: int | None
    owner_id: int | None
    """Its department, else the operator of its network."""
    region_id: int | None
    is_polled: bool
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Record:
    lines: Mapping[int, Line]
    bindings: Mapping[int, tuple[Binding, ...]]
    boxes: Mapping[int, Box] = field(default_factory=dict)
    works: Mapping[int, str] = field(default_factory=dict)
    """By site: the number of a line that is being opened or changed there."""
    segments: tuple[Segment, ...] = ()
    exits: tuple[Exit, ...] = ()
    contracts: tuple[Contract, ...] = ()
    blocks: tuple[Block, ...] = ()
    rests: tuple[Rest, ...] = ()
    special_days: Mapping[dt.date, bool] = field(default_factory=dict)
    """Days that differ from the week's order: whether they are worked."""


_kept: tuple[tuple[Any, ...], Record] | None = None


def read(circuit_ids: Iterable[int] | None = None) -> Record:
    """The record as it stands; of some lines alone, then without rings, pairs and contracts.

    A whole record is kept until the trail moves on: between two runs of the judge it seldom does, and asking whether
    it did is one query instead of ten.
    """
    global _kept  # noqa: PLW0603  # one record a process
    if circuit_ids is not None:
        return _read(list(circuit_ids))
    mark = ChangeRecord.mark()
    if _kept is None or _kept[0] != mark:
        _kept = mark, _read(None)
    return _kept[1]


def _read(ids: list[int] | None) -> Record:
    is_whole = ids is None
    return Record(
        lines={row[0]: _line(row) for row in _circuits(ids)},
        bindings=_bindings(ids),
        segments=_segments(ids),
        boxes=_boxes() if is_whole else {},
        works=_works() if is_whole else {},
        exits=_exits() if is_whole else (),
        contracts=_contracts() if is_whole else (),
        blocks=_blocks(),
        rests=tuple(Rest(*row) for row in Season.objects.values_list("tenant_id", "first_day", "last_day")),
        special_days=dict(CalendarDay.objects.values_list("date", "is_working")),
    )


_CIRCUIT = (
    "id", "line_no", "cid", "status", "role", "bandwidth_declared_mbps", "bandwidth_approved_mbps", "install_date",
    "created", "tenant_id", "region_id", "network_id", "network__data_age_limit_min", "is_rate_limited_upstream",
    "acceptance_mbps", "contract_id", "monthly_fee", "provider__name", "provider__is_own",
)  # fmt: skip


def _circuits(ids: list[int] | None) -> Iterable[tuple[Any, ...]]:
    rows: QuerySet[Any] = Circuit.objects.order_by("id")
    if ids is not None:
        rows = rows.filter(pk__in=ids)
    found: Iterable[tuple[Any, ...]] = rows.values_list(*_CIRCUIT)
    return found


def _line(row: tuple[Any, ...]) -> Line:
    pk, line_no, cid, *values = row
    # The day of the record in the product's own zone, for lines whose opening nobody wrote down.
    values[5] = timezone.localtime(values[5]).date()
    return Line(pk, line_no or cid, cid, *values)


def _bindings(ids: list[int] | None) -> dict[int, tuple[Binding, ...]]:
    rows = BoundInterface.objects.order_by("termination__circuit_id", "termination__term_side", "id")
    if ids is not None:
        rows = rows.filter(termination__circuit_id__in=ids)
    found: dict[int, list[Binding]] = defaultdict(list)
    for row in rows.values_list(
        "termination__circuit_id", "termination__term_side", "is_shared", "interface__name", "interface__label",
        "interface__parent__name", "interface__type", "interface__device_id", "interface__device__name",
        "rate_limit_mbps", "interface__device__tenant_id", "interface__device__role__separates_zones",
    ):  # fmt: skip
        circuit_id, side, is_shared, name, label, parent, *rest = row
        found[circuit_id].append(Binding(circuit_id, side, is_shared, name, label or "", parent or "", *rest))
    return {circuit_id: tuple(of_line) for circuit_id, of_line in found.items()}


def _segments(ids: list[int] | None) -> tuple[Segment, ...]:
    rows = RingSegment.objects.order_by("ring_id", "sequence", "id")
    if ids is not None:
        rows = rows.filter(circuit_id__in=ids)
    return segments_of(
        rows.values_list(
            "ring_id", "ring__name", "ring__network__operator_id", "from_location__site__region_id", "sequence",
            "circuit_id", "from_location_id", "from_location__site__name", "from_location__name", "to_location_id",
            "to_location__site__name", "to_location__name",
        )
    )  # fmt: skip


def segments_of(rows: Iterable[tuple[Any, ...]]) -> tuple[Segment, ...]:
    """Segments named by the rooms they join; a ring lies where its first segment starts."""
    listed = list(rows)
    rooms: dict[int, dict[int, tuple[str, str]]] = defaultdict(dict)
    places: dict[int, int | None] = {}
    for ring_id, _name, _operator, region_id, _n, _line_id, start, site, room, end, to_site, to_room in listed:
        places.setdefault(ring_id, region_id)
        rooms[ring_id] |= {start: (site, room), end: (to_site, to_room)}
    names = {ring_id: room_names(of_ring) for ring_id, of_ring in rooms.items()}
    return tuple(
        Segment(
            ring_id, name, operator_id, places[ring_id], sequence, circuit_id,
            f"{names[ring_id][start]} – {names[ring_id][end]}",
        )
        for ring_id, name, operator_id, _region, sequence, circuit_id, start, _s, _r, end, _ts, _tr in listed
    )  # fmt: skip


def _exits() -> tuple[Exit, ...]:
    rows = Egress.objects.filter(pair__isnull=False).order_by("pair_id", "name", "id")
    return tuple(
        Exit(pair_id, pair, operator_id, circuit_id, name, router or "", f"{site} {room}" if room else "")
        for pair_id, pair, operator_id, circuit_id, name, router, site, room in rows.values_list(
            "pair_id", "pair__name", "pair__network__operator_id", "circuit_id", "name", "router__name",
            "router__location__site__name", "router__location__name",
        )
    )  # fmt: skip


def _contracts() -> tuple[Contract, ...]:
    columns = ("id", "contract_no", "payer_id", "payer__region_id", "start_on", "end_on")
    return tuple(Contract(*row) for row in LineContract.objects.order_by("id").values_list(*columns))


def _blocks() -> tuple[Block, ...]:
    rows = Prefix.objects.exclude(status=Prefix.Status.DEPRECATED).order_by("id")
    return tuple(
        Block(prefix, tenant_id, network_id or vrf_network_id, zone or "", is_forbidden, status == "active")
        for prefix, tenant_id, network_id, vrf_network_id, zone, is_forbidden, status in rows.values_list(
            "prefix", "tenant_id", "network_id", "vrf__network_id", "vrf__zone", "polling_forbidden", "status"
        )
    )


def _boxes() -> dict[int, Box]:
    rows = Device.objects.values_list(
        "id", "name", "site_id", "tenant_id", "network__operator_id", "site__region_id", "network__poll_allowed",
        "primary_ip4__address",
    )  # fmt: skip
    return {
        pk: Box(pk, name, site_id, tenant_id or operator_id, region_id, bool(is_polled), (address,) if address else ())
        for pk, name, site_id, tenant_id, operator_id, region_id, is_polled, address in rows
    }


_IN_PROGRESS = (Circuit.Status.PLANNED, Circuit.Status.PROVISIONING, Circuit.Status.CHANGING)


def _works() -> dict[int, str]:
    rows = CircuitTermination.objects.filter(circuit__status__in=_IN_PROGRESS, site__isnull=False).order_by("-pk")
    return {
        site: number or cid for site, number, cid in rows.values_list("site_id", "circuit__line_no", "circuit__cid")
    }
