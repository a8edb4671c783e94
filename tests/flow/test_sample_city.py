"""The sample city: its figures are those of the city's reply of 2019, and every planted breach is judged as planted."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as product_settings
from django.core.management import call_command
from django.db import connections, transaction
from django.db.models import Count, F
from django.utils import timezone

from collectors import selectors
from collectors.databases import observed_alias
from collectors.devices import polled_devices
from collectors.models import PortRate5m, PortRateDay, PortRateHour, Probe
from collectors.ports import normal_port_name
from collectors.simulator import faults
from collectors.simulator import plan as plans
from compliance.deductions import reckon
from compliance.models import Exemption
from compliance.rules import service_levels
from compliance.service_facts import Month, month_at, month_of, service_facts
from compliance.services.policy import load_policy
from inventory.models import (
    BoundInterface,
    Circuit,
    CircuitTermination,
    ClassifiedCount,
    ContractDeduction,
    Device,
    Egress,
    Network,
    Region,
    Ring,
    RoleGrant,
    Tenant,
)
from inventory.selectors.contracts import contracts_to_renew
from kernel import storage
from kernel.models import Attachment, ChangeRecord
from kernel.web_addresses import WebAddress
from netops.accounts import load_roles
from netops.sample import histories, simulation
from netops.sample.city import draw
from netops.sample.counties import Division
from netops.sample.load import is_loaded, load_sample
from netops.sample.parts import City
from netops.sample.planted import (
    BAD_SERVICE,
    CUT_LINE,
    ENDING_CONTRACTS,
    EXEMPT_LINE,
    EXPIRED_CONTRACT,
    FORBIDDEN_DEVICE,
    NO_CONTRACT_LINE,
    PLANTED,
    PLANTED_T06,
    SILENT_RING_NODE,
    Planted,
)
from netops.sample.probes import past_month, probe_ports
from netops.sample.records import DIVISIONS, divisions
from tests.servers import VICTORIAMETRICS_MISSING, free_port, temporary_victoriametrics

ALIASES = tuple(dict.fromkeys(("default", observed_alias())))
DATABASES = pytest.mark.django_db(databases="__all__")
TABLES = (
    Tenant,
    Device,
    Circuit,
    CircuitTermination,
    BoundInterface,
    PortRateDay,
    PortRateHour,
    PortRate5m,
    ChangeRecord,
)


class Cut(Exception):
    """Stands for a kill in the middle of a load."""


@dataclass
class Loaded:
    after_first_cut: dict[str, int]
    was_loaded_after_cuts: list[bool]
    counts: dict[str, int]
    sentences: list[str]
    cpu_s: float
    plan: plans.Plan


def counts() -> dict[str, int]:
    return {model.__name__: model._default_manager.count() for model in TABLES}


@pytest.fixture(scope="module")
def loaded(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loaded]:
    """Loaded once for the whole module, after being cut off twice; rolled back at the end."""
    known = (product_settings.DATA_DIR, product_settings.SIMULATOR_PORT)
    product_settings.DATA_DIR, product_settings.SIMULATOR_PORT = tmp_path_factory.mktemp("sample"), free_port()
    with django_db_blocker.unblock():
        held = [transaction.atomic(using=alias) for alias in ALIASES]
        for block in held:
            block.__enter__()
        try:
            yield load_after_two_cuts()
        finally:
            for alias in ALIASES:
                transaction.set_rollback(True, using=alias)
            for block in reversed(held):
                block.__exit__(None, None, None)
            product_settings.DATA_DIR, product_settings.SIMULATOR_PORT = known


def load_after_two_cuts() -> Loaded:
    load_roles()
    load_policy(actor=None)
    was_loaded = [is_loaded()]

    def cut_at(word: str) -> Any:
        def progress(sentence: str) -> None:
            if word in sentence:
                raise Cut(sentence)

        return progress

    started = time.process_time()
    with pytest.raises(Cut):
        load_sample(cut_at("单位"))
    after_first = {"regions": Region.objects.count(), "tenants": Tenant.objects.count()}
    was_loaded.append(is_loaded())
    with pytest.raises(Cut):
        load_sample(cut_at("账号"))
    was_loaded.append(is_loaded())
    sentences: list[str] = []
    load_sample(sentences.append)
    cpu_s = time.process_time() - started
    plan = plans.load(simulation.folder() / "plan.json")
    return Loaded(after_first, was_loaded, counts(), sentences, cpu_s, plan)


def drawn(today: dt.date) -> City:
    with DIVISIONS.open(encoding="utf-8", newline="") as sheet:
        rows = list(csv.DictReader(sheet))
    zones = ("功能区", "其他", "other", "zone")
    return draw(today, [Division(r["code"], r["name"], int(r["level"]), r["parent"], r["kind"] in zones) for r in rows])


def outline(city: City) -> list[tuple[object, ...]]:
    boxes = [(b.name, b.model.name, b.serial, b.address, len(b.ports)) for b in city.boxes]
    lines = [
        (line.number, line.org.name, line.provider, line.declared, *(end.port and end.port.name for end in line.ends))
        for line in city.lines
    ]
    return [*boxes, *lines]


# The drawing, without a database --------------------------------------------------------------------------------


def test_the_same_city_is_drawn_every_time_and_on_every_day() -> None:
    city = outline(drawn(dt.date(2026, 3, 1)))
    assert city == outline(drawn(dt.date(2026, 3, 1)))
    assert city == outline(drawn(dt.date(2027, 1, 1)))


def test_who_hears_whom_agrees_on_both_sides() -> None:
    city = drawn(dt.date(2026, 3, 1))
    ports = [port for box in city.boxes for port in box.ports]
    assert all(port.heard is None or port.heard.heard is port for port in ports)


def test_traffic_never_exceeds_the_port_that_carries_it() -> None:
    peak = 1.75  # of the wave that the simulation swings in
    ports = [port for box in drawn(dt.date(2026, 3, 1)).boxes for port in box.ports if port.mbps]
    too_much = [p.name for p in ports if max(p.in_mbps, p.out_mbps) * peak > p.mbps]
    assert too_much == []


def test_no_two_devices_take_the_same_unit_of_a_rack() -> None:
    taken = Counter(
        (box.rack, unit)
        for box in drawn(dt.date(2026, 3, 1)).boxes
        if box.rack is not None and box.position is not None
        for unit in range(box.position, box.position + box.model.u_height)
    )
    assert taken
    assert max(taken.values()) == 1
    assert max(unit for _rack, unit in taken) <= 42


# The load -------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@DATABASES
class TestLoad:
    def test_a_load_that_was_cut_off_leaves_nothing_half_done(self, loaded: Loaded) -> None:
        assert loaded.after_first_cut == {"regions": 0, "tenants": 0}
        assert loaded.was_loaded_after_cuts == [False, False, False]
        assert is_loaded()

    def test_it_says_what_it_does(self, loaded: Loaded) -> None:
        # The record and the accounts stood already after the second cut.
        assert len(loaded.sentences) == 4

    def test_a_second_call_changes_nothing(self, loaded: Loaded) -> None:
        sentences: list[str] = []
        load_sample(sentences.append)
        assert sentences == []
        assert counts() == loaded.counts

    def test_histories_written_again_add_no_rows(self, loaded: Loaded) -> None:
        newest = PortRate5m.objects.order_by("-start").first()
        assert newest is not None
        now = newest.start + dt.timedelta(minutes=7)
        city = draw(dt.date.today(), divisions())
        before = counts()
        with transaction.atomic(using=observed_alias()):
            histories.write_histories(city, now)
            after = counts()
            transaction.set_rollback(True, using=observed_alias())
        assert after == before

    def test_histories_go_into_victoriametrics_where_it_is_set(self, loaded: Loaded, settings: Any) -> None:
        now = timezone.now()
        core = Device.objects.get(name="ZWZX-CR01")
        port = next(
            p for d in loaded.plan.devices if d.name == core.name for p in d.interfaces if p.line == "410100-WW-R006"
        )
        key = (core.pk, normal_port_name(port.name))
        before = counts()
        with temporary_victoriametrics() as url, transaction.atomic(using=observed_alias()):
            if url is None:
                pytest.skip(VICTORIAMETRICS_MISSING)
            settings.VICTORIAMETRICS = WebAddress(url)
            histories.write_histories(draw(dt.date.today(), divisions()), now)
            urllib.request.urlopen(f"{url}/internal/force_flush").close()
            days = selectors.rates([key], now - dt.timedelta(days=histories.DAYS), now, selectors.Step.DAY)
            assert counts() == before
            transaction.set_rollback(True, using=observed_alias())
        assert len(days[key]) >= histories.DAYS - 1
        assert all(point.is_sample for point in days[key])

    def test_it_takes_less_than_a_minute_of_processor(self, loaded: Loaded) -> None:
        # With the two loads that were cut off, so the bound is loose.
        assert loaded.cpu_s < 120

    def test_a_lost_plan_is_written_again_the_same(self, loaded: Loaded) -> None:
        path = simulation.folder() / "plan.json"
        path.unlink()
        assert not is_loaded()
        load_sample(lambda sentence: None)
        again = plans.load(path)
        assert [(d.name, d.address, d.serial, d.interfaces) for d in again.devices] == [
            (d.name, d.address, d.serial, d.interfaces) for d in loaded.plan.devices
        ]


def last_month() -> Month:
    first = past_month(dt.date.today())
    return month_of(first.year, first.month)


@pytest.mark.slow
@DATABASES
@pytest.mark.usefixtures("loaded")
class TestServiceLevels:
    @pytest.mark.parametrize("case", PLANTED_T06, ids=lambda case: f"{case.line_no}-{case.expected}")
    def test_each_planted_month_is_judged_as_planted(self, case: Planted) -> None:
        pk = Circuit.objects.get(line_no=case.line_no).pk
        facts = service_facts([pk], month=last_month())[pk]
        parameters = {p.name: p.default for p in service_levels.RULE.parameters}
        assert len(facts.probes) == 2
        assert service_levels.judge(facts, parameters).verdict == case.expected

    def test_only_the_line_below_its_promise_costs_less(self) -> None:
        reckoning = reckon(Circuit.objects.all(), last_month(), month_at().end)
        assert len(reckoning.lines) == 36
        deducted = {row.facts.line_no: row.deduction for row in reckoning.lines if row.deduction.parts}
        assert list(deducted) == [BAD_SERVICE]
        assert (deducted[BAD_SERVICE].percent, deducted[BAD_SERVICE].amount) == (15, Decimal("1320.00"))

    def test_each_probe_has_a_port_that_answers_in_the_plan(self, loaded: Loaded) -> None:
        planned = {(d.address, one.port) for d in loaded.plan.devices for one in d.listeners}
        assert planned == set(Probe.objects.values_list("target", "port"))
        assert len(planned) == 2 * 36
        assert {port for _address, port in planned} == set(probe_ports())


@pytest.mark.slow
@DATABASES
@pytest.mark.usefixtures("loaded")
class TestFigures:
    @pytest.mark.parametrize(("kind", "units", "lines"), [("extranet", 82, 184), ("resource", 160, 182)])
    def test_departments_and_lines_are_those_of_the_reply(self, kind: str, units: int, lines: int) -> None:
        rows = Circuit.objects.filter(network__kind=kind, tenant__tier="city", role__in=("access", "standby"))
        assert rows.count() == lines
        assert rows.values("tenant").distinct().count() == units

    def test_a_hundred_lines_were_converted_this_year(self) -> None:
        converted = Circuit.objects.filter(converted=True)
        assert converted.count() == 100
        year = Network.objects.get(slug="zww").created.year
        assert set(converted.values_list("network__kind", "install_date__year")) <= {
            ("resource", year), ("resource", year + 1),
        }  # fmt: skip

    def test_of_the_classified_network_there_are_two_numbers_and_nothing_else(self) -> None:
        row = ClassifiedCount.objects.get()
        assert (row.organisations, row.lines, row.as_of) == (25, 26, dt.date(2019, 6, 13))
        assert set(Network.objects.values_list("kind", flat=True)) == {"extranet", "resource", "internet"}

    def test_every_county_and_zone_has_lines(self) -> None:
        areas = Region.objects.filter(level=3)
        assert areas.count() == 16
        assert areas.filter(circuits=None).count() == 0

    def test_two_counties_reach_down_to_their_villages(self) -> None:
        tiers = Counter(Circuit.objects.filter(role="access").values_list("tenant__tier", flat=True))
        assert tiers["county"] == 48
        assert tiers["village"] == 40
        for county in ("410184000000", "410122000000"):
            townships = Region.objects.filter(
                parent__code=county, kind__in=("town", "township", "subdistrict")
            ).values_list("name", flat=True)
            served = Circuit.objects.filter(region__parent__code=county).values_list("region__name", flat=True)
            assert set(townships) <= set(served)
        names = set(Circuit.objects.values_list("region__name", flat=True))
        assert {"孟庄镇", "刁家乡", "付李庄村委会"} <= names

    def test_the_rings_close(self) -> None:
        assert set(Ring.objects.values_list("name", flat=True)) == {"政务骨干环网", "中牟县级环"}
        for ring in Ring.objects.all():
            segments = list(ring.segments.order_by("sequence"))
            following = [*segments[1:], segments[0]]
            assert all(one.to_location_id == two.from_location_id for one, two in zip(segments, following, strict=True))
        assert Ring.objects.get(name="政务骨干环网").segments.count() == 6

    def test_the_two_exits_share_no_carrier_room_or_router(self) -> None:
        exits = Egress.objects.filter(pair__target="internet")
        rows = list(exits.values_list("circuit__provider", "router__location", "router"))
        assert len(rows) == 2
        assert all(one != other for one, other in zip(*rows, strict=True))

    def test_no_two_devices_overlap_in_a_rack(self) -> None:
        placed = Device.objects.filter(position__isnull=False).values_list("rack", "position", "device_type__u_height")
        by_rack: dict[int, list[tuple[Decimal, Decimal]]] = {}
        for rack, position, height in placed:
            by_rack.setdefault(rack, []).append((position, position + height))
        assert by_rack
        for spans in by_rack.values():
            spans.sort()
            assert all(one[1] <= two[0] for one, two in pairwise(spans))

    def test_every_line_has_two_ends_and_a_contract_unless_it_is_the_citys_own(self) -> None:
        assert not Circuit.objects.annotate(ends=Count("terminations")).exclude(ends=2).exists()
        assert (
            not Circuit.objects.exclude(provider__name="自建")
            .filter(contract=None)
            .exclude(line_no=NO_CONTRACT_LINE)
            .exists()
        )
        assert not Circuit.objects.exclude(contract=None).exclude(contract__provider=F("provider")).exists()

    def test_every_write_left_a_change_record(self) -> None:
        lines = ChangeRecord.objects.filter(object_type="circuits.circuit")
        assert lines.count() == Circuit.objects.count()

    def test_constraints_hold(self) -> None:
        for alias in ALIASES:
            connections[alias].check_constraints()

    def test_the_departments_account_sees_its_own_department_alone(self) -> None:
        grant = RoleGrant.objects.get(user__username="department")
        assert grant.tenant is not None
        assert grant.tenant.short_name == "市自然资源和规划局"

    def test_every_planted_line_ring_and_contract_exists(self) -> None:
        numbers = {planted.line_no for planted in PLANTED} - {""}
        assert set(Circuit.objects.filter(line_no__in=numbers).values_list("line_no", flat=True)) == numbers
        rings = {planted.ring for planted in PLANTED} - {""}
        assert set(Ring.objects.filter(name__in=rings).values_list("name", flat=True)) == rings
        assert Circuit.objects.filter(contract__contract_no=EXPIRED_CONTRACT).exists()

    def test_contracts_end_soon_have_steps_and_documents(self) -> None:
        waiting = contracts_to_renew(timezone.localdate())
        assert waiting[0].contract_no == EXPIRED_CONTRACT
        assert len(waiting) == 1 + len(ENDING_CONTRACTS)
        assert ContractDeduction.objects.filter(contract__payer__short_name="市大数据管理局").exists()
        kinds = set(Attachment.objects.values_list("content_type", flat=True))
        assert kinds == {"application/pdf", "text/plain"}
        assert all(storage.path_of(digest).is_file() for digest in Attachment.objects.values_list("sha256", flat=True))
        assert Exemption.objects.get().circuit.line_no == EXEMPT_LINE
        slow = Circuit.objects.get(line_no="410105-WW-0037")
        assert slow.tenant is not None
        assert slow.tenant.short_name == "市自然资源和规划局"


@pytest.mark.slow
@DATABASES
class TestSimulation:
    def test_the_plan_has_every_polled_device_at_its_recorded_address(self, loaded: Loaded) -> None:
        planned = {device.name: device.address for device in loaded.plan.devices}
        assert {device.name: device.host for device in polled_devices()} == planned
        assert 450 <= len(planned) <= 520

    def test_serials_are_the_recorded_ones(self, loaded: Loaded) -> None:
        recorded = dict(Device.objects.exclude(name=FORBIDDEN_DEVICE).values_list("name", "serial"))
        assert {device.name: device.serial for device in loaded.plan.devices} == recorded
        chassis = {d.name: m.serial for d in loaded.plan.devices for m in d.modules if m.klass == "chassis"}
        assert chassis == recorded

    def test_every_bound_port_is_a_port_of_the_plan(self, loaded: Loaded) -> None:
        planned = {(d.name, normal_port_name(p.name)) for d in loaded.plan.devices for p in d.interfaces}
        bound = BoundInterface.objects.values_list("interface__device__name", "interface__name")
        assert {(device, normal_port_name(name)) for device, name in bound} <= planned

    def test_the_planted_faults_are_on(self, loaded: Loaded) -> None:
        present = faults.faults(simulation.folder())
        assert present.lines_down == {"410100-WW-R003", CUT_LINE}
        assert len(present.devices_silent) == 1
        silent = {device.name for device in loaded.plan.devices if device.snmp == "silent"}
        assert SILENT_RING_NODE in silent

    def test_histories_are_marked_as_samples_and_as_busy_as_the_plan(self, loaded: Loaded) -> None:
        for model in (PortRateDay, PortRateHour, PortRate5m):
            assert not model._default_manager.filter(is_sample=False).exists()
        core = Device.objects.get(name="ZWZX-CR01")
        port = next(
            p for d in loaded.plan.devices if d.name == core.name for p in d.interfaces if p.line == "410100-WW-R006"
        )
        rows = PortRateDay.objects.filter(device_id=core.pk, port=normal_port_name(port.name))
        assert rows.count() == 40
        busiest = max(row.in_avg or 0 for row in rows)
        assert busiest == pytest.approx(port.in_mbps * 1e6, rel=0.07)


# The whole flow -------------------------------------------------------------------------------------------------


@pytest.fixture
def simulator(loaded: Loaded) -> Iterator[None]:
    command = [
        sys.executable, "-m", "collectors.simulator", "--plan", str(simulation.folder() / "plan.json"),
        "--port", str(product_settings.SIMULATOR_PORT),
    ]  # fmt: skip
    root = Path(__file__).resolve().parents[2]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        try:
            said = process.stdout.readline()
            assert said.startswith("Simulating"), said
            yield
        finally:
            process.terminate()
            process.wait(10)


@pytest.mark.slow
@DATABASES
@pytest.mark.usefixtures("simulator")
def test_every_planted_breach_and_false_alarm_is_judged_as_planted() -> None:
    for _ in range(2):
        call_command("poll", format="json", stdout=io.StringIO())
    out = io.StringIO()
    call_command("judge", format="json", stdout=out)
    results = json.loads(out.getvalue())
    said = {(row["rule"], name_in(row)): row["verdict"] for row in results}
    expected = {(one.rule, one.line_no or one.ring or one.other): one.expected for one in PLANTED}
    assert {key: said.get(key) for key in expected} == expected
    # And nothing else is found: the rest of the city is in order. A contract's lines share its verdict.
    shared = {("T09", number) for number in lines_of_planted_contracts()}
    found = {key for key, verdict in said.items() if verdict in ("FINDING", "WARN", "EXEMPT")}
    # The line with a bad month is bad in this one too, while its last outage lies in it.
    assert found - shared - {("T06", BAD_SERVICE)} <= set(expected)


def name_in(row: dict[str, Any]) -> str:
    kinds = ("line_no", "ring", "egress_pair", "contract", "port", "device")
    return next(row[kind] for kind in kinds if row.get(kind))


def lines_of_planted_contracts() -> set[str]:
    numbers = [one.other for one in PLANTED if one.rule == "T09" and one.other]
    return set(Circuit.objects.filter(contract__contract_no__in=numbers).values_list("line_no", flat=True))
