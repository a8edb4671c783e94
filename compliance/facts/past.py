"""The record and what was seen, as they stood at a past moment: from the trail and from intervals, never from today."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from collectors.models import SeenAddress, SeenInterface, SeenNeighbour, SeenReach, SeenSystem
from collectors.selectors import NeighbourValue, Watched, normal_port_name, watches
from compliance.facts.record import (
    Binding,
    Block,
    Box,
    Contract,
    Exit,
    Line,
    Record,
    Rest,
    segments_of,
)
from compliance.facts.seen import PORT, Asked, Port, Seen, ShownAddress, by_port
from inventory.models import (
    VRF,
    BoundInterface,
    CalendarDay,
    Circuit,
    CircuitTermination,
    Device,
    DeviceRole,
    Egress,
    EgressPair,
    Interface,
    IPAddress,
    LineContract,
    Location,
    Network,
    Prefix,
    Provider,
    Ring,
    RingSegment,
    Season,
    Site,
    Tenant,
)
from kernel.past import Columns, rows_as_of

_Table = dict[int, Columns]
_NOTHING: Columns = defaultdict(lambda: None)


class PastRecord:
    """Tables of the record at `at`, joined in memory."""

    def __init__(self, at: dt.datetime) -> None:
        self.at = at
        self._tables: dict[Any, _Table] = {}

    def of(self, model: Any) -> _Table:
        if model not in self._tables:
            self._tables[model] = rows_as_of(model, self.at)
        return self._tables[model]

    def get(self, model: Any, pk: int | None) -> Columns:
        return self.of(model).get(pk, _NOTHING) if pk is not None else _NOTHING

    def read(self) -> Record:
        return Record(
            lines=self._lines(), bindings=self._bindings(), boxes=self._boxes(), works=self._works(),
            segments=segments_of(self._segments()), exits=self._exits(), contracts=self._contracts(),
            blocks=self._blocks(),
            rests=tuple(Rest(r["tenant_id"], r["first_day"], r["last_day"]) for r in self.of(Season).values()),
            special_days={row["date"]: row["is_working"] for row in self.of(CalendarDay).values()},
        )  # fmt: skip

    def _lines(self) -> dict[int, Line]:
        created = dict(Circuit.objects.values_list("pk", "created"))
        lines = {}
        for pk, row in self.of(Circuit).items():
            network, provider = self.get(Network, row["network_id"]), self.get(Provider, row["provider_id"])
            lines[pk] = Line(
                pk, row["line_no"] or row["cid"], row["cid"], row["status"], row["role"],
                row["bandwidth_declared_mbps"], row["bandwidth_approved_mbps"], row["install_date"],
                timezone.localtime(created.get(pk, self.at)).date(), row["tenant_id"], row["region_id"],
                row["network_id"], network["data_age_limit_min"], row["is_rate_limited_upstream"],
                row["acceptance_mbps"], row["contract_id"], row["monthly_fee"], provider["name"] or "",
                bool(provider["is_own"]),
            )  # fmt: skip
        return lines

    def _bindings(self) -> dict[int, tuple[Binding, ...]]:
        bound = self.of(BoundInterface)
        ports = rows_as_of(Interface, self.at, {row["interface_id"] for row in bound.values()})
        parents = rows_as_of(Interface, self.at, {row["parent_id"] for row in ports.values() if row["parent_id"]})
        found: dict[int, list[Binding]] = defaultdict(list)
        for row in bound.values():
            end, port = self.get(CircuitTermination, row["termination_id"]), ports.get(row["interface_id"])
            if port is None or end["circuit_id"] is None:
                continue
            device = self.get(Device, port["device_id"])
            found[end["circuit_id"]].append(
                Binding(
                    end["circuit_id"], end["term_side"], row["is_shared"], port["name"], port["label"] or "",
                    parents.get(port["parent_id"], _NOTHING)["name"] or "", port["type"], port["device_id"],
                    device["name"] or "", row["rate_limit_mbps"], device["tenant_id"],
                    bool(self.get(DeviceRole, device["role_id"])["separates_zones"]),
                )
            )  # fmt: skip
        return {pk: tuple(sorted(of, key=lambda b: (b.side, b.device_id, b.interface))) for pk, of in found.items()}

    def _boxes(self) -> dict[int, Box]:
        boxes = {}
        for pk, row in self.of(Device).items():
            network = self.get(Network, row["network_id"])
            address = self.get(IPAddress, row["primary_ip4_id"])["address"]
            boxes[pk] = Box(
                pk, row["name"], row["site_id"], row["tenant_id"] or network["operator_id"],
                self.get(Site, row["site_id"])["region_id"], bool(network["poll_allowed"]),
                (address,) if address else (),
            )  # fmt: skip
        return boxes

    def _works(self) -> dict[int, str]:
        in_progress = ("planned", "provisioning", "changing")
        found = {}
        for end in self.of(CircuitTermination).values():
            line = self.get(Circuit, end["circuit_id"])
            if end["site_id"] and line["status"] in in_progress:
                found[end["site_id"]] = line["line_no"] or line["cid"]
        return found

    def _room(self, location_id: int | None) -> tuple[Any, str, str]:
        room = self.get(Location, location_id)
        site = self.get(Site, room["site_id"])
        return site["region_id"], site["name"] or "", room["name"] or ""

    def _segments(self) -> list[tuple[Any, ...]]:
        rows = []
        ordered = sorted(self.of(RingSegment).values(), key=lambda row: (row["ring_id"], row["sequence"]))
        for row in ordered:
            ring = self.get(Ring, row["ring_id"])
            region, site, room = self._room(row["from_location_id"])
            _region, to_site, to_room = self._room(row["to_location_id"])
            rows.append((
                row["ring_id"], ring["name"], self.get(Network, ring["network_id"])["operator_id"], region,
                row["sequence"], row["circuit_id"], row["from_location_id"], site, room, row["to_location_id"],
                to_site, to_room,
            ))  # fmt: skip
        return rows

    def _exits(self) -> tuple[Exit, ...]:
        found = []
        for row in self.of(Egress).values():
            if row["pair_id"] is None:
                continue
            pair, router = self.get(EgressPair, row["pair_id"]), self.get(Device, row["router_id"])
            _region, site, room = self._room(router["location_id"])
            found.append(
                Exit(
                    row["pair_id"], pair["name"], self.get(Network, pair["network_id"])["operator_id"],
                    row["circuit_id"], row["name"], router["name"] or "", f"{site} {room}" if room else "",
                )
            )  # fmt: skip
        return tuple(sorted(found, key=lambda e: (e.pair_id, e.name)))

    def _contracts(self) -> tuple[Contract, ...]:
        return tuple(
            Contract(
                pk, row["contract_no"], row["payer_id"], self.get(Tenant, row["payer_id"])["region_id"],
                row["start_on"], row["end_on"],
            )
            for pk, row in self.of(LineContract).items()
        )  # fmt: skip

    def _blocks(self) -> tuple[Block, ...]:
        found = []
        for row in self.of(Prefix).values():
            vrf = self.get(VRF, row["vrf_id"])
            if row["status"] != "deprecated":
                found.append(
                    Block(
                        row["prefix"], row["tenant_id"], row["network_id"] or vrf["network_id"], vrf["zone"] or "",
                        row["polling_forbidden"], row["status"] == "active",
                    )
                )  # fmt: skip
        return tuple(found)


def _open_at(rows: QuerySet[Any], at: dt.datetime) -> QuerySet[Any]:
    return rows.filter(Q(ended_at=None) | Q(ended_at__gt=at), first_seen_at__lte=at)


def seen_at(record: Record, at: dt.datetime) -> Seen:
    """What stood as seen at that moment. Whether a device answered is known since reach is kept; before, it isn't."""
    watched = watches(at - dt.timedelta(days=1), at)
    networks = {b.device_id: record.lines[pk].network_id for pk, of in record.bindings.items() for b in of}
    targets = _targets(at, watched, networks)
    columns = (
        "device_id", "port", "local_port", "remote_name", "remote_port", "remote_description", "remote_chassis_id",
        "remote_address", "first_seen_at", "is_sample",
    )  # fmt: skip
    heard: dict[int, list[NeighbourValue]] = defaultdict(list)
    for row in _open_at(SeenNeighbour.objects.order_by("device_id", "port", "id"), at).values_list(*columns):
        heard[row[0]].append(NeighbourValue(*row))
    addresses: dict[int, list[ShownAddress]] = defaultdict(list)
    shown = _open_at(SeenAddress.objects.order_by("device_id", "if_index", "id"), at)
    for device_id, address, interface, since in shown.values_list("device_id", "address", "interface", "first_seen_at"):
        addresses[device_id].append(ShownAddress(address, normal_port_name(interface), since))
    return Seen(
        targets=targets,
        names=dict(_open_at(SeenSystem.objects.all(), at).values_list("device_id", "name")),
        ports={
            (row[0], row[1]): _port(row, targets)
            for row in _open_at(SeenInterface.objects.order_by("first_seen_at"), at).values_list(*PORT)
        },
        neighbours=by_port({pk: tuple(of) for pk, of in heard.items()}),
        addresses=addresses,
        listening=frozenset(heard),
    )


