"""What the rule reads of probes, windows and contracts."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from collectors.models import Probe, ProbeDay, ProbeHour, ProbeState, ProbeTarget
from compliance.rules import service_levels
from compliance.rules.service_months import measure
from compliance.service_facts import month_of, service_facts
from inventory.models import Circuit, MaintenanceWindow, Network, Provider
from kernel import writes
from tests.compliance.service import CUT, OCTOBER, contract, measured, on
from tests.compliance.world import World, saved

pytestmark = pytest.mark.django_db(databases="__all__")
PARAMETERS = {p.name: p.default for p in service_levels.RULE.parameters}
NOVEMBER = month_of(2026, 11)


@pytest.fixture
def world() -> World:
    return World()


def verdict(line: Circuit) -> str:
    facts = service_facts([line.pk], month=OCTOBER, at=NOVEMBER.end)[line.pk]
    return service_levels.judge(facts, PARAMETERS).code


def test_a_month_from_rows_to_a_verdict(world: World) -> None:
    line, near, _far = world.bound_line(contract=contract(world))
    measured(line, "one", CUT)
    measured(line, "second", CUT)
    world.now = on(5, 8)
    world.see(near, oper="down")
    facts = service_facts([line.pk], month=OCTOBER, at=NOVEMBER.end, with_percentiles=True)[line.pk]
    month = measure(facts)
    assert service_levels.judge(facts, PARAMETERS).code == "t06_availability"
    assert (month.down_s, month.sent, float(month.rtt_ms or 0)) == (5 * 3600, 2 * 74_400, 5.0)
    assert 5.0 <= float(month.p95_ms or 0) <= 5.5
    assert month.outages[0].ports[0] == (f"A {near.device.name} {near.name}", "down")


@pytest.mark.parametrize("condition", ["circuit", "device", "site", "region", "provider", "network"])
def test_a_window_holds_for_what_meets_its_condition_and_for_nothing_else(world: World, condition: str) -> None:
    line, near, _far = world.bound_line(contract=contract(world))
    measured(line, "one", CUT)
    measured(line, "second", CUT)
    other = {
        "circuit": lambda: world.line(), "device": lambda: world.port().device, "region": lambda: world.county("410199"),
        "site": lambda: saved(type(world.site)(name="Elsewhere", slug="elsewhere", region=world.region)),
        "provider": lambda: saved(Provider(name="Other", slug="other")),
        "network": lambda: saved(Network(name="Other", slug="other", kind="extranet")),
    }[condition]()  # fmt: skip
    own: Any = {"circuit": line, "device": near.device, "site": world.site}.get(condition) or getattr(line, condition)
    window = saved(MaintenanceWindow(name="w", starts_at=CUT[0], ends_at=CUT[1], **{condition: other}))
    assert verdict(line) == "t06_availability"
    setattr(window, condition, own)
    saved(window)
    assert verdict(line) == "t06_kept_maintenance"


def test_every_condition_of_a_window_has_to_hold(world: World) -> None:
    line = world.line(contract=contract(world))
    measured(line, "one", CUT)
    measured(line, "second", CUT)
    other = saved(Provider(name="Other", slug="other"))
    saved(MaintenanceWindow(name="w", starts_at=CUT[0], ends_at=CUT[1], network=world.network, provider=other))
    assert verdict(line) == "t06_availability"


def test_hours_that_a_window_touches_are_left_out_of_delay_and_loss(world: World) -> None:
    line = world.line(contract=contract(world))
    probe = measured(line, "one")
    ProbeHour.objects.filter(probe_id=probe.pk, start=on(5, 8)).update(sent=1000, rtt_sum_ms=9_500)
    ProbeDay.objects.filter(probe_id=probe.pk, start=on(5)).update(sent=2400 + 900, rtt_sum_ms=12_000 + 9_000)
    saved(MaintenanceWindow(name="w", starts_at=on(5, 8.5), ends_at=on(5, 8.6), circuit=line))
    month = measure(service_facts([line.pk], month=OCTOBER, at=NOVEMBER.end)[line.pk])
    assert (month.sent, month.received, float(month.rtt_ms or 0)) == (74_300, 74_300, 5.0)


def test_what_a_deleted_probe_measured_still_counts(world: World) -> None:
    line = world.line(contract=contract(world))
    writes.delete(measured(line, "one", CUT), actor=None)
    measured(line, "second", CUT)
    ProbeTarget.objects.filter(name="one").update(is_asked=False)
    assert verdict(line) == "t06_availability"


def test_5000_lines_cost_a_handful_of_queries_and_less_than_a_second(world: World) -> None:
    agreed = contract(world)
    lines = [
        Circuit(
            line_no=f"410105-WW-{n}", cid=f"X{n}", provider=world.provider, type=world.type, status="active",
            contract=agreed, network=world.network,
        )
        for n in range(5000)
    ]  # fmt: skip
    writes.save_many(lines, actor=None, approval="test")
    rows = list(Circuit.objects.order_by("pk").values_list("pk", flat=True))
    targets, states, days = [], [], []
    for place, pk in enumerate(rows):
        for half in (0, 1):
            probe_id = 1_000_000 + 2 * place + half
            targets.append(
                ProbeTarget(
                    probe_id=probe_id, circuit_id=pk, name=f"p{half}", kind="icmp", target="10.0.0.1",
                    last_round_at=OCTOBER.end, next_due_at=OCTOBER.end,
                )
            )  # fmt: skip
            states.append(ProbeState(probe_id=probe_id, state="up", first_seen_at=OCTOBER.start))
            days += [
                ProbeDay(probe_id=probe_id, start=on(day), sent=100, received=100, rtt_sum_ms=500.0)
                for day in range(1, 11)
            ]
    for model, made in ((ProbeTarget, targets), (ProbeState, states), (ProbeDay, days)):
        model.objects.bulk_create(made, batch_size=2000)
    started = time.process_time()
    queries = []
    for alias in connections:
        queries.append(CaptureQueriesContext(connections[alias]))
        queries[-1].__enter__()
    found = service_facts(month=OCTOBER, at=NOVEMBER.end)
    for one in queries:
        one.__exit__(None, None, None)
    spent_s = time.process_time() - started
    assert len(found) == 5000
    assert sum(len(q) for q in queries) <= 8
    assert spent_s < 2.5  # measured 0.5 s; the margin is for a busy machine


def test_a_line_without_anything_has_facts_too(world: World) -> None:
    line = world.line()
    assert not Probe.objects.exists()
    facts = service_facts(month=OCTOBER)[line.pk]
    assert (facts.promise, facts.probes, facts.windows) == (None, (), ())
