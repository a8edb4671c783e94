"""Octets are neither lost nor counted twice on their way from counters to days."""

import datetime as dt

import pytest
from django.utils import timezone

from collectors import selectors
from collectors.models import PortRate5m, PortRateDay, PortRateHour, PortSample
from collectors.rates import percentile
from collectors.retention import clean_up
from collectors.rollups import roll_up
from collectors.selectors import Step

pytestmark = pytest.mark.django_db(databases="__all__")

MIDNIGHT = timezone.make_aware(dt.datetime(2026, 3, 2))
FIVE = dt.timedelta(minutes=5)
KEY = (1, "ge0/0/1")


def samples(octets, *, start=MIDNIGHT, step=FIVE, device_id=1, uptimes=None, **fields):
    return PortSample.objects.bulk_create(
        PortSample(
            device_id=device_id, port="ge0/0/1", if_index=1, at=start + i * step, in_octets=total, out_octets=0,
            uptime_s=uptimes[i] if uptimes else 1000.0 + i * step.total_seconds(), **fields,
        )
        for i, total in enumerate(octets)
    )  # fmt: skip


def test_a_steady_flow_is_the_same_rate_in_every_step():
    samples([i * 37_500_000 for i in range(25)])
    roll_up(MIDNIGHT + dt.timedelta(hours=3))
    assert set(PortRate5m.objects.values_list("in_avg", "in_max", "in_p95")) == {(1_000_000, 1_000_000, 1_000_000)}
    assert PortRate5m.objects.count() == 24
    assert list(PortRateHour.objects.order_by("start").values_list("in_avg", "samples")) == [(1_000_000, 12)] * 2
    assert PortRateDay.objects.get().samples == 24
    assert PortRateDay.objects.get().start == MIDNIGHT


def test_a_rate_is_shared_out_over_the_steps_it_overlaps():
    samples([0, 37_500_000, 37_500_000], start=MIDNIGHT + dt.timedelta(seconds=150))
    roll_up(MIDNIGHT + dt.timedelta(hours=1))
    first, second, third = PortRate5m.objects.order_by("start")
    assert (first.in_avg, second.in_avg, third.in_avg) == (1_000_000, 500_000, 0)
    assert (second.in_max, second.in_p95, second.samples) == (1_000_000, 1_000_000, 2)


def test_rolling_up_twice_changes_nothing():
    samples([i * i * 1_000_000 for i in range(25)])
    roll_up(MIDNIGHT + dt.timedelta(hours=3))
    once = [list(m.objects.order_by("pk").values_list()) for m in (PortRate5m, PortRateHour, PortRateDay)]
    roll_up(MIDNIGHT + dt.timedelta(hours=3))
    assert [list(m.objects.order_by("pk").values_list()) for m in (PortRate5m, PortRateHour, PortRateDay)] == once


def test_rolling_up_in_steps_gives_what_rolling_up_at_once_gives():
    octets = [i * i * 1_000_000 for i in range(49)]
    for i, total in enumerate(octets):
        samples([total], start=MIDNIGHT + i * FIVE, uptimes=[1000.0 + i * 300])
        roll_up(MIDNIGHT + i * FIVE)
    columns = ("start", "in_avg", "in_max", "in_p95", "samples")
    stepwise = [
        list(m.objects.order_by("start").values_list(*columns)) for m in (PortRate5m, PortRateHour, PortRateDay)
    ]
    for model in (PortRate5m, PortRateHour, PortRateDay):
        model.objects.all().delete()
    roll_up(MIDNIGHT + 48 * FIVE)
    at_once = [list(m.objects.order_by("start").values_list(*columns)) for m in (PortRate5m, PortRateHour, PortRateDay)]
    assert stepwise == at_once


