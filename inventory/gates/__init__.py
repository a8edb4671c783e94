"""What spans rows of the records: each gate sees all rows of a write before they are saved, and refuses by position.

A gate reads what it needs by set, so its cost in queries doesn't grow with the number of rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from inventory.gates.circuits import ports_serve_one_line
from inventory.gates.devices import management_addresses_are_own, parent_ports_are_of_the_device
from inventory.gates.places import places_agree
from inventory.gates.racks import rack_has_room
from inventory.gates.regions import parents_of_divisions_stay
from inventory.gates.rings import ring_segments_follow_on
from kernel.spec import Spec

Gate = Callable[[Spec, Sequence[Any]], None]

GATES: tuple[Gate, ...] = (
    places_agree,
    rack_has_room,
    parent_ports_are_of_the_device,
    management_addresses_are_own,
    ports_serve_one_line,
    ring_segments_follow_on,
    parents_of_divisions_stay,
)
