from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, models
from django.test.utils import CaptureQueriesContext

from inventory.gates import GATES
from inventory.models import (
    BoundInterface,
    Circuit,
    CircuitTermination,
    Device,
    DeviceType,
    Interface,
    IPAddress,
    Location,
    Rack,
    Region,
    Ring,
    RingSegment,
    Site,
)
from kernel import writes
from kernel.errors import RowsRejected
from kernel.registry import registry
from tests.samples import SAMPLES, make, one

pytestmark = pytest.mark.django_db(databases="__all__")


def refused_fields(save: Callable[[], Any]) -> set[str]:
    with pytest.raises(ValidationError) as refused:
        save()
    return set(refused.value.message_dict)


def mounted(n: int, position: float, face: str = "front", **values: Any) -> Device:
    rack = one(Rack, 1)
    return make(Device, n, site=rack.site, rack=rack, position=position, face=face, **values)


# Places


def test_a_room_of_another_site_is_refused() -> None:
    assert refused_fields(lambda: make(Device, 1, location=make(Location, 2))) == {"location"}


def test_a_rack_of_another_room_is_refused() -> None:
    rack = make(Rack, 1)
    other = make(Location, 2, site=rack.site)
    assert refused_fields(lambda: make(Device, 1, site=rack.site, location=other, rack=rack)) == {"rack"}


def test_a_line_end_in_a_room_of_another_site_is_refused() -> None:
    values = {"site": make(Site, 5), "location": make(Location, 6)}
    assert refused_fields(lambda: make(CircuitTermination, 1, **values)) == {"location"}


# Racks


def test_two_devices_dont_overlap() -> None:
    mounted(1, 10, device_type=make(DeviceType, 50, u_height=4))
    assert refused_fields(lambda: mounted(2, 13)) == {"position"}
    assert mounted(3, 14).pk


def test_front_and_rear_are_apart_for_devices_of_half_depth_only() -> None:
    half = make(DeviceType, 50, is_full_depth=False)
    mounted(1, 10, "front", device_type=half)
    assert mounted(2, 10, "rear", device_type=half).pk
    mounted(3, 20, "front", device_type=half)
    assert refused_fields(lambda: mounted(4, 20, "rear", device_type=make(DeviceType, 51))) == {"position"}


def test_two_halves_of_a_unit_hold_two_devices_of_half_a_unit() -> None:
    small = make(DeviceType, 50, u_height="0.5")
    mounted(1, 10, device_type=small)
    assert mounted(2, 10.5, device_type=small).pk


def test_a_device_doesnt_reach_above_its_rack() -> None:
    big = make(DeviceType, 50, u_height=3)
    assert refused_fields(lambda: mounted(1, 41, device_type=big)) == {"position"}
    assert mounted(2, 40, device_type=big).pk


def test_a_rack_isnt_made_lower_than_its_devices() -> None:
    mounted(1, 42)
    rack = Rack.objects.get()
    rack.u_height = 41
    assert refused_fields(lambda: writes.save(rack, actor=None)) == {"u_height"}


def test_a_device_type_doesnt_grow_into_a_neighbour() -> None:
    grows = make(DeviceType, 50)
    mounted(1, 10, device_type=grows)
    mounted(2, 11)
    grows.u_height = 2
    assert refused_fields(lambda: writes.save(grows, actor=None)) == {"u_height"}


def test_devices_may_swap_places_in_one_write() -> None:
    first, second = mounted(1, 10), mounted(2, 20)
    first.position, second.position = second.position, first.position
    assert len(writes.save_many([first, second], actor=None)) == 2


def test_of_two_new_devices_in_one_place_the_second_is_named() -> None:
    rack = make(Rack, 1)
    rows = [
        Device(**{**SAMPLES[Device](n), "site": rack.site, "rack": rack, "position": 5, "face": "front"})
        for n in (1, 2)
    ]
    with pytest.raises(RowsRejected) as refused:
        writes.save_many(rows, actor=None)
    assert set(refused.value.rows) == {1}
    assert Device.objects.count() == 0


def _unsaved(model: type[models.Model], numbers: range) -> list[models.Model]:
    rows = [model(**SAMPLES[model](n)) for n in numbers]
    for position, row in enumerate(rows, start=1):
        if isinstance(row, Device):
            row.site, row.rack, row.position, row.face = one(Rack, 1).site, one(Rack, 1), position, "front"
            row.primary_ip4 = one(IPAddress, position)
    return rows


def _saved(model: type[models.Model], numbers: range) -> list[models.Model]:
    return [make(model, n) for n in numbers]


