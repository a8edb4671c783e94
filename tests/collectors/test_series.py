"""The same histories from either store: in SQL tables, and in a real VictoriaMetrics."""

from __future__ import annotations

import datetime as dt
import logging
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from collectors import selectors
from collectors.models import PortRate5m, PortSample
from collectors.rates import percentile
from collectors.rollups import roll_up
from collectors.selectors import SeriesUnavailable, Step, series_store_state
from collectors.series import series_store
from collectors.series.victoriametrics import VictoriaMetricsStore
from kernel.web_addresses import WebAddress
from netops.settings.environment import Environment
from tests.servers import VICTORIAMETRICS_MISSING, free_port, temporary_victoriametrics

pytestmark = pytest.mark.django_db(databases="__all__")

MIDNIGHT = timezone.make_aware(dt.datetime(2026, 3, 2))
FIVE, HOUR, DAY = dt.timedelta(minutes=5), dt.timedelta(hours=1), dt.timedelta(days=1)
KEY = (1, "ge0/0/1")


@dataclass
class Stores:
    """The store that is set, and how to make what was written readable at once."""

    flush: Callable[[], None]


@pytest.fixture(params=["sql", "victoriametrics"])
def stores(request: pytest.FixtureRequest, settings: Any) -> Iterator[Stores]:
    if request.param == "sql":
        yield Stores(lambda: None)
        return
    with temporary_victoriametrics() as url:
        if url is None:
            pytest.skip(VICTORIAMETRICS_MISSING)
        settings.VICTORIAMETRICS = WebAddress(url)
        yield Stores(lambda: ask(f"{url}/internal/force_flush"))


@pytest.fixture
def victoriametrics(settings: Any) -> Iterator[str]:
    with temporary_victoriametrics() as url:
        if url is None:
            pytest.skip(VICTORIAMETRICS_MISSING)
        settings.VICTORIAMETRICS = WebAddress(url)
        yield url


