from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from compliance import selectors
from compliance.rules.values import Verdict
from inventory.models import Region, Tenant
from tests.compliance.world import World, saved

pytestmark = pytest.mark.django_db(databases="__all__")
ALL = ("circuits.*", "compliance.*", "network.*")


def passing_line(world: World, **values: Any) -> Any:
    line, near, far = world.bound_line(**values)
    for _ in range(2):
        world.later()
        world.see(near)
        world.see(far)
    return line


def elsewhere(world: World) -> tuple[Region, Tenant]:
    region = world.county("410122")
    return region, saved(Tenant(name="Other bureau", slug="other", region=region, tier="county"))


def test_the_board_is_worst_first_and_ends_with_lines_out_of_use(world: World) -> None:
    lines = [world.line(status="planned"), passing_line(world), world.line()]
    world.judge()
    user_rows = selectors.line_verdicts(_everyone(world))
    assert [row.circuit_id for row in user_rows] == [lines[2].pk, lines[1].pk, lines[0].pk]


def _everyone(world: World) -> Any:
    from kernel.models import User
    from tests.conftest import grant

    user = User.objects.create_user("everyone", "pw")
    grant(user, *ALL)
    return user


def test_each_selector_keeps_to_the_users_scope(world: World, make_user: Callable[..., Any]) -> None:
    region, tenant = elsewhere(world)
    mine, theirs = world.line(), world.line(tenant=tenant, region=region)
    world.judge()
    of_tenant = make_user(*ALL, tenant=world.tenant)
    of_region = make_user(*ALL, region=region)
    nobody = make_user()
    for user, line in ((of_tenant, mine), (of_region, theirs)):
        assert [v.circuit_id for v in selectors.line_verdicts(user)] == [line.pk]
        assert [f.circuit_id for f in selectors.open_findings(user)] == [line.pk]
        assert selectors.verdict_counts(user).total == 1
        assert selectors.results_of(user, line.pk)
    assert selectors.results_of(of_tenant, theirs.pk) == []
    assert not selectors.line_verdicts(nobody).exists()
    assert not selectors.open_findings(nobody).exists()


def test_counts_leave_out_lines_not_in_use(world: World) -> None:
    region, tenant = elsewhere(world)
    passing_line(world)
    world.line(tenant=tenant, region=region)
    world.line(status="planned")
    world.judge()
    user = _everyone(world)
    assert selectors.verdict_counts(user).counts == {Verdict.PASS: 1, Verdict.FINDING: 1}
    by_network = selectors.counts_by_network(user)
    assert by_network[world.network.pk].total == 2
    by_tier = selectors.counts_by_tier(user)
    assert (by_tier["city"].of(Verdict.PASS), by_tier["county"].of(Verdict.FINDING)) == (1, 1)
    by_region = selectors.counts_by_region(user, depth=1)
    assert {code: c.counts for code, c in by_region.items()} == {
        "410105000000": {Verdict.PASS: 1}, "410122000000": {Verdict.FINDING: 1},
    }  # fmt: skip


def test_results_are_worst_first_with_the_last_reading_that_confirmed_them(world: World) -> None:
    line, near, far = world.bound_line()
    for _ in range(2):
        world.later()
        world.see(near, 10)
        world.see(far)
    world.judge()
    world.later(minutes=10)
    world.see(near, 10)
    found = selectors.results_of(_everyone(world), line.pk)
    assert [r.rule_code for r in found] == ["T01", "P01", "T02", "T03", "P02", "T05", "T09"]
    seen = next(e for e in found[0].evidence if e["device"] == near.device.name)
    assert dt.datetime.fromisoformat(seen["confirmed_at"]) == world.now
    assert found[0].rule is not None and found[0].rule.severity == "major"


def test_changes_of_the_day_are_lines_and_rings(world: World) -> None:
    line = world.line()
    world.judge()
    saved_status(line, "suspended")
    world.later(days=1)
    world.judge()
    user = _everyone(world)
    changes = selectors.changes_on(user, world.now.date())
    assert [(c.circuit_id, c.before, c.after) for c in changes] == [(line.pk, "FINDING", "NOT_APPLICABLE")]
    assert not selectors.changes_on(user, (world.now - dt.timedelta(days=1)).date()).exists()


def saved_status(line: Any, status: str) -> None:
    line.status = status
    saved(line)


def test_ring_states_tell_each_segment(world: World) -> None:
    _ring, lines = world.ring()
    for _ in range(2):
        world.later()
        for n, (_line, near, far) in enumerate(lines):
            world.see(near, oper="down" if n == 1 else "up")
            world.see(far)
    world.judge()
    (state,) = selectors.ring_states(_everyone(world))
    assert (state.state, [s.state for s in state.segments]) == ("protected", ["up", "down", "up"])
    assert selectors.judged_at() == world.now


def test_a_board_costs_the_same_for_any_number_of_lines(world: World, django_assert_num_queries: Any) -> None:
    user = _everyone(world)
    for number in (1, 12):
        for _ in range(number):
            world.line()
        world.judge()
        list(selectors.line_verdicts(user))
        with django_assert_num_queries(1):
            for row in selectors.line_verdicts(user):
                assert row.circuit.tenant and row.circuit.network and str(row.circuit)
