"""Each guard has a row that differs from a neighbouring one in that guard's fact alone, and flips the verdict."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from compliance.rules import CODES, declared_speeds, end_proofs, line_states, rings, settled, unseen_lines
from compliance.rules.groups import RING, RingFacts, SegmentFacts, Subject
from compliance.rules.values import Device, EndFacts, LineFacts, Outcome, Sight
from compliance.sentences import RULE_TITLES

AT = dt.datetime(2026, 11, 23, 17, 2, tzinfo=dt.UTC)
EARLIER = AT - dt.timedelta(days=3)


def sight(is_expected: bool = True) -> Sight:
    return Sight("sw-core", "ge1/0/14", EARLIER, is_expected)


def end(**changes: Any) -> EndFacts:
    """A fresh gigabit port, up, seen twice, with LLDP."""
    facts = EndFacts(
        side="A", device="cpe-1", device_id=1, interface="GE0/0/1", device_state=Device.FRESH, last_read_at=AT,
        is_seen=True, admin="up", oper="up", speed_mbps=1000, value_since=EARLIER, first_seen_at=EARLIER,
        ever_up_at=AT, observations=2, speaks_lldp=True, sight=sight(), other_end_is_bound=True,
    )  # fmt: skip
    return replace(facts, **changes)


def line(*ends: EndFacts, **changes: Any) -> LineFacts:
    facts = LineFacts(
        circuit_id=7, line_no="410105-WW-0037", at=AT, status="active", role="access", declared_mbps=100,
        opened_on=dt.date(2026, 1, 1), ends=ends,
    )  # fmt: skip
    return replace(facts, **changes)


slow = {"speed_mbps": 10}
never_up = {"oper": "down", "ever_up_at": None, "speed_mbps": 0}
silent = {"device_state": Device.SILENT}
never_answered = {"device_state": Device.NEVER, "is_seen": False, "last_read_at": None, "ever_up_at": None}


@pytest.mark.parametrize(
    ("facts", "verdict", "code"),
    [
        (line(end(**slow)), "FINDING", "t01_port_slower"),
        (line(end(speed_mbps=100)), "PASS", "t01_port_carries"),
        (line(end()), "PASS", "t01_port_carries"),
        (line(end(**slow, observations=1)), "UNKNOWN", "t01_seen_once"),
        (line(end(**slow), status="suspended"), "NOT_APPLICABLE", "not_in_use"),
        (line(end(**slow), declared_mbps=None), "UNKNOWN", "t01_nothing_declared"),
        (line(), "UNKNOWN", "t01_not_bound"),
        (line(end(**slow, is_trunk=True)), "UNKNOWN", "t01_only_trunk"),
        (line(end(is_trunk=True), end(side="Z", **slow)), "FINDING", "t01_port_slower"),
        (line(end(is_trunk=True, **slow), end(side="Z")), "PASS", "t01_port_carries"),
        (line(end(**slow, is_sub_interface=True)), "UNKNOWN", "t01_shaped"),
        (line(end(is_sub_interface=True)), "UNKNOWN", "t01_shaped"),
        (line(end(**slow, is_shaped=True)), "UNKNOWN", "t01_shaped"),
        (line(end(is_sub_interface=True, policer_mbps=50)), "FINDING", "t01_policer_slower"),
        (line(end(is_sub_interface=True, policer_mbps=50, observations=1)), "UNKNOWN", "t01_seen_once"),
        (line(end(**slow, is_sub_interface=True, policer_mbps=100)), "PASS", "t01_policer_carries"),
        (line(end(**slow), is_rate_limited_upstream=True), "UNKNOWN", "t01_limited_upstream"),
        (line(end(), is_rate_limited_upstream=True, acceptance_mbps=60), "FINDING", "t01_acceptance_slower"),
        (line(end(), is_rate_limited_upstream=True, acceptance_mbps=100), "PASS", "t01_acceptance_carries"),
        (line(end(**slow, oper="down")), "UNKNOWN", "t01_port_down"),
        (line(end(speed_mbps=0)), "UNKNOWN", "t01_port_down"),
        (line(end(speed_mbps=None)), "UNKNOWN", "t01_port_down"),
        (line(end(**slow, oper="down"), role="standby"), "UNKNOWN", "t01_standby_down"),
        (line(end(**slow), role="standby"), "FINDING", "t01_port_slower"),
        (line(end(**slow, **silent)), "UNKNOWN", "device_silent"),
        (line(end(**slow, device_state=Device.STALE)), "UNKNOWN", "device_stale"),
        (line(end(**slow, device_state=Device.NOT_POLLED)), "UNKNOWN", "device_not_polled"),
        (line(end(**slow, is_seen=False)), "UNKNOWN", "port_not_seen"),
        (line(end(), end(side="Z", **silent)), "UNKNOWN", "device_silent"),
        (line(end(**slow), end(side="Z", **silent)), "FINDING", "t01_port_slower"),
        (line(end(), end(side="Z", **slow)), "FINDING", "t01_port_slower"),
    ],
)
def test_a_line_is_compared_with_its_ports_and_guarded(facts: LineFacts, verdict: str, code: str) -> None:
    said = declared_speeds.judge(facts, settled("T01", {}))
    assert (said.verdict, said.code) == (verdict, code)


def test_the_number_of_observations_is_a_parameter() -> None:
    facts = line(end(**slow, observations=2))
    assert declared_speeds.judge(facts, settled("T01", {"observations": 3})).verdict == "UNKNOWN"


def test_the_slowest_end_is_named_with_its_raw_value() -> None:
    said = declared_speeds.judge(line(end(speed_mbps=50), end(side="Z", if_index=5, **slow)), settled("T01", {}))
    assert said.values["side"] == "Z" and said.values["less"] == 90
    assert ("1.3.6.1.2.1.31.1.1.1.15.5", "10") in [(e.source, e.raw) for e in said.evidence]


@pytest.mark.parametrize(
    ("facts", "verdict", "code"),
    [
        (line(), "FINDING", "t05_not_bound"),
        (line(opened_on=dt.date(2026, 11, 10)), "INFO", "t05_within_grace"),
        (line(opened_on=dt.date(2026, 11, 8)), "INFO", "t05_within_grace"),
        (line(opened_on=dt.date(2026, 11, 7)), "FINDING", "t05_not_bound"),
        (line(status="planned"), "NOT_APPLICABLE", "not_in_use"),
        (line(status="decommissioned"), "NOT_APPLICABLE", "not_in_use"),
        (line(end()), "PASS", "t05_seen_up"),
        (line(end(**never_up)), "FINDING", "t05_never_up"),
        (line(end(**never_up), opened_on=dt.date(2026, 11, 20)), "INFO", "t05_within_grace"),
        (line(end(**never_up, observations=1)), "UNKNOWN", "t05_seen_once"),
        (line(end(**never_up), role="standby"), "UNKNOWN", "t05_standby_down"),
        (line(role="standby"), "FINDING", "t05_not_bound"),
        (line(end(oper="down", ever_up_at=EARLIER)), "PASS", "t05_was_up"),
        (line(end(oper="down", ever_up_at=AT - dt.timedelta(days=400))), "FINDING", "t05_never_up"),
        (line(end(**never_answered)), "UNKNOWN", "device_never"),
        (line(end(**never_up, **silent)), "UNKNOWN", "device_silent"),
        (line(end(**silent, oper="down", ever_up_at=EARLIER)), "PASS", "t05_was_up"),
        (line(end(**never_up, device_state=Device.STALE)), "UNKNOWN", "device_stale"),
        (line(end(is_trunk=True)), "UNKNOWN", "t05_only_trunk"),
        (line(end(**never_up), end(side="Z", **never_answered)), "FINDING", "t05_never_up"),
        (line(end(**never_up), end(side="Z")), "PASS", "t05_seen_up"),
        (line(end(ever_up_at=None, is_seen=False)), "UNKNOWN", "port_not_seen"),
    ],
)
def test_a_recorded_line_must_have_been_seen(facts: LineFacts, verdict: str, code: str) -> None:
    said = unseen_lines.judge(facts, settled("T05", {}))
    assert (said.verdict, said.code) == (verdict, code)


def test_the_days_of_grace_are_a_parameter() -> None:
    facts = line(opened_on=dt.date(2026, 11, 10))
    assert unseen_lines.judge(facts, settled("T05", {"grace_days": 10})).verdict == "FINDING"


Z = {"side": "Z", "device": "sw-core", "device_id": 2, "interface": "GE1/0/14"}
deaf = {"sight": None, "speaks_lldp": False}


@pytest.mark.parametrize(
    ("facts", "verdict", "code", "proof"),
    [
        (line(end(), end(**Z)), "PASS", "p01_both", "both"),
        (line(end(), end(**Z, sight=None)), "INFO", "p01_one", "one"),
        (line(end(), end(**Z, **deaf)), "INFO", "p01_one", "one"),
        (line(end(**deaf), end(**Z, **deaf)), "UNKNOWN", "p01_no_lldp", "none"),
        (line(end(sight=None), end(**Z, sight=None)), "UNKNOWN", "p01_hears_nobody", "none"),
        (line(end(), end(**Z, sight=sight(False))), "WARN", "p01_sees_another", "one"),
        (line(end(sight=sight(False))), "WARN", "p01_sees_another", "none"),
        (line(end(sight=sight(False), is_trunk=True)), "UNKNOWN", "p01_other_end_not_bound", "none"),
        (line(end(sight=sight(False), other_end_is_bound=False)), "UNKNOWN", "p01_other_end_not_bound", "none"),
        (line(end(sight=sight(False), **silent)), "UNKNOWN", "device_silent", "none"),
        (line(end(), end(**Z, **silent)), "INFO", "p01_one", "one"),
        (line(end(), end(interface="GE0/0/2")), "INFO", "p01_one", "one"),
        (line(), "UNKNOWN", "p01_not_bound", "none"),
        (line(end(), status="planned"), "NOT_APPLICABLE", "not_in_use", "one"),
    ],
)
def test_ends_are_proved_by_what_each_hears(facts: LineFacts, verdict: str, code: str, proof: str) -> None:
    said = end_proofs.judge(facts, {})
    assert (said.verdict, said.code, end_proofs.proof_of(facts)) == (verdict, code, proof)


def test_a_contradiction_says_what_the_end_really_sees() -> None:
    said = end_proofs.judge(line(end(sight=Sight("other-sw", "ge9", EARLIER, False))), {})
    assert (said.values["seen_device"], said.values["seen_port"]) == ("other-sw", "ge9")
    assert said.evidence[0].raw == "other-sw ge9"


down = {"oper": "down"}
unheard = {"sight": None}
up_both = (end(), end(**Z))
one_down = (end(**down, **unheard), end(**Z, **down, **unheard))
untold = (end(**down, **silent), end(**Z, **down, **silent))


def ring(*segments: tuple[EndFacts, ...] | LineFacts) -> RingFacts:
    lines = [s if isinstance(s, LineFacts) else line(*s, role="ring") for s in segments]
    parts = [SegmentFacts(n, f"{n} – {n + 1}", replace(facts, circuit_id=n)) for n, facts in enumerate(lines, 1)]
    return RingFacts(Subject(RING, 1), "city ring", AT, None, None, tuple(parts))


def judged(facts: RingFacts) -> tuple[Outcome, dict[int, Outcome]]:
    whole, parts = rings.judge(facts, settled("T08", {}))
    return whole, dict(parts)


@pytest.mark.parametrize(
    ("facts", "verdict", "code"),
    [
        (ring(up_both, up_both, up_both), "PASS", "t08_closed"),
        (ring(up_both, one_down, up_both), "WARN", "t08_protected"),
        (ring(one_down, one_down, up_both), "FINDING", "t08_split"),
        (ring(one_down, one_down, untold), "FINDING", "t08_split"),
        (ring(one_down, untold, up_both), "WARN", "t08_protected"),
        (ring(untold, untold, up_both), "UNKNOWN", "t08_unknown"),
        (ring(up_both, line(*up_both, status="suspended"), up_both), "UNKNOWN", "t08_unknown"),
        (ring(), "UNKNOWN", "t08_no_segments"),
    ],
)
def test_a_ring_is_closed_protected_or_split(facts: RingFacts, verdict: str, code: str) -> None:
    whole, _parts = judged(facts)
    assert (whole.verdict, whole.code) == (verdict, code)


@pytest.mark.parametrize(
    ("ends", "verdict", "code"),
    [
        (up_both, "PASS", "t08_segment_up"),
        ((end(**unheard), end(**Z, **unheard)), "PASS", "t08_segment_up"),
        (one_down, "WARN", "t08_segment_down"),
        ((end(**down), end(**Z)), "WARN", "t08_segment_down"),
        ((end(admin="down", **down), end(**Z)), "WARN", "t08_segment_down"),
        ((end(**down, observations=1), end(**Z, **silent)), "UNKNOWN", "t08_seen_once"),
        ((end(**down, **silent), end(**Z)), "PASS", "t08_segment_up"),
        ((end(**silent), end(**Z, **unheard)), "UNKNOWN", "device_silent"),
        ((end(**unheard),), "UNKNOWN", "t08_one_end"),
        ((end(),), "PASS", "t08_segment_up"),
        (untold, "UNKNOWN", "device_silent"),
        ((end(sight=sight(False)), end(**Z)), "UNKNOWN", "t08_sees_another"),
        ((end(oper="unknown"), end(**Z, oper="unknown")), "UNKNOWN", "t08_state_untold"),
        ((end(is_trunk=True),), "UNKNOWN", "t08_not_bound"),
        ((), "UNKNOWN", "t08_not_bound"),
    ],
)
def test_a_segment_is_down_only_when_an_answering_end_says_so(
    ends: tuple[EndFacts, ...], verdict: str, code: str
) -> None:
    _whole, parts = judged(ring(ends, up_both, up_both))
    assert (parts[1].verdict, parts[1].code) == (verdict, code)


def test_lines_of_a_split_ring_weigh_as_much_as_the_split_and_the_others_pass() -> None:
    _whole, parts = judged(ring(one_down, one_down, up_both))
    assert [parts[n].verdict for n in (1, 2, 3)] == ["FINDING", "FINDING", "PASS"]


@pytest.mark.parametrize(
    ("facts", "verdict", "code"),
    [
        (line(end(**down), end(**Z, **down)), "FINDING", "p02_down"),
        (line(end(**down), end(**Z)), "PASS", "p02_up"),
        (line(end(), end(**Z)), "PASS", "p02_up"),
        (line(end(**down)), "FINDING", "p02_down"),
        (line(end(admin="down", oper="")), "FINDING", "p02_down"),
        (line(end(**down, observations=1), end(**Z, **down)), "UNKNOWN", "p02_seen_once"),
        (line(end(**down), end(**Z, **down, **silent)), "FINDING", "p02_down"),
        (line(end(**down, **silent), end(**Z, **down, **silent)), "UNKNOWN", "device_silent"),
        (line(end(oper="unknown")), "UNKNOWN", "p02_state_untold"),
        (line(end(**down, is_trunk=True)), "UNKNOWN", "p02_only_trunk"),
        (line(end(**down), role="standby"), "INFO", "p02_standby_down"),
        (line(end(**down), is_ring_segment=True), "NOT_APPLICABLE", "p02_ring_segment"),
        (line(end(**never_up)), "NOT_APPLICABLE", "p02_never_up"),
        (line(end(**down), opened_on=AT.date() + dt.timedelta(days=1)), "NOT_APPLICABLE", "p02_never_up"),
        (line(end(**down), status="planned"), "NOT_APPLICABLE", "not_in_use"),
        (line(), "UNKNOWN", "p02_not_bound"),
    ],
)
def test_a_line_is_down_when_every_answering_end_says_so_twice(facts: LineFacts, verdict: str, code: str) -> None:
    said = line_states.judge(facts, settled("P02", {}))
    assert (said.verdict, said.code) == (verdict, code)


def test_every_rule_has_a_title_and_its_sentences_are_known() -> None:
    assert CODES == ("P01", "P02", "T01", "T02", "T03", "T04", "T05", "T06", "T07", "T08", "T09", "T10", "T11", "T13")
    assert set(CODES) <= set(RULE_TITLES)
