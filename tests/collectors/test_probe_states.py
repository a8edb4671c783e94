"""When a line is down, and when nobody can know."""

from __future__ import annotations

import datetime as dt

from collectors.probe_states import Others, Progress, Witnesses, next_step, others_of
from collectors.transports.probes.values import Fault, Round

NOON = dt.datetime(2026, 3, 2, 4, tzinfo=dt.UTC)
GOOD, LOST = Round(5, (1.0, 1.2, 1.1, 1.3, 1.0)), Round(5)


def at(seconds: int) -> dt.datetime:
    return NOON + dt.timedelta(seconds=seconds)


def fine(seconds: int) -> Others:
    return Others(at(seconds), at(seconds))


def run(*rounds: tuple[int, Round, Others | None]) -> tuple[Progress, list[tuple[str, int, str]], int]:
    known, turns, sent = Progress(), [], 0
    for second, asked, others in rounds:
        step = next_step(known, asked, at(second), 60, others or fine(second))
        known = step.progress
        turns += [(turn.state, int((turn.at - NOON).total_seconds()), turn.cause) for turn in step.turns]
        sent += step.sent
    return known, turns, sent


def test_an_outage_begins_with_the_first_lost_round_and_needs_a_second() -> None:
    _known, turns, _sent = run((0, GOOD, None), (60, LOST, None))
    assert turns == [("up", 0, "")]
    _known, turns, _sent = run(
        (0, GOOD, None), (60, LOST, None), (120, LOST, None), (180, LOST, None), (240, GOOD, None)
    )
    assert turns == [("up", 0, ""), ("down", 60, ""), ("up", 240, "")]


def test_packets_of_one_lost_round_are_loss_and_those_of_an_outage_are_not() -> None:
    assert run((0, GOOD, None), (60, LOST, None), (120, GOOD, None))[2] == 15
    assert run((0, GOOD, None), (60, LOST, None), (120, LOST, None), (180, GOOD, None))[2] == 10


def test_time_without_rounds_is_unknown_and_never_down() -> None:
    _known, turns, _sent = run((0, GOOD, None), (60, GOOD, None), (1000, LOST, None), (1060, LOST, None))
    assert turns == [("up", 0, ""), ("unknown", 60, "not_asked"), ("down", 1000, "")]


def test_a_lost_round_before_a_gap_does_not_count_after_it() -> None:
    _known, turns, _sent = run((0, GOOD, None), (60, LOST, None), (1000, LOST, None))
    assert turns == [("up", 0, ""), ("unknown", 60, "not_asked")]


def test_three_intervals_without_a_round_are_not_yet_a_gap() -> None:
    assert run((0, GOOD, None), (180, GOOD, None))[1] == [("up", 0, "")]
    assert run((0, GOOD, None), (181, GOOD, None))[1] == [("up", 0, ""), ("unknown", 0, "not_asked"), ("up", 181, "")]


def test_when_all_other_lines_are_silent_too_the_collector_is_cut_off() -> None:
    silent = Others(at(110), at(0))
    _known, turns, _sent = run((0, GOOD, None), (60, LOST, silent), (120, LOST, silent), (180, GOOD, None))
    assert turns == [("up", 0, ""), ("unknown", 60, "cut_off"), ("up", 180, "")]


def test_an_outage_that_lasts_turns_unknown_when_the_collector_is_cut_off() -> None:
    _known, turns, _sent = run(
        (0, GOOD, None), (60, LOST, None), (120, LOST, None), (180, LOST, Others(at(170), at(100)))
    )  # fmt: skip
    assert turns == [("up", 0, ""), ("down", 60, ""), ("unknown", 120, "cut_off")]


def test_nothing_is_said_while_no_other_line_was_asked_since() -> None:
    waiting = Others(at(30), at(30))
    _known, turns, _sent = run((0, GOOD, None), (60, LOST, waiting), (120, LOST, waiting), (180, LOST, fine(170)))
    assert turns == [("up", 0, ""), ("down", 60, "")]


def test_the_only_line_of_a_network_is_believed() -> None:
    alone = Others(None, None, is_alone=True)
    assert run((0, GOOD, alone), (60, LOST, alone), (120, LOST, alone))[1] == [("up", 0, ""), ("down", 60, "")]


def test_a_fault_of_the_collector_makes_the_line_unknown() -> None:
    known, turns, sent = run((0, GOOD, None), (60, Round(0, fault=Fault("icmp_not_permitted")), None))
    assert (turns[-1], sent, known.state) == (("unknown", 60, "icmp_not_permitted"), 5, "unknown")


def test_a_line_is_no_witness_for_itself() -> None:
    witnesses = Witnesses()
    witnesses.add(1, at(100), at(100))
    witnesses.add(1, at(90), None)
    witnesses.add(2, at(50), at(40))
    others = others_of(1, witnesses, witnesses.view())
    assert (others.asked_at, others.ok_at, others.is_alone) == (at(50), at(40), False)
    assert others_of(2, witnesses, witnesses.view()).ok_at == at(100)
