"""Coverage counts what there is to cover, not what happens to be recorded as connected."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils import timezone

from compliance.selectors.coverage import coverage
from inventory.models import Region, Tenant
from tests.compliance.world import World, saved


def county(code: str, **values: Any) -> Region:
    return saved(Region(code=f"{code}000000", name=code, level=3, kind="county", **values))


def bureau(region: Region, tier: str = "county") -> Tenant:
    return saved(Tenant(name=f"bureau {region}", slug=f"bureau-{region.code}", region=region, tier=tier))


def counted(user: Any) -> dict[str, tuple[int, int]]:
    return {of.tier.value: (of.connected, of.total) for of in coverage(user)}


def test_a_county_counts_once_a_department_of_its_tier_has_a_line_in_use(world: World, make_user: Any) -> None:
    used, planned, city_only = county("410181"), county("410182"), county("410183")
    world.line(tenant=bureau(used), region=used)
    world.line(tenant=bureau(planned), region=planned, status="planned")
    world.line(tenant=bureau(city_only, tier="city"), region=city_only)
    # The world's own county has no department of the county's tier.
    assert counted(make_user("tenancy.view_tenant"))["county"] == (1, 4)


def test_a_division_that_is_no_more_is_not_to_be_covered(world: World, make_user: Any) -> None:
    county("410181", valid_from=dt.date(2000, 1, 1), valid_to=timezone.localdate() - dt.timedelta(days=1))
    assert counted(make_user("tenancy.view_tenant"))["county"][1] == 1


def test_somebody_of_one_county_sees_its_coverage_alone(world: World, make_user: Any) -> None:
    own = county("410181")
    county("410182")
    world.line(tenant=bureau(own), region=own)
    assert counted(make_user("tenancy.view_tenant", region=own))["county"] == (1, 1)