def _targets(at: dt.datetime, watched: dict[int | None, Watched], networks: dict[int, int | None]) -> dict[int, Asked]:
    found = {}
    rows = _open_at(SeenReach.objects.order_by("first_seen_at"), at)
    for device_id, state, since in rows.values_list("device_id", "state", "first_seen_at"):
        read_at = since
        if state == "up":
            # It went on answering for as long as somebody went on asking.
            of_network = watched.get(networks.get(device_id))
            read_at = max(since, min(at, of_network.last_at)) if of_network is not None else since
        found[device_id] = Asked(state, read_at, 0)
    return found


def _port(row: tuple[Any, ...], targets: dict[int, Asked]) -> Port:
    device_id, _port, if_index, alias, kind, admin, oper, speed, mac, first, seen_at, since, _read, up_at = row
    asked = targets.get(device_id)
    began = max(first, since)
    passes = 1
    if asked is not None and asked.read_at is not None and asked.read_at > began:
        passes += int((asked.read_at - began).total_seconds() // settings.POLL_INTERVAL_S)
    return Port(
        if_index, alias, kind, admin, oper, speed, mac, value_since=began, first_seen_at=seen_at,
        ever_up_at=((asked.read_at if asked else None) or since) if oper == "up" else up_at, observations=passes,
        state_since=since,
    )  # fmt: skip
