"""Rings, pairs of exits, contracts, and the ports and devices that a rule has something to say about."""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from collectors.selectors import normal_port_name
from compliance.facts.lines import DEFAULT_AGE_LIMIT_MIN, device_state, host_name
from compliance.facts.plan import Plan
from compliance.facts.record import Box, Exit, Record, Segment
from compliance.facts.seen import Seen
from compliance.rules.groups import (
    CONTRACT,
    DEVICE,
    EGRESS_PAIR,
    PORT,
    RING,
    ContractFacts,
    DeviceFacts,
    ExitFacts,
    PairFacts,
    PortFacts,
    RingFacts,
    SegmentFacts,
    Subject,
    TouchedAddress,
)
from compliance.rules.values import Device, LineFacts

Lines = Mapping[int, LineFacts]
_LINE_NUMBER = re.compile(r"[0-9A-Z]{2,12}-[0-9A-Z]{1,8}-[0-9A-Z]{1,8}")
_LINE_WORDS = ("专线", "MSTP", "OTN")
# Aggregates, VLANs and sub-interfaces repeat what a physical port says.
_VIRTUAL_TYPES = {"l2vlan", "l3ipvlan", "propVirtual", "ieee8023adLag", "softwareLoopback", "tunnel", "propMultiplexor"}


def rings(record: Record, lines: Lines, at: dt.datetime) -> tuple[RingFacts, ...]:
    found: dict[int, list[SegmentFacts]] = defaultdict(list)
    first: dict[int, Segment] = {}
    for s in record.segments:
        if s.circuit_id in lines:
            first.setdefault(s.ring_id, s)
            found[s.ring_id].append(SegmentFacts(s.sequence, s.name, lines[s.circuit_id]))
    return tuple(
        RingFacts(Subject(RING, pk), first[pk].ring, at, first[pk].operator_id, first[pk].region_id, tuple(segments))
        for pk, segments in found.items()
    )


def pairs(record: Record, lines: Lines, at: dt.datetime) -> tuple[PairFacts, ...]:
    found: dict[int, list[ExitFacts]] = defaultdict(list)
    first: dict[int, Exit] = {}
    for e in record.exits:
        if e.circuit_id in lines:
            first.setdefault(e.pair_id, e)
            carrier = record.lines[e.circuit_id].carrier
            found[e.pair_id].append(ExitFacts(e.name, lines[e.circuit_id], carrier, e.router, e.room))
    return tuple(
        PairFacts(
            Subject(EGRESS_PAIR, pk), first[pk].pair, at, first[pk].operator_id, exits[0].line.region_id, tuple(exits)
        )
        for pk, exits in found.items()
    )


def contracts(record: Record, at: dt.datetime) -> tuple[ContractFacts, ...]:
    lines: dict[int, list[int]] = defaultdict(list)
    fees: dict[int, Decimal] = defaultdict(Decimal)
    for line in record.lines.values():
        if line.contract_id is not None and line.status == "active":
            lines[line.contract_id].append(line.circuit_id)
            fees[line.contract_id] += line.monthly_fee or 0
    return tuple(
        ContractFacts(
            Subject(CONTRACT, c.pk), c.number, at, c.payer_id, c.payer_region_id, c.start_on, c.end_on,
            tuple(lines[c.pk]), f"{fees[c.pk]:.2f}",
        )
        for c in record.contracts
    )  # fmt: skip


def devices(
    record: Record, seen: Seen, plan: Plan, at: dt.datetime, standing: Iterable[Subject]
) -> tuple[DeviceFacts, ...]:
    """Those that touch a forbidden prefix, and those of the standing findings, that may have left it."""
    touched: dict[int, list[TouchedAddress]] = {s.pk: [] for s in standing if s.kind == DEVICE}
    if plan.forbidden:
        for known in record.boxes.values():
            for address in known.addresses:
                if prefix := plan.forbids(address):
                    touched.setdefault(known.device_id, []).append(TouchedAddress(address, "recorded", prefix))
        for device_id, shown in seen.addresses.items():
            for one in shown:
                if prefix := plan.forbids(one.address):
                    touched.setdefault(device_id, []).append(TouchedAddress(one.address, "seen", prefix, one.port))
    return tuple(
        DeviceFacts(Subject(DEVICE, pk), box.name, at, box.owner_id, box.region_id, tuple(addresses), box.is_polled)
        for pk, addresses in touched.items()
        if (box := record.boxes.get(pk)) is not None
    )


