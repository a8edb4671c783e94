"""What spans rows of the records: each gate sees all rows of a write before they are saved, and refuses by position.

A gate reads what it needs by set, so its cost in queries doesn't grow with the number of rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inventory.models import (
    BoundInterface,
    CircuitTermination,
    Device,
    DeviceType,
    Interface,
    IPAddress,
    Location,
    Rack,
    Region,
    RingSegment,
)
from kernel.errors import RowsRejected
from kernel.spec import Spec

Gate = Callable[[Spec, Sequence[Any]], None]
Problems = dict[int, dict[str, list[str]]]


def _refuse(problems: Problems) -> None:
    if problems:
        raise RowsRejected(
            ngettext(
                "%(count)d row is wrong; nothing was written.",
                "%(count)d rows are wrong; nothing was written.",
                len(problems),
            )
            % {"count": len(problems)},
            problems,
        )


def _loaded(model: type[models.Model], pks: Iterable[Any], *names: str) -> dict[int, dict[str, Any]]:
    """Columns of the rows with these keys, in one query; none when there is nothing to look for."""
    wanted = set(pks) - {None}
    if not wanted:
        return {}
    return {row["pk"]: row for row in model._base_manager.filter(pk__in=wanted).values("pk", *names)}


# Places ------------------------------------------------------------------------------------------------------------


def places_agree(spec: Spec, rows: Sequence[Any]) -> None:
    """The room lies in the site, the rack stands in the room."""
    if spec.model not in (Location, Rack, Device, CircuitTermination):
        return
    room_of = "parent_id" if spec.model is Location else "location_id"
    rooms = _loaded(Location, (getattr(row, room_of) for row in rows), "site_id", "name")
    racks = _loaded(Rack, (row.rack_id for row in rows), "site_id", "location_id") if spec.model is Device else {}
    problems: Problems = {}
    for position, row in enumerate(rows):
        wrong: dict[str, list[str]] = {}
        room = rooms.get(getattr(row, room_of))
        if room and row.site_id is not None and room["site_id"] != row.site_id:
            wrong[room_of.removesuffix("_id")] = [_("This room is in another site; choose a room of the site.")]
        rack = racks.get(row.rack_id) if racks else None
        if rack and (rack["site_id"] != row.site_id or row.location_id not in (None, rack["location_id"])):
            wrong["rack"] = [_("This rack stands elsewhere; choose a rack of the site and room.")]
        if wrong:
            problems[position] = wrong
    _refuse(problems)


# Racks -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Placement:
    device: str
    rack_id: int
    position: Decimal
    height: Decimal
    faces: tuple[str, ...]
    row: int | None  # its place in the set that is being written; None when it is stored

    @property
    def half_units(self) -> range:
        return range(int(self.position * 2), int((self.position + self.height) * 2))

    @property
    def top(self) -> Decimal:
        return self.position + self.height - 1


def _placement(values: Mapping[str, Any], size: Mapping[str, Any], row: int | None) -> _Placement:
    faces = (Device.Face.FRONT.value, Device.Face.REAR.value) if size["is_full_depth"] else (values["face"],)
    position, height = Decimal(values["position"]), Decimal(size["u_height"])
    return _Placement(values["name"], values["rack_id"], position, height, faces, row)


def _placed(rack_ids: Iterable[int], without: set[int]) -> list[dict[str, Any]]:
    names = ("pk", "name", "rack_id", "position", "face", "device_type_id")
    rows = Device._base_manager.filter(rack_id__in=set(rack_ids), position__isnull=False).order_by("pk").values(*names)
    return [row for row in rows if row["pk"] not in without]


def _clashes(placements: Iterable[_Placement]) -> dict[int, str]:
    """Rows of the set that meet another device: {row: what to do}. Stored placements come first."""
    taken: dict[tuple[int, str, int], str] = {}
    found: dict[int, str] = {}
    for placement in placements:
        slots = [(placement.rack_id, face, half) for face in placement.faces for half in placement.half_units]
        other = next((taken[slot] for slot in slots if slot in taken), None)
        if other is not None and placement.row is not None:
            found.setdefault(
                placement.row, _("%(device)s takes this place already; choose a free position.") % {"device": other}
            )
        for slot in slots:
            taken.setdefault(slot, placement.device)
    return found


def rack_has_room(spec: Spec, rows: Sequence[Any]) -> None:
    """Devices of one rack face don't overlap and end below the rack's top; full depth counts on both faces."""
    if spec.model is Device:
        _refuse(_devices_without_room(rows))
    elif spec.model is Rack:
        _refuse(_racks_too_low(rows))
    elif spec.model is DeviceType:
        _refuse(_types_too_big(rows))


def _devices_without_room(rows: Sequence[Device]) -> Problems:
    mounted: list[tuple[int, Any]] = [
        (i, row) for i, row in enumerate(rows) if row.rack_id is not None and row.position is not None
    ]
    if not mounted:
        return {}
    stored = _placed((row.rack_id for _i, row in mounted), {row.pk for row in rows})
    types = {row.device_type_id for _i, row in mounted} | {row["device_type_id"] for row in stored}
    sizes = _loaded(DeviceType, types, "u_height", "is_full_depth")
    heights = _loaded(Rack, (row.rack_id for _i, row in mounted), "u_height")
    placements = [_placement(values, sizes[values["device_type_id"]], None) for values in stored]
    problems: Problems = {}
    for i, row in mounted:
        values = {"name": row.name, "rack_id": row.rack_id, "position": row.position, "face": row.face}
        placement = _placement(values, sizes[row.device_type_id], i)
        if placement.top > heights[row.rack_id]["u_height"]:
            problems[i] = {"position": [_too_high(heights[row.rack_id]["u_height"])]}
        placements.append(placement)
    for i, message in _clashes(placements).items():
        problems.setdefault(i, {"position": [message]})
    return problems


def _too_high(height: int) -> str:
    return _("The device would reach above the rack, which has %(height)d units; choose a lower position.") % {
        "height": height
    }


def _racks_too_low(rows: Sequence[Rack]) -> Problems:
    position_of = {row.pk: i for i, row in enumerate(rows) if row.pk is not None}
    stored = _placed(position_of, set()) if position_of else []
    sizes = _loaded(DeviceType, (values["device_type_id"] for values in stored), "u_height", "is_full_depth")
    problems: Problems = {}
    for values in stored:
        i = position_of[values["rack_id"]]
        if _placement(values, sizes[values["device_type_id"]], None).top > rows[i].u_height:
            message = _("%(device)s is mounted higher than that; move it first.") % {"device": values["name"]}
            problems[i] = {"u_height": [message]}
    return problems


def _types_too_big(rows: Sequence[DeviceType]) -> Problems:
    """A type that grows may not make its mounted devices overlap or stick out."""
    position_of = {row.pk: i for i, row in enumerate(rows) if row.pk is not None}
    if not position_of:
        return {}
    used = Device._base_manager.filter(device_type_id__in=set(position_of), position__isnull=False)
    stored = _placed(used.values_list("rack_id", flat=True), set())
    sizes = _loaded(DeviceType, (values["device_type_id"] for values in stored), "u_height", "is_full_depth")
    for row in rows:
        if row.pk in sizes:
            sizes[row.pk] = {"u_height": row.u_height, "is_full_depth": row.is_full_depth}
    heights = _loaded(Rack, (values["rack_id"] for values in stored), "u_height")
    placements = [
        _placement(values, sizes[values["device_type_id"]], position_of.get(values["device_type_id"]))
        for values in stored
    ]
    placements.sort(key=lambda placement: placement.row is not None)
    problems: Problems = {
        p.row: {"u_height": [_too_high(heights[p.rack_id]["u_height"])]}
        for p in placements
        if p.row is not None and p.top > heights[p.rack_id]["u_height"]
    }
    for i in _clashes(placements):
        message = _("Mounted devices of this type would overlap others; move them first.")
        problems.setdefault(i, {"u_height": [message]})
    return problems


# Ports and addresses -----------------------------------------------------------------------------------------------


def parent_ports_are_of_the_device(spec: Spec, rows: Sequence[Any]) -> None:
    if spec.model is not Interface:
        return
    parents = _loaded(Interface, (row.parent_id for row in rows), "device_id")
    _refuse(
        {
            i: {"parent": [_("The parent port is on another device; choose a port of this one.")]}
            for i, row in enumerate(rows)
            if row.parent_id in parents and parents[row.parent_id]["device_id"] != row.device_id
        }
    )


def management_addresses_are_own(spec: Spec, rows: Sequence[Any]) -> None:
    """A device is polled at an IPv4 address that no other device has at a port."""
    if spec.model is Device:
        _refuse(_foreign_management_addresses(rows))
    elif spec.model is IPAddress:
        _refuse(_addresses_in_use_elsewhere(rows))


def _foreign_management_addresses(rows: Sequence[Device]) -> Problems:
    found = _loaded(IPAddress, (row.primary_ip4_id for row in rows), "family", "interface__device_id")
    problems: Problems = {}
    for i, row in enumerate(rows):
        address = found.get(row.primary_ip4_id or 0)
        if address is None:
            continue
        if address["family"] != IPAddress.Family.IPV4:
            problems[i] = {"primary_ip4": [_("This is an IPv6 address; choose an IPv4 address.")]}
        elif address["interface__device_id"] not in (None, row.pk):
            problems[i] = {"primary_ip4": [_("This address is at a port of another device; choose one of its own.")]}
    return problems


def _addresses_in_use_elsewhere(rows: Sequence[IPAddress]) -> Problems:
    pks = {row.pk for row in rows} - {None}
    if not pks:
        return {}
    devices = dict(Device._base_manager.filter(primary_ip4_id__in=pks).values_list("primary_ip4_id", "pk"))
    ports = _loaded(Interface, (row.interface_id for row in rows), "device_id") if devices else {}
    problems: Problems = {}
    for i, row in enumerate(rows):
        if row.pk not in devices:
            continue
        if row.family != IPAddress.Family.IPV4:
            problems[i] = {"address": [_("A device is polled at this address; it has to stay IPv4.")]}
        elif row.interface_id in ports and ports[row.interface_id]["device_id"] != devices[row.pk]:
            message = _("Another device is polled at this address; choose its port or change its management address.")
            problems[i] = {"interface": [message]}
    return problems


# Lines -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Binding:
    circuit_id: int
    termination_id: int
    is_shared: bool
    row: int | None


def ports_serve_one_line(spec: Spec, rows: Sequence[Any]) -> None:
    """A port serves one end of one line, unless each binding says that the port is shared."""
    if spec.model is not BoundInterface:
        return
    ends = _loaded(CircuitTermination, (row.termination_id for row in rows), "circuit_id")
    own = {row.pk for row in rows}
    at_port: dict[int, list[_Binding]] = defaultdict(list)
    stored = BoundInterface._base_manager.filter(interface_id__in={row.interface_id for row in rows}).order_by("pk")
    for pk, port, end, circuit, is_shared in stored.values_list(
        "pk", "interface_id", "termination_id", "termination__circuit_id", "is_shared"
    ):
        if pk not in own:
            at_port[port].append(_Binding(circuit, end, is_shared, None))
    for i, row in enumerate(rows):
        circuit = ends[row.termination_id]["circuit_id"]
        at_port[row.interface_id].append(_Binding(circuit, row.termination_id, row.is_shared, i))
    problems: Problems = {}
    for bindings in at_port.values():
        for binding in bindings:
            if binding.row is not None and (message := _binding_problem(binding, bindings)):
                problems[binding.row] = {"interface": [message]}
    _refuse(problems)


def _binding_problem(binding: _Binding, bindings: Sequence[_Binding]) -> str:
    others = [other for other in bindings if other.termination_id != binding.termination_id]
    if any(other.circuit_id == binding.circuit_id for other in others):
        return _("The other end of this line is bound to this port; bind each end to a port of its own.")
    if others and not (binding.is_shared and all(other.is_shared for other in others)):
        return _("Another line uses this port; choose a free one, or tick “shared” on both if it is a trunk.")
    return ""


def ring_segments_follow_on(spec: Spec, rows: Sequence[Any]) -> None:
    """Segment n ends where segment n + 1 starts. Whether the last one closes the ring, `ring_gaps` tells."""
    if spec.model is not RingSegment:
        return
    own = {row.pk for row in rows}
    stored = RingSegment._base_manager.filter(ring_id__in={row.ring_id for row in rows}).order_by("pk")
    found: dict[tuple[int, int], tuple[int, int, int | None]] = {}
    for pk, ring, sequence, start, end in stored.values_list(
        "pk", "ring_id", "sequence", "from_location_id", "to_location_id"
    ):
        if pk not in own:
            found[ring, sequence] = (start, end, None)
    for position, row in enumerate(rows):
        found[row.ring_id, row.sequence] = (row.from_location_id, row.to_location_id, position)
    problems: Problems = {}
    for (ring, sequence), (_start, end, i) in found.items():
        following = found.get((ring, sequence + 1))
        if following is None or end == following[0]:
            continue
        values = {"this": sequence, "next": sequence + 1}
        if following[2] is not None:
            message = _("Segment %(this)d ends in another room; start segment %(next)d where it ends.") % values
            problems[following[2]] = {"from_location": [message]}
        elif i is not None:
            message = _("Segment %(next)d starts in another room; end segment %(this)d there.") % values
            problems[i] = {"to_location": [message]}
    _refuse(problems)


# Divisions ---------------------------------------------------------------------------------------------------------


def parents_of_divisions_stay(spec: Spec, rows: Sequence[Any]) -> None:
    """The paths of all below depend on a division's code and parent, so they move only while nothing is below."""
    if spec.model is not Region:
        return
    stored = _loaded(Region, (row.pk for row in rows), "path", "code")
    moved = {i: row for i, row in enumerate(rows) if row.pk in stored and row.path != stored[row.pk]["path"]}
    if not moved:
        return
    below = Region._base_manager.filter(parent_id__in={row.pk for row in moved.values()})
    with_children = set(below.values_list("parent_id", flat=True).distinct())
    message = _("Other divisions lie below this one; move or delete those first.")
    _refuse(
        {
            i: {"code" if row.code != stored[row.pk]["code"] else "parent": [message]}
            for i, row in moved.items()
            if row.pk in with_children
        }
    )


GATES: tuple[Gate, ...] = (
    places_agree,
    rack_has_room,
    parent_ports_are_of_the_device,
    management_addresses_are_own,
    ports_serve_one_line,
    ring_segments_follow_on,
    parents_of_divisions_stay,
)
