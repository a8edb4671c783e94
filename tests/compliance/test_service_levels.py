"""T06 and the deductions, guard by guard, without a database."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from compliance.rules import service_levels
from compliance.rules.deductions import DeductionStep, deduct
from compliance.rules.service_months import (
    DOWN,
    UNKNOWN,
    UP,
    Kind,
    PortFacts,
    ProbeFacts,
    Promise,
    ServiceFacts,
    Stretch,
    Sums,
    Window,
    measure,
)
from compliance.service_facts import month_named, month_of
from compliance.texts import SENTENCES

CITY = ZoneInfo("Asia/Shanghai")
START, END = dt.datetime(2026, 10, 1, tzinfo=CITY), dt.datetime(2026, 11, 1, tzinfo=CITY)
MONTH_S = 31 * 86_400
PROMISE = Promise(1, "C-1", Decimal("99.9"), Decimal(20), Decimal("0.1"), Decimal(4))
PARAMETERS = {p.name: p.default for p in service_levels.RULE.parameters}
GOOD = Sums(sent=10_000, received=10_000, rtt_sum_ms=50_000.0, p95_ms=8.0)
STEPS = (
    DeductionStep("availability", Decimal("99.9"), Decimal(5)),
    DeductionStep("availability", Decimal("99.5"), Decimal(20)),
    DeductionStep("restore", Decimal(4), Decimal(10)),
    DeductionStep("rtt", Decimal(20), Decimal(3)),
)


def on(day: float, hour: float = 0) -> dt.datetime:
    return START + dt.timedelta(days=day - 1, hours=hour)


def probe(name: str, *bad: tuple[dt.datetime, dt.datetime], state: str = DOWN, **values: Any) -> ProbeFacts:
    """Up all month but for these spans."""
    found, at = [], values.pop("since", START)
    for start, end in sorted(bad):
        found += [Stretch(UP, at, start), Stretch(state, start, end)]
        at = end
    found.append(Stretch(UP, at, values.pop("until", END)))
    return ProbeFacts(len(name), name, "icmp", "10.0.0.1", tuple(found), values.pop("sums", GOOD))


def line(*probes: ProbeFacts, **values: Any) -> ServiceFacts:
    facts = ServiceFacts(7, "410105-WW-0007", "active", START, END, END + dt.timedelta(days=3), PROMISE, probes)
    return replace(facts, **values)


def judged(facts: ServiceFacts, **parameters: int) -> tuple[str, str]:
    outcome = service_levels.judge(facts, PARAMETERS | parameters)
    assert outcome.code in SENTENCES
    return outcome.verdict.value, outcome.code


CUT = (on(5, 8), on(5, 10))  # two hours: 99.731 %
WINDOW = Window("works", "T-1", on(5, 7), on(5, 11))


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (line(probe("a"), probe("b")), ("PASS", "t06_kept")),
        (line(probe("a", CUT), probe("b", CUT)), ("WARN", "t06_availability")),
        (line(probe("a", CUT), probe("b")), ("PASS", "t06_kept")),
        (line(probe("a", CUT)), ("UNKNOWN", "t06_one_probe")),
        (line(probe("a")), ("PASS", "t06_kept")),
        (line(probe("a", CUT), probe("b", CUT, state=UNKNOWN)), ("UNKNOWN", "t06_one_probe")),
        (line(probe("a", CUT), probe("b", CUT), windows=(WINDOW,)), ("PASS", "t06_kept_maintenance")),
        (line(probe("a", CUT), probe("b", CUT), status="suspended"), ("NOT_APPLICABLE", "not_in_use")),
        (line(probe("a", CUT), probe("b", CUT), promise=None), ("NOT_APPLICABLE", "t06_no_promise")),
        (line(probe("a"), promise=Promise(1, "C-1")), ("NOT_APPLICABLE", "t06_no_promise")),
        (line(), ("UNKNOWN", "t06_no_probes")),
        (line(probe("a", since=on(5)), probe("b", since=on(5))), ("UNKNOWN", "t06_too_little")),
        (line(probe("a", since=on(4)), probe("b", since=on(4))), ("PASS", "t06_kept")),
        (line(probe("a", since=on(5)), probe("b", since=on(5)), start=on(5)), ("PASS", "t06_kept")),
        (line(probe("a"), probe("b"), at=on(1, 23)), ("UNKNOWN", "t06_month_young")),
        (line(probe("a"), probe("b"), at=on(2)), ("PASS", "t06_kept")),
    ],
)  # fmt: skip
def test_the_guards(facts: ServiceFacts, expected: tuple[str, str]) -> None:
    assert judged(facts) == expected


@pytest.mark.parametrize(("seconds", "verdict"), [(2678, "PASS"), (2679, "PASS"), (2691, "PASS"), (2692, "WARN")])
def test_availability_is_compared_as_it_is_written_down(seconds: int, verdict: str) -> None:
    """99.9 % of 31 days allows 2678.4 s; up to 2691 s are still written as 99.900."""
    cut = (on(5), on(5) + dt.timedelta(seconds=seconds))
    month = measure(line(probe("a", cut), probe("b", cut)))
    assert month.down_s == seconds
    assert (month.availability or 0) == (Decimal(MONTH_S - seconds) * 100 / MONTH_S).quantize(Decimal("0.001"))
    assert judged(line(probe("a", cut), probe("b", cut)))[0] == verdict


def test_an_open_month_warns_only_when_the_promise_can_no_longer_be_kept() -> None:
    short = (on(2), on(2) + dt.timedelta(minutes=20))
    long = (on(2), on(2) + dt.timedelta(minutes=50))
    assert judged(line(probe("a", short), probe("b", short), at=on(4)))[0] == "PASS"
    assert judged(line(probe("a", long), probe("b", long), at=on(4))) == ("WARN", "t06_availability")


def test_delay_and_loss_are_true_means_of_both_probes() -> None:
    slow, lossy = Sums(1000, 1000, 21_000.0, 30.0), Sums(10_000, 9_980, 49_900.0)
    assert judged(line(probe("a", sums=slow), probe("b", sums=slow))) == ("WARN", "t06_rtt")
    assert judged(line(probe("a", sums=slow), probe("b", sums=GOOD)))[0] == "PASS"
    assert judged(line(probe("a", sums=lossy), probe("b", sums=lossy))) == ("WARN", "t06_loss")
    month = measure(line(probe("a", sums=lossy), probe("b", sums=GOOD)))
    assert (month.loss, month.sent, month.received) == (Decimal("0.1"), 20_000, 19_980)


def test_only_the_time_outside_the_window_counts_and_the_window_cuts_the_outage() -> None:
    long = (on(5, 6), on(5, 12))
    month = measure(line(probe("a", long), probe("b", long), windows=(WINDOW,)))
    assert [(o.kind, o.duration_s) for o in month.outages] == [
        (Kind.DOWN, 3600), (Kind.MAINTENANCE, 4 * 3600), (Kind.DOWN, 3600),
    ]  # fmt: skip
    assert (month.down_s, month.maintenance_s, month.longest_h) == (7200, 4 * 3600, Decimal(1))
    assert month.outages[1].window == WINDOW


def test_an_outage_counts_from_when_both_probes_are_silent() -> None:
    month = measure(line(probe("a", (on(5, 8), on(5, 10))), probe("b", (on(5, 9), on(5, 11)))))
    assert [(o.start, o.end) for o in month.outages if o.counts] == [(on(5, 9), on(5, 10))]


def test_two_of_three_are_not_enough_while_the_third_answers() -> None:
    assert measure(line(probe("a", CUT), probe("b", CUT), probe("c"))).down_s == 0


def test_time_nobody_measured_is_neither_up_nor_down() -> None:
    away = (on(5), on(6))
    month = measure(line(probe("a", away, state=UNKNOWN), probe("b", away, state=UNKNOWN)))
    assert (month.unknown_s, month.down_s, month.availability) == (86_400, 0, Decimal(100))
    assert month.measured_share == Decimal("96.774")


def test_an_outage_over_the_month_s_end_is_judged_in_the_month_it_ends_in_at_its_full_length() -> None:
    cut = (on(31, 22), on(32, 3))
    october = line(*(probe(n, cut, until=on(60)) for n in "ab"), promise=Promise(1, "C", restore_h=Decimal(4)))
    november = replace(october, start=END, end=month_of(2026, 11).end, at=month_of(2026, 11).end)
    assert judged(october)[0] == "PASS"
    assert (measure(october).down_s, measure(november).down_s) == (2 * 3600, 3 * 3600)
    assert measure(november).longest_h == Decimal(5)
    assert service_levels.breaches(measure(november), october.promise, PARAMETERS) == {"restore": Decimal(5)}  # type: ignore[arg-type]


def test_the_evidence_says_what_the_ports_saw() -> None:
    ports = (PortFacts("r1 GE0", "A", (Stretch(DOWN, *CUT),)), PortFacts("r2 GE0", "Z"))
    outage = measure(line(probe("a", CUT), probe("b", CUT), ports=ports)).outages[0]
    assert outage.ports == (("A r1 GE0", DOWN), ("Z r2 GE0", UNKNOWN))


@pytest.mark.parametrize(
    ("name", "days"), [("2026-02", 28), ("2028-02", 29), ("2026-12", 31), ("2026-11", 30)]
)  # fmt: skip
def test_months_begin_and_end_at_local_midnight(name: str, days: int) -> None:
    month = month_named(name)
    assert month is not None
    assert (month.end - month.start, month.start.utcoffset()) == (dt.timedelta(days=days), dt.timedelta(hours=8))


@pytest.mark.parametrize("name", ["2026-13", "2026-00", "26-10", "2026/10", "x", "", "２026-10", "2026-1"])
def test_what_is_no_month_is_none(name: str) -> None:
    assert month_named(name) is None


def reckon(*cuts: tuple[dt.datetime, dt.datetime], fee: str = "1480.00", cap: int = 100, **values: Any) -> Any:
    month = measure(line(probe("a", *cuts), probe("b", *cuts), **values))
    return deduct(month, STEPS, cap=Decimal(cap), fee=Decimal(fee), parameters=PARAMETERS)


def test_of_steps_of_one_measure_the_largest_counts_and_measures_add_up() -> None:
    found = reckon((on(5), on(5, 5)))  # 99.328 % and 5 h
    assert [(p.measure, p.step.percent) for p in found.parts] == [("availability", 20), ("restore", 10)]
    assert (found.percent, found.amount) == (30, Decimal("444.00"))


def test_the_cap_holds() -> None:
    found = reckon((on(5), on(5, 5)), cap=25)
    assert (found.sum_percent, found.percent, found.amount) == (30, 25, Decimal("370.00"))


def test_half_a_fen_is_rounded_up() -> None:
    assert reckon(CUT, fee="0.10").amount == Decimal("0.01")  # 5 % of 0.10 is half a fen
    assert reckon(CUT, fee="1234.50").amount == Decimal("61.73")


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        (line(probe("a", CUT)), "one_probe"),
        (line(probe("a", since=on(9)), probe("b", since=on(9))), "too_little"),
        (line(probe("a"), probe("b")), "kept"),
        (line(probe("a", CUT), probe("b", CUT), windows=(WINDOW,)), "kept"),
        (line(probe("a", CUT), probe("b")), "kept"),
    ],
)
def test_nothing_is_deducted_without_proof(facts: ServiceFacts, reason: str) -> None:
    found = deduct(measure(facts), STEPS, cap=Decimal(100), fee=Decimal(1000), parameters=PARAMETERS)
    assert (found.amount, found.reason) == (0, reason)


def test_a_line_without_a_fee_has_a_percent_and_no_amount() -> None:
    month = measure(line(probe("a", CUT), probe("b", CUT)))
    found = deduct(month, STEPS, cap=Decimal(100), fee=None, parameters=PARAMETERS)
    assert (found.percent, found.amount, found.reason) == (5, 0, "no_fee")


def test_a_running_month_is_not_final() -> None:
    assert not reckon(CUT, at=on(9)).is_final
