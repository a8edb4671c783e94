"""A row is written when something changed, and what failed to be read is not taken for gone."""

import datetime as dt

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from collectors import selectors
from collectors.databases import observed_alias
from collectors.models import PortSample, SeenAddress, SeenInterface, SeenModule, SeenNeighbour, SeenSystem, Target
from collectors.observe import Observation, store, store_many
from collectors.records import DeviceReading, InterfaceState
from tests.collectors.readings import address, counters, module, neighbour, port, reading, system

pytestmark = pytest.mark.django_db(databases="__all__")

NOON = dt.datetime(2026, 3, 2, 4, tzinfo=dt.UTC)
FIVE = dt.timedelta(minutes=5)


def target(device_id=1, reads=0, last_ok_at=None):
    return Target.objects.create(device_id=device_id, next_due_at=NOON, reads=reads, last_ok_at=last_ok_at)


def read_again(row, at):
    """What the schedule notes after a reading."""
    row.reads += 1
    row.last_ok_at = at
    row.save()


def test_an_unchanged_reading_writes_no_interval():
    said = reading(
        port(1),
        neighbours=(neighbour("GE0/0/1", "r2"),),
        modules=(module(1, "S1"),),
        addresses=(address("10.0.0.1/24"),),
    )
    store(1, said, NOON)
    store(1, said, NOON + FIVE)
    for model in (SeenSystem, SeenInterface, SeenNeighbour, SeenModule, SeenAddress):
        assert model.objects.filter(ended_at=None).count() == 1
        assert model.objects.count() == 1


def test_a_port_that_goes_down_ends_one_interval_and_begins_another():
    store(1, reading(port(1)), NOON)
    store(1, reading(port(1, oper="down")), NOON + FIVE)
    before, after = SeenInterface.objects.order_by("first_seen_at")
    assert (before.oper, before.ended_at) == ("up", NOON + FIVE)
    assert (after.oper, after.first_seen_at, after.ended_at) == ("down", NOON + FIVE, None)


def test_a_port_that_is_gone_ends():
    store(1, reading(port(1), port(2)), NOON)
    store(1, reading(port(1)), NOON + FIVE)
    assert SeenInterface.objects.get(port="ge0/0/2").ended_at == NOON + FIVE


def test_a_part_that_failed_is_left_as_it_was():
    store(1, reading(port(1), modules=(module(1, "S1"),)), NOON)
    store(1, DeviceReading(system=system(), warnings=("interfaces: timed out", "modules: refused")), NOON + FIVE)
    assert SeenInterface.objects.get().ended_at is None
    assert SeenModule.objects.get().ended_at is None


def test_a_part_that_was_not_asked_is_left_as_it_was():
    store(1, reading(port(1), modules=(module(1, "S1"),)), NOON)
    store(1, reading(port(1)), NOON + FIVE, parts={"system", "interfaces"})
    assert SeenModule.objects.get().ended_at is None


def test_a_renumbered_port_keeps_its_history():
    store(1, reading(port(1, "GE0/0/1"), counters=(counters(1, 100),)), NOON)
    store(1, reading(port(77, "GigabitEthernet0/0/1"), counters=(counters(77, 200),)), NOON + FIVE)
    assert set(SeenInterface.objects.values_list("port", flat=True)) == {"ge0/0/1"}
    assert set(PortSample.objects.values_list("port", "if_index")) == {("ge0/0/1", 1), ("ge0/0/1", 77)}
    state = selectors.port_states([1])[1, "ge0/0/1"]
    assert (state.if_index, state.since) == (77, NOON)


def test_a_new_alias_does_not_restart_the_clock_of_a_silent_port():
    row = target()
    store(1, reading(port(1, oper="down")), NOON)
    read_again(row, NOON)
    store(1, reading(port(1, oper="down", alias="to r2")), NOON + FIVE)
    read_again(row, NOON + FIVE)
    state = selectors.port_states([1])[1, "ge0/0/1"]
    assert (state.alias, state.since, state.observations) == ("to r2", NOON, 2)


def test_observations_are_counted_since_the_state_began():
    row = target()
    for minute, oper in enumerate(["up", "down", "down", "down"]):
        store(1, reading(port(1, oper=oper)), NOON + minute * FIVE)
        read_again(row, NOON + minute * FIVE)
    state = selectors.port_states([1])[1, "ge0/0/1"]
    assert (state.oper, state.observations, state.since) == ("down", 3, NOON + FIVE)
    assert state.ever_up_at == NOON
    assert state.last_read_at == NOON + 3 * FIVE


def test_a_port_that_was_never_up_says_so():
    row = target()
    store(1, reading(port(1, oper="down")), NOON)
    read_again(row, NOON)
    assert selectors.port_states([1])[1, "ge0/0/1"].ever_up_at is None


