"""Filters and references as clients give them: what they may ask for, and what an ill-meant one costs."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.test import Client

from inventory.models import Region, Site, Tenant
from kernel.models import User
from tests.samples import make

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.mark.parametrize("query", ["password__isw=zzz", "password=zzz", "must_change_password=true", "version=77"])
def test_a_field_that_nobody_is_shown_is_no_filter(api: Any, query: str) -> None:
    client = api()
    everybody = client.get("/api/users/users/").json()["count"]
    assert client.get(f"/api/users/users/?{query}").json()["count"] == everybody > 0


def test_a_field_that_nobody_is_shown_orders_nothing(api: Any) -> None:
    for number, password in enumerate(("b", "a", "c")):
        User.objects.create(username=f"u{number}", password=password)
    client = api()
    asked = client.get("/api/users/users/?ordering=password").json()["results"]
    assert asked == client.get("/api/users/users/").json()["results"]


def test_shown_computed_and_time_stamp_fields_stay_filters(api: Any) -> None:
    site = make(Site, 1)
    client = api()
    for query in (f"id={site.pk}", "device_count=0", "created__gte=2020-01-01", f"slug={site.slug}", "ordering=-id"):
        assert client.get(f"/api/dcim/sites/?{query}").json()["count"] == 1, query


@pytest.mark.parametrize(
    "reference",
    [
        {"name": {"regex": "("}},
        {"username": "admin", "password": {"startswith": "p"}},
        {"username": "admin", "password": "p"},
        {"region": {"name": {"regex": "("}}},
        {"region": {"parent": {"name": "x"}}},
        {"region": {"path": "/1/"}},
        {"region": {}},
        {"region": {"name__startswith": "d"}},
        {"parent": {"id": [1]}},
        {"tier": {"value": {"in": "x"}}},
        {"id": "x"},
    ],
)
def test_a_reference_compares_shown_fields_and_nothing_else(api: Any, reference: Any) -> None:
    make(Tenant, 1)
    answer = api().post("/api/dcim/sites/", {"name": "s", "slug": "s", "tenant": reference})
    assert answer.status_code == 400
    assert set(answer.json()) == {"tenant"}


def test_a_reference_may_name_a_related_row_by_its_plain_fields(api: Any) -> None:
    region = make(Region, 1)
    tenant = make(Tenant, 1, region=region)
    make(Tenant, 2)
    reference = {"region": {"name": region.name, "level": region.level}}
    answer = api().post("/api/dcim/sites/", {"name": "s", "slug": "s", "tenant": reference})
    assert answer.json()["tenant"]["id"] == tenant.pk


def test_a_related_row_outside_the_scope_describes_nothing(api: Any) -> None:
    own = make(Tenant, 1, region=make(Region, 1))
    described = {"name": own.name, "region": {"name": own.region.name}}
    of_the_department = api("*", tenant=own)
    answer = of_the_department.post("/api/dcim/sites/", {"name": "s", "slug": "s", "tenant": described})
    assert answer.status_code == 400
    assert "tenant" in answer.json()


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)+$", "([a-z]+)*!", "^(.*?,){11}P"])
def test_a_pattern_that_explodes_elsewhere_is_answered_at_once(api: Any, pattern: str) -> None:
    make(Site, 1, description="a" * 60 + "!x")
    started = time.monotonic()
    assert api().get("/api/dcim/sites/", {"description__regex": pattern}).status_code == 200
    assert time.monotonic() - started < 2


@pytest.mark.parametrize("pattern", ["(", "[", "(?=a)b", r"(a)\1", "(.{0,30}){0,30}x", "*"])
@pytest.mark.parametrize("lookup", ["regex", "iregex"])
def test_a_pattern_that_is_invalid_or_costly_is_refused_with_400(api: Any, pattern: str, lookup: str) -> None:
    make(Site, 1)
    answer = api().get("/api/dcim/sites/", {f"name__{lookup}": ["a", pattern]})
    assert answer.status_code == 400
    assert f"name__{lookup}" in answer.json()


def test_a_pattern_finds_what_it_describes(api: Any) -> None:
    make(Site, 1, name="机房 GE0/12")
    make(Site, 2, name="other")
    client = api()
    for query in ({"name__regex": r"GE\d+/\d{2}$"}, {"name__iregex": "ge"}, {"name__regex": "^机房"}):
        assert client.get("/api/dcim/sites/", query).json()["count"] == 1, query


def test_an_integer_choice_is_asked_whether_it_is_empty(api: Any) -> None:
    make(Region, 1)
    client = api()
    assert client.get("/api/dcim/regions/?level__empty=true").json()["count"] == 0
    assert client.get("/api/dcim/regions/?level__empty=false").json()["count"] == 1


@pytest.mark.parametrize(
    "query",
    ["created__gte=0001-01-01", "created__lte=9999-12-31T23:59:59-12:00", "latitude=1e999", "latitude__gt=1e40"],
)
def test_a_value_beyond_what_can_be_compared_is_refused_with_400(
    client: Client, login: Any, api: Any, query: str
) -> None:
    make(Site, 1)
    login("*")
    assert client.get(f"/dcim/sites/?{query}").status_code == 400
    assert api().get(f"/api/dcim/sites/?{query}").status_code == 400
