"""What stands in a rack has room there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from inventory.gates.problems import Problems, loaded, refuse
from inventory.models import Device, DeviceType, Rack
from kernel.spec import Spec


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
        refuse(_devices_without_room(rows))
    elif spec.model is Rack:
        refuse(_racks_too_low(rows))
    elif spec.model is DeviceType:
        refuse(_types_too_big(rows))


def _devices_without_room(rows: Sequence[Device]) -> Problems:
    mounted: list[tuple[int, Any]] = [
        (i, row) for i, row in enumerate(rows) if row.rack_id is not None and row.position is not None
    ]
    if not mounted:
        return {}
    stored = _placed((row.rack_id for _i, row in mounted), {row.pk for row in rows})
    types = {row.device_type_id for _i, row in mounted} | {row["device_type_id"] for row in stored}
    sizes = loaded(DeviceType, types, "u_height", "is_full_depth")
    heights = loaded(Rack, (row.rack_id for _i, row in mounted), "u_height")
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
    sizes = loaded(DeviceType, (values["device_type_id"] for values in stored), "u_height", "is_full_depth")
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
    sizes = loaded(DeviceType, (values["device_type_id"] for values in stored), "u_height", "is_full_depth")
    for row in rows:
        if row.pk in sizes:
            sizes[row.pk] = {"u_height": row.u_height, "is_full_depth": row.is_full_depth}
    heights = loaded(Rack, (values["rack_id"] for values in stored), "u_height")
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
