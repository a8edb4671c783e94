"""What a county and a department see and may change."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.utils import timezone

from inventory.models import (
    BoundInterface,
    Circuit,
    CircuitTermination,
    Device,
    Interface,
    Region,
    RoleGrant,
    Site,
    Tenant,
)
from inventory.selectors.grants import grants_of
from kernel import policy, writes
from kernel.errors import OutOfScope
from kernel.models import Role, User
from kernel.registry import registry
from tests.samples import make

pytestmark = pytest.mark.django_db(databases="__all__")


@dataclass
class City:
    county: Region
    township: Region
    other_county: Region
    managed: Region  # a township of the other county that a zone of this county runs
    zone: Region


@pytest.fixture
def city(db: None) -> City:
    top = make(Region, 1, level=2, kind="city")
    county, other = make(Region, 2, parent=top), make(Region, 3, parent=top)
    zone = make(Region, 4, parent=county, kind="zone")
    township = make(Region, 5, parent=county, level=4, kind="town")
    managed = make(Region, 6, parent=other, level=4, kind="town", managed_by=zone)
    return City(county, township, other, managed, zone)


def visible(user: User, model: type) -> set[int]:
    return set(policy.visible(user, registry.of(model)).values_list("pk", flat=True))


def test_a_county_sees_the_lines_below_it_and_where_it_manages(city: City, make_user: Callable[..., User]) -> None:
    user = make_user("circuits.*", region=city.county)
    regions = (city.county, city.township, city.managed, city.other_county)
    own, below, managed, other = (make(Circuit, n, region=r) for n, r in enumerate(regions, start=1))
    make(Circuit, 9)
    assert visible(user, Circuit) == {own.pk, below.pk, managed.pk}
    assert other.pk not in visible(user, Circuit)


def test_a_zone_sees_what_it_manages_and_not_the_county_it_lies_in(city: City, make_user: Callable[..., User]) -> None:
    user = make_user("dcim.*", region=city.zone)
    assert visible(user, Region) == {city.zone.pk, city.managed.pk}


def test_a_county_sees_ports_through_the_site_of_their_device(city: City, make_user: Callable[..., User]) -> None:
    user = make_user("dcim.*", region=city.county)
    near = make(Interface, 1, device=make(Device, 1, site=make(Site, 1, region=city.township)))
    make(Interface, 2, device=make(Device, 2, site=make(Site, 2, region=city.other_county)))
    assert visible(user, Interface) == {near.pk}


def test_a_county_cant_move_a_line_out_of_or_into_its_area(city: City, make_user: Callable[..., User]) -> None:
    user = make_user("circuits.*", region=city.county)
    own, other = make(Circuit, 1, region=city.county), make(Circuit, 2, region=city.other_county)
    own.region = city.other_county
    with pytest.raises(OutOfScope):
        writes.save(own, actor=user)
    other.region = city.county
    with pytest.raises(OutOfScope):
        writes.save(other, actor=user)
    assert Circuit.objects.get(pk=other.pk).region_id == city.other_county.pk


def test_a_department_sees_its_own_lines_their_ends_and_ports_and_no_others(make_user: Callable[..., User]) -> None:
    mine, theirs = make(Tenant, 1), make(Tenant, 2)
    user = make_user("circuits.view_*", "tenancy.view_*", tenant=mine)
    line, foreign = make(Circuit, 1, tenant=mine), make(Circuit, 2, tenant=theirs)
    bound = [
        make(BoundInterface, n, termination=make(CircuitTermination, n, circuit=c))
        for n, c in ((1, line), (2, foreign))
    ]
    assert visible(user, Circuit) == {line.pk}
    assert visible(user, CircuitTermination) == {bound[0].termination_id}
    assert visible(user, BoundInterface) == {bound[0].pk}
    assert visible(user, Tenant) == {mine.pk}


def test_a_grant_on_a_department_in_a_county_needs_both(city: City, make_user: Callable[..., User]) -> None:
    tenant = make(Tenant, 1)
    user = make_user("circuits.*", tenant=tenant, region=city.county)
    both = make(Circuit, 1, tenant=tenant, region=city.township)
    make(Circuit, 2, tenant=tenant, region=city.other_county)
    make(Circuit, 3, region=city.township)
    assert visible(user, Circuit) == {both.pk}


def test_a_grant_without_a_scope_sees_lines_without_a_division(make_user: Callable[..., User]) -> None:
    line = make(Circuit, 1)
    assert visible(make_user("circuits.*"), Circuit) == {line.pk}


@pytest.mark.parametrize(
    ("from_days", "to_days", "is_held"), [(0, 0, True), (-5, None, True), (1, None, False), (-5, -1, False)]
)
def test_a_grant_holds_on_its_first_and_last_day_and_not_beside_them(
    from_days: int, to_days: int | None, is_held: bool
) -> None:
    today = timezone.localdate()
    last = None if to_days is None else today + dt.timedelta(days=to_days)
    row = make(RoleGrant, 1, valid_from=today + dt.timedelta(days=from_days), valid_to=last)
    assert bool(grants_of(row.user)) is is_held


def test_grants_are_read_in_two_queries_whatever_their_number(
    city: City, django_assert_num_queries: Callable[..., object]
) -> None:
    user = User.objects.create_user("x")
    for n, region in enumerate((city.county, city.other_county, city.zone), start=1):
        writes.save(RoleGrant(user=user, role=make(Role, n), region=region), actor=None)
    with django_assert_num_queries(2):
        grants = grants_of(user)
    assert sorted(g.area_path or "" for g in grants) == sorted(
        [city.county.path, city.managed.path, city.other_county.path, city.zone.path, city.managed.path]
    )
