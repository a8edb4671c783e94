import pytest

from collectors.simulator.traffic import DAY_S, PEAK_S, SETTLING_S, Wave, wave

START = 1_790_000_000.0


def test_a_day_carries_the_daily_mean() -> None:
    swing = wave("L1", started_at=START)

    assert swing.load_s(START + 30 * DAY_S) - swing.load_s(START + 29 * DAY_S) == pytest.approx(DAY_S, rel=1e-6)


def test_the_afternoon_carries_several_times_the_night() -> None:
    swing = Wave(0.0, PEAK_S)
    afternoon = swing.load_s(PEAK_S + 1800) - swing.load_s(PEAK_S - 1800)
    night = swing.load_s(PEAK_S + DAY_S / 2 + 1800) - swing.load_s(PEAK_S + DAY_S / 2 - 1800)

    assert 2 < afternoon / night < 5


def test_the_load_grows_by_the_level_of_the_moment() -> None:
    swing = wave("L1", started_at=START)

    for hour in range(0, 24, 3):
        now = START + 5 * DAY_S + hour * 3600
        assert swing.load_s(now + 10) - swing.load_s(now) == pytest.approx(10 * swing.level(now + 5), rel=1e-4)
        assert swing.level(now) > 0.2


def test_nothing_was_carried_before_the_start() -> None:
    assert wave("L1", started_at=START).load_s(START - 5) == 0


def test_an_outage_is_taken_out_and_nothing_else() -> None:
    whole = Wave(START, PEAK_S)
    broken = Wave(START, PEAK_S, ((START + 1000, START + 4000),))
    lost = whole.load_s(START + 4000 + SETTLING_S) - whole.load_s(START + 1000 + SETTLING_S)

    assert broken.load_s(START + 900) == pytest.approx(whole.load_s(START + 900))
    assert broken.load_s(START + 2000) == broken.load_s(START + 3999)
    assert broken.load_s(START + 9000) == pytest.approx(whole.load_s(START + 9000) - lost)


def test_the_load_never_falls_whatever_breaks() -> None:
    before = Wave(START, PEAK_S, ((START + 100, START + 200),))
    while_down = Wave(START, PEAK_S, ((START + 100, START + 200), (START + 300, None)))
    after = Wave(START, PEAK_S, ((START + 100, START + 200), (START + 300, START + 300.3)))
    seen = [before.load_s(START + tenth / 10) for tenth in range(3005)]
    seen += [while_down.load_s(START + 300.5), while_down.load_s(START + 301)]
    seen += [after.load_s(START + 301 + tenth / 10) for tenth in range(100)]

    assert seen == sorted(seen)
    assert seen[-1] > seen[0]