def test_the_percentile_of_a_day_is_that_of_its_finest_rates():
    octets, total = [0], 0
    for i in range(288):
        total += (900 if i % 12 == 0 else 10) * 37_500
        octets.append(total)
    samples(octets)
    roll_up(MIDNIGHT + dt.timedelta(hours=24), since=MIDNIGHT)
    day = PortRateDay.objects.get(start=MIDNIGHT)
    fine = list(PortRate5m.objects.filter(start__lt=MIDNIGHT + dt.timedelta(days=1)).values_list("in_avg", flat=True))
    assert day.in_p95 == percentile(fine) == 900_000
    assert day.in_max == 900_000
    assert day.in_avg == round(sum(fine) / len(fine))


def test_a_restart_leaves_a_hole_and_no_spike():
    samples([10**12, 10**12 + 1000, 500, 1500], uptimes=[1000.0, 1300.0, 20.0, 320.0])
    roll_up(MIDNIGHT + dt.timedelta(hours=1))
    assert list(PortRate5m.objects.order_by("start").values_list("start", flat=True)) == [MIDNIGHT, MIDNIGHT + 2 * FIVE]
    assert max(PortRate5m.objects.values_list("in_max", flat=True)) < 100


def test_silence_is_zero_and_absence_is_nothing():
    samples([5, 5])
    samples([None, None], device_id=2)
    roll_up(MIDNIGHT + dt.timedelta(hours=1))
    found = selectors.rates([KEY, (2, "ge0/0/1")], MIDNIGHT, MIDNIGHT + FIVE)
    assert found[KEY][0].in_avg == 0
    assert found[2, "ge0/0/1"][0].in_avg is None


def test_raw_counters_are_deleted_after_two_days_in_batches():
    now = MIDNIGHT + dt.timedelta(days=3)
    samples(range(600), step=dt.timedelta(seconds=60))
    samples([1], start=now - dt.timedelta(hours=47), device_id=2)
    assert clean_up(now)["raw"] == 600
    assert PortSample.objects.get().device_id == 2


def test_p95_says_what_it_is_made_of():
    samples([i * 37_500_000 for i in range(25)])
    until = MIDNIGHT + dt.timedelta(hours=2)
    roll_up(until)
    found = selectors.p95([KEY], MIDNIGHT, until)[KEY]
    assert (found.in_bps, found.step, found.values, found.expected, found.coverage) == (
        1_000_000,
        Step.MINUTES_5,
        24,
        24,
        1,
    )
    assert found.worst_bps == 1_000_000


def test_a_port_without_rates_has_no_p95():
    assert selectors.p95([KEY], MIDNIGHT) == {}


def test_the_daily_series_has_a_value_a_day_and_gaps_where_nothing_was_read():
    today = dt.date(2026, 3, 5)
    for back, value in ((0, 30), (2, 10)):
        start = timezone.make_aware(dt.datetime.combine(today - dt.timedelta(days=back), dt.time()))
        PortRateDay.objects.create(
            device_id=1, port="ge0/0/1", start=start, in_avg=value, out_avg=0, in_p95=value, out_p95=0, samples=288
        )
    series = selectors.daily_series([KEY], 4, today)[KEY]
    assert series.days[-1] == today
    assert series.in_avg == (None, 10, None, 30)
    assert series.out_avg == (None, 0, None, 0)


def test_traffic_costs_one_query_for_any_number_of_ports(django_assert_num_queries):
    from collectors.databases import observed_alias

    for device_id in range(1, 9):
        samples([0, 10], device_id=device_id)
    roll_up(MIDNIGHT + dt.timedelta(hours=1))
    ports = [(d, "ge0/0/1") for d in range(1, 9)]
    with django_assert_num_queries(1, using=observed_alias()):
        assert len(selectors.rates(ports, MIDNIGHT, MIDNIGHT + dt.timedelta(hours=1))) == 8
    with django_assert_num_queries(1, using=observed_alias()):
        assert len(selectors.p95(ports, MIDNIGHT, MIDNIGHT + dt.timedelta(hours=1))) == 8