def ask(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read().decode()


def counted(octets: list[int | None], *, start: dt.datetime = MIDNIGHT, device_id: int = 1) -> None:
    PortSample.objects.bulk_create(
        PortSample(
            device_id=device_id, port="ge0/0/1", if_index=1, at=start + i * FIVE, in_octets=total, out_octets=0,
            uptime_s=1000.0 + i * 300,
        )
        for i, total in enumerate(octets)
    )  # fmt: skip


def row(
    start: dt.datetime, rate: int | None, *, device_id: int = 1, port: str = "ge0/0/1", sample: bool = False
) -> Any:
    return (device_id, port, start, rate, 7, rate, 7, rate, 7, 12, sample)


def points(step: Step, since: dt.datetime = MIDNIGHT, until: dt.datetime = MIDNIGHT + 3 * DAY) -> list[Any]:
    return list(selectors.rates([KEY], since, until, step).get(KEY, ()))


def test_rates_come_back_as_they_were_rolled_up(stores: Stores) -> None:
    counted([i * 37_500_000 for i in range(25)])
    written = roll_up(MIDNIGHT + 3 * HOUR, since=MIDNIGHT)
    stores.flush()
    assert written == {"5m": 24, "hour": 2, "day": 1}
    fine = points(Step.MINUTES_5)
    assert [p.start for p in fine] == [MIDNIGHT + i * FIVE for i in range(24)]
    assert {(p.in_avg, p.in_max, p.in_p95, p.out_avg, p.samples, p.is_sample) for p in fine} == {
        (1_000_000, 1_000_000, 1_000_000, 0, 1, False)
    }
    assert [(p.start, p.in_avg, p.samples) for p in points(Step.HOUR)] == [
        (MIDNIGHT, 1_000_000, 12), (MIDNIGHT + HOUR, 1_000_000, 12),
    ]  # fmt: skip
    assert [(p.start, p.in_avg, p.samples) for p in points(Step.DAY)] == [(MIDNIGHT, 1_000_000, 24)]


def test_rolling_up_as_time_goes_by_gives_what_rolling_up_at_once_gives(stores: Stores) -> None:
    octets = [i * i * 1_000_000 for i in range(37)]
    for i, total in enumerate(octets):
        counted([total], start=MIDNIGHT + i * FIVE)
        PortSample.objects.filter(at=MIDNIGHT + i * FIVE).update(uptime_s=1000.0 + i * 300)
        roll_up(MIDNIGHT + i * FIVE)
        stores.flush()
    stepwise = [points(step) for step in Step]
    expected = [round((octets[i + 1] - octets[i]) * 8 / 300) for i in range(36)]
    assert [p.in_avg for p in stepwise[0]] == expected
    assert [(p.in_avg, p.in_p95, p.samples) for p in stepwise[1]] == [
        (round(sum(hour) / 12), percentile(hour), 12) for hour in (expected[:12], expected[12:24], expected[24:])
    ]
    assert [(p.in_avg, p.in_p95, p.samples) for p in stepwise[2]] == [
        (round(sum(expected) / 36), percentile(expected), 36)
    ]


def test_the_same_rows_twice_are_there_once(stores: Stores) -> None:
    rows = [row(MIDNIGHT + i * FIVE, 1000 + i) for i in range(12)]
    for _ in range(3):
        assert series_store().write(Step.MINUTES_5, rows, MIDNIGHT + 2 * HOUR) == 12
    stores.flush()
    assert [p.in_avg for p in points(Step.MINUTES_5)] == [1000 + i for i in range(12)]
    assert selectors.p95([KEY], MIDNIGHT, MIDNIGHT + HOUR)[KEY].values == 12


@pytest.mark.parametrize(("first", "then"), [(10, 99), (99, 10)])
def test_what_is_known_later_replaces_what_was_known_before(stores: Stores, first: int, then: int) -> None:
    for minutes, rate in ((7, first), (12, then)):
        for step in Step:
            series_store().write(step, [row(MIDNIGHT, rate)], MIDNIGHT + dt.timedelta(minutes=minutes))
    stores.flush()
    assert [[p.in_avg for p in points(step)] for step in Step] == [[then], [then], [then]]


def test_what_was_read_is_preferred_to_what_was_made_up(stores: Stores) -> None:
    series_store().write(Step.HOUR, [row(MIDNIGHT, 5)], MIDNIGHT + HOUR)
    made_up = [row(MIDNIGHT, 9, sample=True), row(MIDNIGHT + HOUR, 9, sample=True)]
    series_store().write(Step.HOUR, made_up, MIDNIGHT + 2 * HOUR, keeps_existing=True)
    stores.flush()
    assert [(p.in_avg, p.is_sample) for p in points(Step.HOUR)] == [(5, False), (9, True)]


@pytest.mark.parametrize("step", list(Step))
def test_a_gap_stays_a_gap(stores: Stores, step: Step) -> None:
    starts = step.starts(MIDNIGHT, MIDNIGHT + 8 * step.length)
    kept = [start for at, start in enumerate(starts) if at not in (2, 3, 6)]
    series_store().write(step, [row(start, 40) for start in kept], MIDNIGHT + 8 * step.length)
    stores.flush()
    assert [p.start for p in points(step, until=MIDNIGHT + 8 * step.length)] == kept


def test_a_direction_without_a_counter_is_empty_and_silence_is_zero(stores: Stores) -> None:
    series_store().write(Step.HOUR, [row(MIDNIGHT, None), row(MIDNIGHT + HOUR, 0)], MIDNIGHT + 2 * HOUR)
    stores.flush()
    assert [(p.in_avg, p.out_avg) for p in points(Step.HOUR)] == [(None, 7), (0, 7)]


def test_the_window_is_half_open_and_only_the_ports_asked_for_come(stores: Stores) -> None:
    names = ["ge0/0/1", 'odd "name" \\ (1+2).*', "网口 1"]
    rows = [
        row(MIDNIGHT + i * HOUR, 1, device_id=device, port=port)
        for device in (1, 2) for port in names for i in range(4)
    ]  # fmt: skip
    series_store().write(Step.HOUR, rows, MIDNIGHT + 4 * HOUR)
    stores.flush()
    wanted = [(1, names[1]), (2, names[2])]
    found = selectors.rates(wanted, MIDNIGHT + HOUR, MIDNIGHT + 3 * HOUR, Step.HOUR)
    assert set(found) == set(wanted)
    assert {tuple(p.start for p in of) for of in found.values()} == {(MIDNIGHT + HOUR, MIDNIGHT + 2 * HOUR)}


def test_big_figures_keep_every_digit(stores: Stores) -> None:
    rates = [399_999_999_999, 1, 123_456_789_012, 100_000_000_001]
    series_store().write(Step.HOUR, [row(MIDNIGHT + i * HOUR, r) for i, r in enumerate(rates)], MIDNIGHT + 4 * HOUR)
    stores.flush()
    assert [p.in_max for p in points(Step.HOUR)] == rates


def test_the_percentile_is_the_true_one_of_the_finest_rates(stores: Stores) -> None:
    rates = [900_000 if i % 12 == 0 else 10_000 + i for i in range(288)]
    rows = [row(MIDNIGHT + i * FIVE, rate) for i, rate in enumerate(rates)]
    series_store().write(Step.MINUTES_5, rows, MIDNIGHT + DAY)
    stores.flush()
    found = selectors.p95([KEY, (2, "x")], MIDNIGHT, MIDNIGHT + DAY)
    assert set(found) == {KEY}
    assert (found[KEY].in_bps, found[KEY].values, found[KEY].coverage) == (percentile(rates), 288, 1)
    assert found[KEY].step is Step.MINUTES_5


def test_a_week_of_many_ports_is_judged_by_coarser_steps(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(selectors.p95.__globals__, "_MOST_ROWS", 100)
    rows = [row(MIDNIGHT + i * DAY, 100 + i) for i in range(7)]
    series_store().write(Step.DAY, rows, MIDNIGHT + 7 * DAY)
    stores.flush()
    found = selectors.p95([KEY], MIDNIGHT, MIDNIGHT + 7 * DAY)[KEY]
    assert (found.in_bps, found.step, found.values) == (103, Step.DAY, 7)


def test_daily_rates_are_light_rows_of_known_days(stores: Stores) -> None:
    series_store().write(Step.DAY, [row(MIDNIGHT, 11), row(MIDNIGHT + 2 * DAY, 13)], MIDNIGHT + 3 * DAY)
    stores.flush()
    day = dt.date(2026, 3, 2)
    assert selectors.daily_rates([KEY, (9, "none")], day, day + 3 * DAY) == {
        KEY: [(day, 11, 7, 11, 7, 12), (day + 2 * DAY, 13, 7, 13, 7, 12)]
    }
    series = selectors.daily_series([KEY], 4, day + 2 * DAY)[KEY]
    assert (series.in_p95, series.out_avg) == ((None, 11, None, 13), (None, 7, None, 7))


def test_days_are_told_apart_where_clocks_change(stores: Stores, settings: Any) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    with timezone.override("Europe/Berlin"):
        first = timezone.make_aware(dt.datetime(2026, 3, 27))
        last = timezone.make_aware(dt.datetime(2026, 4, 1))
        starts = Step.DAY.starts(first, last)
        hours = [(b.timestamp() - a.timestamp()) / 3600 for a, b in zip(starts, starts[1:], strict=False)]
        assert hours == [24, 24, 23, 24]
        series_store().write(Step.DAY, [row(start, at) for at, start in enumerate(starts)], last)
        stores.flush()
        assert [(p.start, p.in_avg) for p in points(Step.DAY, first, last)] == [(s, n) for n, s in enumerate(starts)]


def test_after_a_break_the_days_are_caught_up_too(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    counted([i * 37_500_000 for i in range(12 * 30 + 1)])
    roll_up(MIDNIGHT + HOUR, with_days=False)
    stores.flush()
    monkeypatch.setattr(VictoriaMetricsStore, "settle", lambda store: stores.flush())
    roll_up(MIDNIGHT + 30 * HOUR, with_days=False)
    stores.flush()
    assert [(p.samples, p.in_avg) for p in points(Step.DAY)] == [(288, 1_000_000), (72, 1_000_000)]
    assert [p.samples for p in points(Step.HOUR)] == [12] * 30


def test_the_state_says_up_to_when_rates_were_brought(stores: Stores) -> None:
    counted([0, 1, 2])
    now = MIDNIGHT + 10 * dt.timedelta(minutes=1)
    assert series_store_state(now).rolled_up_to is None
    roll_up(now)
    stores.flush()
    state = series_store_state(now)
    assert (state.is_reachable, state.reason) == (True, "")
    assert state.rolled_up_to is not None
    assert now - FIVE <= state.rolled_up_to <= now


def test_the_cost_is_one_query_for_any_number_of_ports(settings: Any, django_assert_num_queries: Any) -> None:
    from collectors.databases import observed_alias

    series_store().write(Step.DAY, [row(MIDNIGHT, 1, device_id=d) for d in range(1, 1001)], MIDNIGHT + DAY)
    for ports in (2, 1000):
        with django_assert_num_queries(1, using=observed_alias()):
            keys = [(d, "ge0/0/1") for d in range(1, ports + 1)]
            assert len(selectors.daily_rates(keys, MIDNIGHT.date(), MIDNIGHT.date() + DAY)) == ports


def test_many_devices_are_asked_for_in_parts(victoriametrics: str) -> None:
    rows = [row(MIDNIGHT, device, device_id=device) for device in range(1, 1001)]
    series_store().write(Step.DAY, rows, MIDNIGHT + DAY)
    ask(f"{victoriametrics}/internal/force_flush")
    keys = [(device, "ge0/0/1") for device in range(1, 1001)]
    found = selectors.daily_rates(keys, MIDNIGHT.date(), MIDNIGHT.date() + DAY)
    assert {key: of[0][3] for key, of in found.items()} == {key: key[0] for key in keys}


def test_nothing_of_the_rates_is_left_in_sql(victoriametrics: str) -> None:
    counted([0, 37_500_000, 75_000_000])
    roll_up(MIDNIGHT + HOUR)
    assert (PortRate5m.objects.count(), PortSample.objects.count()) == (0, 3)


def test_the_series_bear_the_documented_names(victoriametrics: str) -> None:
    counted([0, 37_500_000])
    roll_up(MIDNIGHT + HOUR)
    ask(f"{victoriametrics}/internal/force_flush")
    lines = ask(f'{victoriametrics}/api/v1/export?match[]={{step="5m"}}').splitlines()
    assert len(lines) == 7
    assert any(
        '"__name__":"netops_port_bits_per_second"' in line and '"direction":"in","port":"ge0/0/1","stat":"p95"' in line
        for line in lines
    )


# A store that doesn't answer -------------------------------------------------------------------------------------


@pytest.fixture
def nobody(settings: Any) -> str:
    port = free_port()
    settings.VICTORIAMETRICS = WebAddress(f"http://127.0.0.1:{port}", "reader", "s3cret-word")
    return f"http://127.0.0.1:{port}"


def test_a_silent_store_stops_no_roll_up_and_is_said_without_the_password(
    nobody: str, caplog: pytest.LogCaptureFixture
) -> None:
    counted([0, 37_500_000])
    with caplog.at_level(logging.DEBUG):
        assert roll_up(MIDNIGHT + HOUR) == {"5m": 0, "hour": 0, "day": 0}
    assert "the next run catches up" in caplog.text
    assert nobody in caplog.text
    assert "s3cret-word" not in caplog.text
    assert PortSample.objects.count() == 2
    state = series_store_state()
    assert (state.store, state.address, state.is_reachable) == ("victoriametrics", nobody, False)
    assert "doesn't answer" in state.reason
    assert "s3cret-word" not in repr(state)
    with pytest.raises(SeriesUnavailable):
        selectors.rates([KEY], MIDNIGHT, MIDNIGHT + HOUR)


def test_what_was_missed_meanwhile_is_caught_up(settings: Any, nobody: str) -> None:
    counted([i * 37_500_000 for i in range(25)])
    roll_up(MIDNIGHT + 2 * HOUR)
    with temporary_victoriametrics() as url:
        if url is None:
            pytest.skip(VICTORIAMETRICS_MISSING)
        settings.VICTORIAMETRICS = WebAddress(url)
        roll_up(MIDNIGHT + 2 * HOUR, since=MIDNIGHT)
        ask(f"{url}/internal/force_flush")
        assert [p.samples for p in points(Step.HOUR)] == [12, 12]


def test_a_wrong_password_is_told_and_a_right_one_works(settings: Any) -> None:
    with temporary_victoriametrics("-httpAuth.username=netops", "-httpAuth.password=right") as url:
        if url is None:
            pytest.skip(VICTORIAMETRICS_MISSING)
        settings.VICTORIAMETRICS = WebAddress(url, "netops", "wrong-one")
        state = series_store_state()
        assert not state.is_reachable
        assert "401" in state.reason
        assert "wrong-one" not in state.reason
        settings.VICTORIAMETRICS = WebAddress(url, "netops", "right")
        assert series_store_state().is_reachable


# Its address ------------------------------------------------------------------------------------------------------


def test_the_address_is_taken_apart_and_never_shows_the_account() -> None:
    given = Environment({"A": "https://net%40ops:p%3Aw@[::1]:8428/vm/"}).web_address("A")
    assert given == WebAddress("https://[::1]:8428/vm", "net@ops", "p:w")
    assert "p:w" not in repr(given)
    assert "net@ops" not in repr(given)
    assert Environment({}).web_address("A") is None


@pytest.mark.parametrize("wrong", ["ftp://host", "host:8428", "http://", "http://h:99999", "http://u:pw@h/?q=1"])
def test_a_wrong_address_is_refused_by_name_without_repeating_it(wrong: str) -> None:
    with pytest.raises(ImproperlyConfigured) as refused:
        Environment({"NETOPS_VICTORIAMETRICS_URL": wrong}).web_address("NETOPS_VICTORIAMETRICS_URL")
    assert str(refused.value).startswith("NETOPS_VICTORIAMETRICS_URL must look like")
    assert "pw" not in str(refused.value).replace("password", "")
