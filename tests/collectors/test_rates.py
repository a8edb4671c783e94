"""Two counter rows make a rate only when nothing but traffic lies between them."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.rates import UPTIME_WRAP_S, CounterRow, NoRate, Rate, percentile, rate

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)


def row(at_s, octets, *, uptime_s=10_000.0, width=64, discontinuity_s=0.0, speed_mbps=1000, if_index=1, out=0):
    return CounterRow(
        NOON + dt.timedelta(seconds=at_s), uptime_s + at_s, octets, out, width, discontinuity_s, speed_mbps, if_index
    )


def test_octets_become_bits_per_second():
    result = rate(row(0, 0), row(300, 37_500_000))
    assert isinstance(result, Rate)
    assert result.in_bps == 1_000_000
    assert result.out_bps == 0


def test_uptime_that_goes_back_is_a_restart():
    after = row(300, 5, uptime_s=-280.0)
    assert rate(row(0, 0), after) is NoRate.RESTART


def test_uptime_that_fell_behind_is_a_restart_too():
    before, after = row(0, 0, uptime_s=100.0), row(1000, 5_000, uptime_s=-500.0)
    assert after.uptime_s > before.uptime_s
    assert rate(before, after) is NoRate.RESTART


def test_uptime_that_wraps_after_497_days_is_no_restart():
    before = row(0, 0, uptime_s=UPTIME_WRAP_S - 100)
    after = row(300, 37_500_000, uptime_s=-100.0)
    assert isinstance(rate(before, after), Rate)


def test_a_slow_clock_is_no_restart():
    before, after = row(0, 0), row(300, 1000, uptime_s=9_995.0)
    assert isinstance(rate(before, after), Rate)


def test_a_32_bit_counter_wraps_at_a_plausible_speed():
    result = rate(row(0, 2**32 - 1000, width=32), row(300, 1000, width=32))
    assert result.in_bps == pytest.approx(2000 * 8 / 300)


def test_a_32_bit_wrap_faster_than_the_port_is_no_rate():
    result = rate(row(0, 2_000_000_000, width=32, speed_mbps=10), row(300, 1_900_000_000, width=32, speed_mbps=10))
    assert result.in_bps is None
    assert result.out_bps == 0


def test_a_64_bit_counter_never_wraps():
    assert rate(row(0, 2**64 - 10), row(300, 10)).in_bps is None


def test_a_discontinuity_is_no_rate():
    assert rate(row(0, 10), row(300, 20, discontinuity_s=9_900.0)) is NoRate.DISCONTINUITY


def test_an_agent_that_never_tells_discontinuities_has_rates():
    assert isinstance(rate(row(0, 10, discontinuity_s=None), row(300, 20, discontinuity_s=None)), Rate)


def test_a_long_gap_is_no_rate():
    assert rate(row(0, 0), row(1801, 1000)) is NoRate.GAP


def test_rows_out_of_order_are_no_rate():
    assert rate(row(300, 10), row(300, 20)) is NoRate.NOT_LATER


def test_a_renumbered_port_is_no_rate():
    assert rate(row(0, 10), row(300, 20, if_index=2)) is NoRate.RENUMBERED


def test_a_counter_that_became_wide_is_no_rate():
    assert rate(row(0, 10, width=32), row(300, 20)) is NoRate.WIDTH_CHANGED


def test_a_missing_counter_leaves_the_other_direction():
    result = rate(row(0, None), row(300, None, out=300))
    assert result.in_bps is None
    assert result.out_bps == 8


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1), st.sampled_from([32, 64]))
def test_a_rate_is_never_negative(before, after, width):
    result = rate(row(0, before % 2**width, width=width), row(300, after % 2**width, width=width))
    assert result.in_bps is None or result.in_bps >= 0


def test_the_percentile_is_a_value_that_95_of_100_do_not_exceed():
    assert percentile(list(range(1, 101))) == 95
    assert percentile([7]) == 7
    assert percentile([]) is None


@given(st.lists(st.integers(0, 10**12), min_size=1))
def test_the_percentile_covers_its_share_and_no_smaller_value_does(values):
    found = percentile(values)
    assert sum(v <= found for v in values) >= 0.95 * len(values) - 1e-9
    assert sum(v < found for v in values) < 0.95 * len(values)