def test_the_devices_own_word_for_the_last_change_is_kept():
    store(1, reading(port(1, last_change_s=400.0), system=system(uptime_s=1000.0)), NOON)
    assert selectors.port_states([1])[1, "ge0/0/1"].changed_at == NOON - dt.timedelta(seconds=600)


def test_states_between_full_readings_change_ports_and_end_none():
    store(1, reading(port(1, alias="to r2"), port(2)), NOON)
    light = Observation(
        device_id=1, at=NOON + FIVE, reading=DeviceReading(system=None, counters=(counters(1, 5),)), uptime_s=1300.0,
        parts=frozenset({"counters"}), states=(InterfaceState(1, "up", "down", 100),),
    )  # fmt: skip
    store_many([light])
    states = selectors.port_states([1])
    assert (states[1, "ge0/0/1"].oper, states[1, "ge0/0/1"].alias) == ("down", "to r2")
    assert states[1, "ge0/0/2"].oper == "up"
    assert PortSample.objects.get().uptime_s == 1300.0


def test_only_watched_ports_leave_counters():
    store(1, reading(port(1), port(2), counters=(counters(1), counters(2))), NOON, watched={"ge0/0/2"})
    assert PortSample.objects.get().port == "ge0/0/2"


def test_counters_of_the_upper_half_of_64_bits_are_kept():
    store(1, reading(port(1), counters=(counters(1, 2**64 - 1, 2**63),)), NOON)
    sample = PortSample.objects.get()
    assert (sample.in_octets, sample.out_octets) == (2**64 - 1, 2**63)


def test_storing_the_same_reading_twice_is_storing_it_once():
    said = reading(port(1), counters=(counters(1, 100),), neighbours=(neighbour("GE0/0/1", "r2"),))
    store(1, said, NOON)
    store(1, said, NOON)
    assert PortSample.objects.count() == SeenInterface.objects.count() == SeenNeighbour.objects.count() == 1


def test_two_ports_of_one_name_are_told_apart():
    store(1, reading(port(1, "eth0"), port(2, "eth0")), NOON)
    store(1, reading(port(1, "eth0"), port(2, "eth0")), NOON + FIVE)
    assert sorted(SeenInterface.objects.values_list("port", flat=True)) == ["eth0", "eth0#2"]


def test_nul_and_endless_texts_are_stored_all_the_same():
    store(1, reading(port(1, alias="a\x00b" + "x" * 900), system=system(description="d" * 9000)), NOON)
    assert SeenInterface.objects.get().alias.startswith("ab")


def test_a_changed_neighbour_is_another_interval():
    store(1, reading(port(1), neighbours=(neighbour("GE0/0/1", "r2"),)), NOON)
    store(1, reading(port(1), neighbours=(neighbour("GigabitEthernet0/0/1", "r3"),)), NOON + FIVE)
    (now,) = selectors.neighbours([1])[1]
    assert (now.remote_name, now.port, now.since) == ("r3", "ge0/0/1", NOON + FIVE)
    assert SeenNeighbour.objects.filter(ended_at=NOON + FIVE).count() == 1


def test_a_batch_reads_in_few_queries_and_writes_in_short_transactions():
    ports = [port(i) for i in range(1, 53)]
    batch = [Observation(device_id=d, at=NOON, reading=reading(*ports)) for d in range(1, 21)]
    with CaptureQueriesContext(connections[observed_alias()]) as queries:
        store_many(batch)
    selects = [q["sql"] for q in queries if q["sql"].startswith("SELECT")]
    transactions = [q["sql"] for q in queries if q["sql"].startswith("SAVEPOINT")]
    assert SeenInterface.objects.count() == 20 * 52
    assert len(selects) == 6
    rows = 20 * 53
    assert rows / 250 <= len(transactions) <= rows / 250 + 1


@pytest.mark.parametrize("devices", [2, 20])
def test_the_selectors_cost_the_same_for_any_number_of_devices(devices, django_assert_num_queries):
    for device_id in range(1, devices + 1):
        target(device_id, reads=1, last_ok_at=NOON)
    store_many([Observation(device_id=d, at=NOON, reading=reading(port(1), port(2))) for d in range(1, devices + 1)])
    ids = range(1, devices + 1)
    with django_assert_num_queries(2, using=observed_alias()):
        assert len(selectors.port_states(ids)) == 2 * devices
    with django_assert_num_queries(2, using=observed_alias()):
        assert len(selectors.device_states(ids)) == devices
    with django_assert_num_queries(1, using=observed_alias()):
        selectors.neighbours(ids)
