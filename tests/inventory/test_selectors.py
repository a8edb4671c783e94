from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.exceptions import ValidationError

from inventory.models import (
    BoundInterface,
    Circuit,
    CircuitTermination,
    Device,
    Interface,
    IPAddress,
    Location,
    Network,
    Ring,
    RingSegment,
    Site,
)
from inventory.selectors.circuits import line_ends
from inventory.selectors.devices import polled_devices
from inventory.selectors.rings import ring_gaps, ring_segments
from inventory.services.circuits import bind_interface
from kernel.registry import registry
from tests.samples import make, one

pytestmark = pytest.mark.django_db(databases="__all__")


def test_only_devices_in_use_with_an_address_in_a_network_that_allows_it_are_polled() -> None:
    allowed, private = make(Network, 1, poll_allowed=True), make(Network, 2)
    polled = make(Device, 1, network=allowed, primary_ip4=make(IPAddress, 1))
    make(Device, 2, network=private, primary_ip4=make(IPAddress, 2))
    make(Device, 3, network=allowed)
    make(Device, 4, network=allowed, primary_ip4=make(IPAddress, 4), status="planned")
    make(Device, 5, primary_ip4=make(IPAddress, 5))
    found = polled_devices()
    assert [(d.device_id, d.address) for d in found] == [(polled.pk, "10.0.0.2")]


def test_line_ends_name_place_and_port_and_show_ends_without_a_port() -> None:
    circuit, site = make(Circuit, 1), make(Site, 1)
    a_end = make(CircuitTermination, 1, circuit=circuit, term_side="A", site=site)
    make(CircuitTermination, 1, circuit=circuit, term_side="Z")
    port = make(Interface, 1)
    make(BoundInterface, 1, termination=a_end, interface=port, is_shared=True)
    first, second = line_ends([circuit.pk])
    assert (first.side, first.site, first.device, first.interface) == ("A", "site 1", "device1", "GE0/0/1")
    assert first.is_shared
    assert (second.side, second.is_bound, second.device_id) == ("Z", False, None)


def test_line_ends_cost_one_query_for_many_lines(django_assert_num_queries: Callable[..., object]) -> None:
    ids = [make(BoundInterface, n).termination.circuit_id for n in range(1, 6)]
    with django_assert_num_queries(1):
        assert [e.circuit_id for e in line_ends(ids)] == ids


def test_a_ring_that_closes_has_no_gap_and_an_open_one_names_its_rooms() -> None:
    a, b, c = (make(Location, n) for n in (1, 2, 3))
    closed, opened = make(Ring, 1), make(Ring, 2)
    for ring, steps in ((closed, ((a, b), (b, c), (c, a))), (opened, ((a, b), (b, c)))):
        for i, (start, stop) in enumerate(steps, start=1):
            line = one(Circuit, i)
            make(RingSegment, 1, ring=ring, sequence=i, circuit=line, from_location=start, to_location=stop)
    gaps = ring_gaps([closed.pk, opened.pk])
    assert set(gaps) == {opened.pk}
    assert [(g.after, g.before, g.ends_in, g.starts_in) for g in gaps[opened.pk]] == [(2, 1, "room 3", "room 1")]
    assert [s.sequence for s in ring_segments([closed.pk])[closed.pk]] == [1, 2, 3]


def test_binding_a_port_adds_the_end_where_the_device_stands() -> None:
    circuit, port = make(Circuit, 1), make(Interface, 1)
    binding = bind_interface(circuit=circuit, side="Z", interface=port, actor=None)
    assert binding.termination.term_side == "Z"
    assert binding.termination.site_id == port.device.site_id


def test_binding_twice_is_one_binding() -> None:
    circuit, port = make(Circuit, 1), make(Interface, 1)
    bind_interface(circuit=circuit, side="A", interface=port, actor=None)
    again = bind_interface(circuit=circuit, side="A", interface=port, is_shared=True, actor=None)
    assert BoundInterface.objects.count() == 1
    assert again.is_shared


def test_a_refused_binding_leaves_no_end_behind() -> None:
    port = make(Interface, 1)
    bind_interface(circuit=make(Circuit, 1), side="A", interface=port, actor=None)
    second = make(Circuit, 2)
    with pytest.raises(ValidationError):
        bind_interface(circuit=second, side="A", interface=port, actor=None)
    assert not second.terminations.exists()


def test_counts_dont_multiply_each_other() -> None:
    site = make(Site, 1)
    make(Device, 1, site=site)
    make(Device, 2, site=site)
    for n in (1, 2, 3):
        make(CircuitTermination, n, site=site)
    row = registry.of(Site).queryset().get(pk=site.pk)
    assert (row.device_count, row.circuit_count, row.rack_count) == (2, 3, 0)
