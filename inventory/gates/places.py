"""A room lies in its site, a rack stands in its room."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from inventory.gates.problems import Problems, loaded, refuse
from inventory.models import CircuitTermination, Device, Location, Rack
from kernel.spec import Spec


def places_agree(spec: Spec, rows: Sequence[Any]) -> None:
    """The room lies in the site, the rack stands in the room."""
    if spec.model not in (Location, Rack, Device, CircuitTermination):
        return
    room_of = "parent_id" if spec.model is Location else "location_id"
    rooms = loaded(Location, (getattr(row, room_of) for row in rows), "site_id", "name")
    racks = loaded(Rack, (row.rack_id for row in rows), "site_id", "location_id") if spec.model is Device else {}
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
    refuse(problems)