@pytest.mark.parametrize("rows_of", [_unsaved, _saved])
@pytest.mark.parametrize(
    "model",
    [Region, Location, Rack, DeviceType, Device, Interface, IPAddress, CircuitTermination, BoundInterface, RingSegment],
)
def test_the_gates_cost_the_same_queries_for_two_rows_and_for_ten(model: type[models.Model], rows_of: Any) -> None:
    spec = registry.of(model)
    costs = []
    for numbers in (range(1, 3), range(11, 21)):
        rows = rows_of(model, numbers)
        with CaptureQueriesContext(connection) as seen:
            for gate in GATES:
                gate(spec, rows)
        costs.append(len(seen))
    assert costs[0] == costs[1] <= 5


# Ports and addresses


def test_a_parent_port_on_another_device_is_refused() -> None:
    assert refused_fields(lambda: make(Interface, 1, parent=make(Interface, 2))) == {"parent"}


def test_a_management_address_at_anothers_port_is_refused() -> None:
    address = make(IPAddress, 1, interface=make(Interface, 1))
    assert refused_fields(lambda: make(Device, 2, primary_ip4=address)) == {"primary_ip4"}


def test_a_management_address_is_ipv4() -> None:
    address = make(IPAddress, 1, address="2001:db8::1/64")
    assert refused_fields(lambda: make(Device, 2, primary_ip4=address)) == {"primary_ip4"}


def test_an_address_in_use_doesnt_move_to_another_device() -> None:
    address = make(IPAddress, 1)
    make(Device, 1, primary_ip4=address)
    address.interface = make(Interface, 2)
    assert refused_fields(lambda: writes.save(address, actor=None)) == {"interface"}


# Lines


def end(circuit: Circuit, side: str) -> CircuitTermination:
    return make(CircuitTermination, 1, circuit=circuit, term_side=side)


@pytest.mark.parametrize("is_shared", [False, True])
def test_both_ends_of_a_line_at_one_port_are_refused(is_shared: bool) -> None:
    circuit, port = make(Circuit, 1), make(Interface, 1)
    make(BoundInterface, 1, termination=end(circuit, "A"), interface=port, is_shared=is_shared)
    second = end(circuit, "Z")
    values = {"termination": second, "interface": port, "is_shared": is_shared}
    assert refused_fields(lambda: make(BoundInterface, 2, **values)) <= {"interface", "__all__"}
    assert not second.bound_interfaces.exists()


@pytest.mark.parametrize(
    ("first", "second", "is_refused"),
    [(False, False, True), (True, False, True), (False, True, True), (True, True, False)],
)
def test_a_port_serves_two_lines_only_when_both_say_shared(first: bool, second: bool, is_refused: bool) -> None:
    port = make(Interface, 1)
    make(BoundInterface, 1, termination=end(make(Circuit, 1), "A"), interface=port, is_shared=first)
    other = end(make(Circuit, 2), "A")
    row = BoundInterface(termination=other, interface=port, is_shared=second)
    if is_refused:
        # The database refuses two that are not shared; the gate also refuses one beside a shared one.
        assert refused_fields(lambda: writes.save(row, actor=None)) <= {"interface", "__all__"}
    else:
        assert writes.save(row, actor=None).pk


def test_two_bindings_of_one_port_in_one_write_are_both_refused() -> None:
    port = make(Interface, 1)
    ends = [end(make(Circuit, n), "A") for n in (1, 2)]
    with pytest.raises(RowsRejected) as refused:
        writes.save_many([BoundInterface(termination=e, interface=port) for e in ends], actor=None)
    assert set(refused.value.rows) == {0, 1}


def ring_of(ring: Ring, *rooms: Location) -> list[RingSegment]:
    following = [*rooms[1:], rooms[0]]
    return [
        RingSegment(ring=ring, sequence=i, circuit=one(Circuit, i), from_location=start, to_location=stop)
        for i, (start, stop) in enumerate(zip(rooms, following, strict=True), start=1)
    ]


def test_segments_of_a_ring_follow_on() -> None:
    ring, rooms = make(Ring, 1), [make(Location, n) for n in range(1, 5)]
    segments = ring_of(ring, *rooms[:3])
    writes.save_many(segments[:1], actor=None)
    wrong = RingSegment(ring=ring, sequence=2, circuit=make(Circuit, 9), from_location=rooms[3], to_location=rooms[2])
    assert refused_fields(lambda: writes.save(wrong, actor=None)) == {"from_location"}
    assert len(writes.save_many(segments[1:], actor=None)) == 2


def test_a_room_enters_a_ring_by_one_write_of_its_two_segments() -> None:
    ring, rooms = make(Ring, 1), [make(Location, n) for n in range(1, 5)]
    segments = writes.save_many(ring_of(ring, *rooms[:3]), actor=None)
    segments[0].to_location = rooms[3]
    assert refused_fields(lambda: writes.save(segments[0], actor=None)) == {"to_location"}
    segments[1].from_location = rooms[3]
    assert len(writes.save_many(segments[:2], actor=None)) == 2
