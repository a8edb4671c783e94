"""Recorded and observed state as frozen values for the rules: nine queries, whatever the number of lines."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from collectors.models import CollectorRun, SeenInterface, SeenSystem, Target
from collectors.selectors import NeighbourValue, neighbours, normal_port_name
from compliance.rules.values import Device, EndFacts, LineFacts, RingFacts, SegmentFacts, Sight
from inventory.models import BoundInterface, Circuit, RingSegment
from inventory.selectors.rings import room_names

DEFAULT_AGE_LIMIT_MIN = 15
_SUB_INTERFACE_TYPES = {"l2vlan", "propVirtual", "l3ipvlan"}
_OPPOSITE = {"A": "Z", "Z": "A"}


@dataclass(frozen=True, slots=True)
class Facts:
    lines: Mapping[int, LineFacts]
    rings: tuple[RingFacts, ...]


@dataclass(frozen=True, slots=True)
class _Binding:
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
class _Port:
    """A port as the device showed it at its last reading."""

    if_index: int
    alias: str
    type: str
    admin: str
    oper: str
    speed_mbps: int | None
    mac: str
    value_since: dt.datetime
    first_seen_at: dt.datetime
    ever_up_at: dt.datetime | None
    observations: int


@dataclass(frozen=True, slots=True)
class _Target:
    state: str
    read_at: dt.datetime | None
    reads: int


@dataclass(frozen=True, slots=True)
class _Seen:
    targets: Mapping[int, _Target]
    names: Mapping[int, str]
    ports: Mapping[tuple[int, str], _Port]
    lldp: frozenset[int]
    """Devices that hear a neighbour on some port."""
    neighbours: Mapping[tuple[int, str], list[NeighbourValue]]
    collectors: Mapping[int | None, str]


def gather(at: dt.datetime, circuit_ids: Iterable[int] | None = None) -> Facts:
    """Facts of all lines and rings, or of some lines alone (then without rings)."""
    at = timezone.localtime(at)
    bindings = _bindings(circuit_ids)
    seen = _seen([b for of_line in bindings.values() for b in of_line], at)
    lines = {row["id"]: _line(row, bindings.get(row["id"], ()), seen, at) for row in _circuits(circuit_ids)}
    return Facts(lines, _rings(lines, at) if circuit_ids is None else ())


def line_facts(circuit_id: int, at: dt.datetime | None = None) -> LineFacts | None:
    return gather(at or timezone.now(), [circuit_id]).lines.get(circuit_id)


_CIRCUIT = (
    "id", "line_no", "cid", "status", "role", "bandwidth_declared_mbps", "install_date", "created", "tenant_id",
    "region_id", "network_id", "network__data_age_limit_min", "is_rate_limited_upstream", "acceptance_mbps",
    "is_ring_segment",
)  # fmt: skip


def _circuits(ids: Iterable[int] | None) -> Iterable[dict[str, Any]]:
    segments = RingSegment.objects.filter(circuit=OuterRef("pk"))
    rows: QuerySet[Any] = Circuit.objects.annotate(is_ring_segment=Exists(segments)).order_by("id")
    if ids is not None:
        rows = rows.filter(pk__in=list(ids))
    found: Iterable[dict[str, Any]] = rows.values(*_CIRCUIT)
    return found


def _bindings(ids: Iterable[int] | None) -> dict[int, tuple[_Binding, ...]]:
    rows = BoundInterface.objects.order_by("termination__circuit_id", "termination__term_side", "id")
    if ids is not None:
        rows = rows.filter(termination__circuit_id__in=list(ids))
    found: dict[int, list[_Binding]] = defaultdict(list)
    for row in rows.values_list(
        "termination__circuit_id", "termination__term_side", "is_shared", "interface__name", "interface__label",
        "interface__parent__name", "interface__type", "interface__device_id", "interface__device__name",
        "rate_limit_mbps",
    ):  # fmt: skip
        circuit_id, side, is_shared, name, label, parent, kind, device_id, device, rate_limit_mbps = row
        found[circuit_id].append(
            _Binding(
                circuit_id, side, is_shared, name, label or "", parent or "", kind, device_id, device, rate_limit_mbps
            )
        )
    return {circuit_id: tuple(of_line) for circuit_id, of_line in found.items()}


def _seen(bindings: list[_Binding], at: dt.datetime) -> _Seen:
    devices = {b.device_id for b in bindings}
    targets = {
        row[0]: _Target(*row[1:])
        for row in Target.objects.filter(device_id__in=devices).values_list("device_id", "state", "last_ok_at", "reads")
    }
    systems = SeenSystem.objects.filter(device_id__in=devices, ended_at=None)
    runs = CollectorRun.objects.filter(started_at__gte=at - dt.timedelta(hours=1)).order_by("started_at", "id")
    heard = neighbours(devices)
    by_port: dict[tuple[int, str], list[NeighbourValue]] = defaultdict(list)
    for of_device in heard.values():
        for neighbour in of_device:
            by_port[neighbour.device_id, neighbour.port].append(neighbour)
    return _Seen(
        targets=targets,
        names=dict(systems.values_list("device_id", "name")),
        ports=_ports(devices, {b.port for b in bindings}, targets),
        lldp=frozenset(heard),
        neighbours=by_port,
        collectors=dict(runs.values_list("network_id", "worker")),
    )


_PORT = (
    "device_id", "port", "if_index", "alias", "type", "admin", "oper", "speed_mbps", "mac", "first_seen_at",
    "port_seen_at", "state_since_at", "state_read", "last_up_at",
)  # fmt: skip


def _ports(devices: set[int], names: set[str], targets: Mapping[int, _Target]) -> dict[tuple[int, str], _Port]:
    """Bound ports alone. `collectors.selectors.port_states` gives every port: 26 times as many rows for the city."""
    rows = SeenInterface.objects.filter(device_id__in=devices, port__in=names, ended_at=None).values_list(*_PORT)
    found = {}
    for device_id, port, if_index, alias, kind, admin, oper, speed, mac, first, seen_at, since, read, up_at in rows:
        target = targets.get(device_id, _Target("unknown", None, read))
        # The state's own count goes on when only the alias changes; a row that began later has another speed or alias.
        is_confirmed = target.read_at is not None and target.read_at > first
        in_a_row = max(1, target.reads - read + 1)
        found[device_id, port] = _Port(
            if_index, alias, kind, admin, oper, speed, mac, value_since=max(first, since), first_seen_at=seen_at,
            ever_up_at=(target.read_at or since) if oper == "up" else up_at,
            observations=in_a_row if first <= since else min(in_a_row, 2 if is_confirmed else 1),
        )  # fmt: skip
    return found


def _line(row: dict[str, Any], bindings: tuple[_Binding, ...], seen: _Seen, at: dt.datetime) -> LineFacts:
    limit = dt.timedelta(minutes=row["network__data_age_limit_min"] or DEFAULT_AGE_LIMIT_MIN)
    return LineFacts(
        circuit_id=row["id"], line_no=row["line_no"] or row["cid"], at=at, status=row["status"], role=row["role"],
        declared_mbps=row["bandwidth_declared_mbps"],
        opened_on=row["install_date"] or timezone.localtime(row["created"]).date(),
        ends=tuple(_end(b, _opposite(b, bindings), seen, at - limit) for b in bindings),
        is_rate_limited_upstream=row["is_rate_limited_upstream"], acceptance_mbps=row["acceptance_mbps"],
        is_ring_segment=row["is_ring_segment"], tenant_id=row["tenant_id"], region_id=row["region_id"],
        collector=seen.collectors.get(row["network_id"], ""),
    )  # fmt: skip


def _opposite(binding: _Binding, bindings: tuple[_Binding, ...]) -> list[_Binding]:
    return [other for other in bindings if other.side == _OPPOSITE.get(binding.side)]


def _end(binding: _Binding, others: list[_Binding], seen: _Seen, oldest: dt.datetime) -> EndFacts:
    target = seen.targets.get(binding.device_id)
    end = EndFacts(
        side=binding.side, device=binding.device, device_id=binding.device_id, interface=binding.interface,
        device_state=_device(target, oldest), last_read_at=target.read_at if target else None,
        is_trunk=binding.is_shared, is_shaped=binding.rate_limit_mbps is not None,
        policer_mbps=binding.rate_limit_mbps, is_sub_interface=binding.is_sub_interface,
        speaks_lldp=binding.device_id in seen.lldp, other_end_is_bound=bool(others),
        sight=_sight(binding, others, seen),
    )  # fmt: skip
    port = seen.ports.get((binding.device_id, binding.port))
    if port is None:
        return end
    return replace(
        end, is_seen=True, admin=port.admin, oper=port.oper, speed_mbps=port.speed_mbps, alias=port.alias,
        if_index=port.if_index, value_since=port.value_since, first_seen_at=port.first_seen_at,
        ever_up_at=timezone.localtime(port.ever_up_at) if port.ever_up_at else None, observations=port.observations,
        is_sub_interface=binding.is_sub_interface or port.type in _SUB_INTERFACE_TYPES,
    )  # fmt: skip


def _device(target: _Target | None, oldest: dt.datetime) -> Device:
    if target is None:
        return Device.NOT_POLLED
    if target.read_at is None:
        return Device.NEVER
    if target.state == "down":
        return Device.SILENT
    return Device.FRESH if target.read_at >= oldest else Device.STALE


def _sight(binding: _Binding, others: list[_Binding], seen: _Seen) -> Sight | None:
    ports = dict.fromkeys((binding.port, binding.physical_port))
    heard = [n for port in ports for n in seen.neighbours.get((binding.device_id, port), ())]
    if not heard:
        return None
    sights = [
        Sight(n.remote_name or n.remote_chassis_id, n.remote_port, n.since, any(_is(n, o, seen) for o in others))
        for n in heard
    ]
    return max(sights, key=lambda sight: sight.is_expected)


def _is(heard: NeighbourValue, other: _Binding, seen: _Seen) -> bool:
    """Whether a neighbour is the port that the record has at the other end."""
    names = {_host(other.device), _host(seen.names.get(other.device_id, ""))} - {""}
    if _host(heard.remote_name) not in names:
        return False
    port = seen.ports.get((other.device_id, other.port))
    known = {other.port, other.physical_port, normal_port_name(other.label)}
    if port is not None:
        known |= {_bare(port.mac), str(port.if_index)}
    known.discard("")
    said = {normal_port_name(heard.remote_port), normal_port_name(heard.remote_description), _bare(heard.remote_port)}
    # A device that names its port by an address or a number of its own says which device, but not which port.
    return bool(known & said) or _is_opaque(heard.remote_port)


def _host(name: str) -> str:
    """Some devices send their name with the domain, some without."""
    return name.strip().lower().split(".")[0]


def _bare(address: str) -> str:
    return "".join(c for c in address.lower() if c in "0123456789abcdef") if ":" in address or "-" in address else ""


def _is_opaque(port: str) -> bool:
    return port.isdigit() or len(_bare(port)) == 12


def _rings(lines: Mapping[int, LineFacts], at: dt.datetime) -> tuple[RingFacts, ...]:
    rows = RingSegment.objects.order_by("ring_id", "sequence", "id").values_list(
        "ring_id", "ring__name", "ring__network__operator_id", "from_location__site__region_id", "sequence",
        "circuit_id", "from_location_id", "from_location__site__name", "from_location__name", "to_location_id",
        "to_location__site__name", "to_location__name",
    )  # fmt: skip
    rings: dict[int, tuple[str, int | None, int | None]] = {}
    rooms: dict[int, dict[int, tuple[str, str]]] = defaultdict(dict)
    ends: dict[int, list[tuple[int, int, int, int]]] = defaultdict(list)
    for ring_id, name, operator_id, region_id, sequence, circuit_id, start, site, room, end, to_site, to_room in rows:
        rings.setdefault(ring_id, (name, operator_id, region_id))
        rooms[ring_id] |= {start: (site, room), end: (to_site, to_room)}
        ends[ring_id].append((sequence, circuit_id, start, end))
    segments: dict[int, list[SegmentFacts]] = {}
    for ring_id, listed in ends.items():
        names = room_names(rooms[ring_id])
        segments[ring_id] = [
            SegmentFacts(sequence, f"{names[start]} – {names[end]}", lines[circuit_id])
            for sequence, circuit_id, start, end in listed
        ]
    return tuple(
        RingFacts(ring_id, name, at, tuple(segments[ring_id]), operator_id, region_id)
        for ring_id, (name, operator_id, region_id) in rings.items()
    )