def ports(record: Record, seen: Seen, at: dt.datetime, standing: Iterable[Subject]) -> tuple[PortFacts, ...]:
    """Unbound ports that are up and named, or that hear somebody; and those of the standing findings."""
    return tuple(_Ports(record, seen, at).facts(standing))


class _Ports:
    def __init__(self, record: Record, seen: Seen, at: dt.datetime) -> None:
        self.record, self.seen, self.at = record, seen, at
        bindings = [b for of_line in record.bindings.values() for b in of_line]
        self.bound = {(b.device_id, b.port) for b in bindings} | {(b.device_id, b.physical_port) for b in bindings}
        self.network_side = {b.device_id for b in bindings if b.side == "Z"}
        self.by_name = {host_name(box.name): box for box in record.boxes.values()}
        # A device may call itself otherwise than the record does.
        self.by_name |= {host_name(n): record.boxes[pk] for pk, n in seen.names.items() if n and pk in record.boxes}
        self.by_number = {line.line_no: line for line in record.lines.values()}
        self.words = (*_LINE_WORDS, *sorted({line.carrier for line in record.lines.values() if not line.is_own_line}))

    def facts(self, standing: Iterable[Subject]) -> Iterator[PortFacts]:
        wanted = {(s.pk, s.port) for s in standing if s.kind == PORT}
        for key, port in self.seen.ports.items():
            if key in wanted or (port.oper == "up" and key not in self.bound and port.type not in _VIRTUAL_TYPES):
                told = self._port(*key)
                if told is not None and (key in wanted or _looks_like_a_line(told)):
                    yield told
        for key in wanted - set(self.seen.ports):
            if (told := self._port(*key)) is not None:
                yield told

    def _port(self, device_id: int, name: str) -> PortFacts | None:
        box, port = self.record.boxes.get(device_id), self.seen.ports.get((device_id, name))
        if box is None:
            return None
        asked = self.seen.targets.get(device_id)
        state = device_state(asked, self.at - dt.timedelta(minutes=DEFAULT_AGE_LIMIT_MIN))
        alias = port.alias if port is not None else ""
        number = _LINE_NUMBER.search(alias)
        near = next(iter(self.seen.neighbours.get((device_id, name), ())), None)
        other = self.by_name.get(host_name(near.remote_name)) if near is not None and near.remote_name else None
        is_elsewhere = other is not None and other.site_id != box.site_id
        return PortFacts(
            Subject(PORT, device_id, name), f"{box.name} {name}", self.at, box.owner_id, box.region_id,
            device=box.name, port=name, alias=alias, oper=port.oper if port is not None else "",
            is_recorded=(device_id, name) in self.bound, is_readable=port is not None and state is Device.FRESH,
            alias_line=number[0] if number and number[0] in self.by_number else "",
            alias_points=number[0] if number else next((word for word in self.words if word and word in alias), ""),
            neighbour=(near.remote_name or near.remote_chassis_id) if near is not None else "",
            neighbour_port=near.remote_port if near is not None else "",
            neighbour_is_elsewhere=is_elsewhere,
            # Phones and servers speak LLDP too: a stranger counts on the network's side of lines alone.
            neighbour_is_unknown=near is not None and other is None and device_id in self.network_side,
            neighbour_is_bound=other is not None and near is not None and self._is_bound(other, near.remote_port),
            work_in_progress=self.record.works.get(box.site_id or 0, ""),
            up_since=port.state_since if port is not None and port.oper == "up" else None,
            last_read_at=asked.read_at if asked is not None else None,
            observations=port.observations if port is not None else 0,
        )  # fmt: skip

    def _is_bound(self, other: Box, port: str) -> bool:
        return (other.device_id, normal_port_name(port)) in self.bound


def _looks_like_a_line(port: PortFacts) -> bool:
    return bool(port.alias_points or port.neighbour_is_elsewhere or port.neighbour_is_unknown)
