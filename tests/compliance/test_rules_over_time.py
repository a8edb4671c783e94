"""Rules over traffic, time and groups: each guard has a row that differs from its neighbour in that guard alone."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from compliance.rules import (
    addresses,
    congested_lines,
    contracts,
    egress_pairs,
    forbidden_prefixes,
    idle_lines,
    settled,
    unrecorded_lines,
)
from compliance.rules.groups import (
    CONTRACT,
    DEVICE,
    EGRESS_PAIR,
    PORT,
    ContractFacts,
    DeviceFacts,
    ExitFacts,
    PairFacts,
    PortFacts,
    Subject,
    TouchedAddress,
)
from compliance.rules.values import AddressFacts, EndFacts, Holder, LineFacts, UseDay, UseFacts
from tests.compliance.test_rules import AT, EARLIER, end, line, never_up, silent

TODAY = AT.date()
K, M = 1_000, 1_000_000
LONG_AGO = AT - dt.timedelta(days=60)
down = {"oper": "down", "speed_mbps": 0, "value_since": LONG_AGO, "ever_up_at": AT - dt.timedelta(days=61)}


def days(count: int, bps: int, *, last: int = 1, out: int = 0) -> tuple[UseDay, ...]:
    """`count` days up to `last` days ago, oldest first."""
    return tuple(UseDay(TODAY - dt.timedelta(days=back), bps, out) for back in range(count + last - 1, last - 1, -1))


def working(count: int = 20) -> tuple[dt.date, ...]:
    return tuple(TODAY - dt.timedelta(days=back) for back in range(count, 0, -1))


def used(*of_day: UseDay, share: float = 1.0, **changes: Any) -> UseFacts:
    facts = UseFacts({"cpe-1 GE0/0/1": tuple(of_day)}, share, working_days=working())
    return replace(facts, **changes)


idle = days(30, 4 * K, out=2 * K)


@pytest.mark.parametrize(
    ("facts", "verdict", "code"),
    [
        (line(end(), use=used(*idle)), "FINDING", "t02_idle"),
        (line(end(), use=used(*idle, share=0.95)), "FINDING", "t02_idle"),
        (line(end(), use=used(*idle, share=0.94)), "UNKNOWN", "t02_collector_away"),
        (line(end(), use=used(*idle), role="standby"), "NOT_APPLICABLE", "t02_standby"),
        (line(end(), use=used(*idle), is_ring_segment=True), "NOT_APPLICABLE", "t02_ring_segment"),
        (line(end(), use=used(*idle), status="suspended"), "NOT_APPLICABLE", "not_in_use"),
        (line(end(), use=used(*idle), opened_on=TODAY - dt.timedelta(days=29)), "INFO", "t02_new"),
        (line(end(), use=used(*idle), opened_on=TODAY - dt.timedelta(days=30)), "FINDING", "t02_idle"),
        (line(end(), use=used(*idle, quiet_days=frozenset({TODAY - dt.timedelta(days=9)}))), "INFO", "t02_season"),
        (line(end(), use=used(*idle, quiet_days=frozenset({TODAY - dt.timedelta(days=40)}))), "FINDING", "t02_idle"),
        (line(end(), use=used(*days(30, 5 * K, out=5 * K))), "PASS", "t02_carries"),
        (line(end(), use=used(*days(30, 5 * K, out=5 * K - 1))), "FINDING", "t02_idle"),
        (line(end(), use=used(*days(29, 1 * K, last=2), *days(1, 9 * M))), "PASS", "t02_carries"),
        # What was carried before the window doesn't count, nor does what is carried today.
        (line(end(), use=used(*days(10, 9 * M, last=31), *idle)), "FINDING", "t02_idle"),
        (line(end(), use=used(*idle, UseDay(TODAY, 9 * M, 0))), "FINDING", "t02_idle"),
        (line(end(), use=used(*days(28, 1 * K))), "UNKNOWN", "t02_too_little_data"),
        (line(end(), use=used(*days(29, 1 * K))), "FINDING", "t02_idle"),
        (line(end(), use=used()), "UNKNOWN", "t02_too_little_data"),
        (line(end(**down), use=used()), "FINDING", "t02_down"),
        (line(end(**{**down, "value_since": EARLIER}), use=used()), "UNKNOWN", "t02_too_little_data"),
        (line(end(**down), end(side="Z"), use=used()), "UNKNOWN", "t02_too_little_data"),
        (line(end(**down, **silent), use=used()), "UNKNOWN", "device_silent"),
        (line(end(**never_up, value_since=LONG_AGO), use=used()), "NOT_APPLICABLE", "t02_never_up"),
        (line(end(**never_up), use=used(*idle)), "NOT_APPLICABLE", "t02_never_up"),
        (line(end(**down), use=used(share=0.5)), "UNKNOWN", "t02_collector_away"),
        (line(end(is_trunk=True)), "UNKNOWN", "t02_only_trunk"),
        (line(), "UNKNOWN", "t02_not_bound"),
    ],
)
def test_no_traffic_is_told_from_no_data(facts: LineFacts, verdict: str, code: str) -> None:
    said = idle_lines.judge(facts, settled("T02", {}))
    assert (said.verdict, said.code) == (verdict, code)


def test_either_end_that_carries_is_enough() -> None:
    use = UseFacts({"cpe-1 GE0/0/1": idle, "sw-1 GE0/0/2": days(30, 9 * M)}, 1.0)
    assert idle_lines.judge(line(end(), use=use), settled("T02", {})).code == "t02_carries"


def test_the_floor_and_the_days_are_parameters() -> None:
    facts = line(end(), use=used(*days(30, 50 * K)))
    assert idle_lines.judge(facts, settled("T02", {"floor_kbps": 51})).code == "t02_idle"
    assert idle_lines.judge(facts, settled("T02", {"floor_kbps": 50})).code == "t02_carries"
    week = line(end(), use=used(*days(7, 1 * K)))
    assert idle_lines.judge(week, settled("T02", {"days": 7})).code == "t02_idle"


full, room = 81 * M, 20 * M


def week(full_days: int, bps: int = full, told: int = 20) -> tuple[UseDay, ...]:
    return (*days(told - full_days, room, last=full_days + 1), *days(full_days, bps))


@pytest.mark.parametrize(
    ("facts", "verdict", "code"),
    [
        (line(end(), use=used(*week(5))), "WARN", "t03_congested"),
        (line(end(), use=used(*week(4))), "PASS", "t03_has_room"),
        (line(end(), use=used(*week(5, 80 * M))), "PASS", "t03_has_room"),
        (line(end(), use=used(*week(5)), approved_mbps=200), "PASS", "t03_has_room"),
        (line(end(), use=used(*week(5)), declared_mbps=None), "UNKNOWN", "t03_no_bandwidth"),
        (line(end(), use=used(*week(5)), status="suspended"), "NOT_APPLICABLE", "not_in_use"),
        # More than the contract gives: the carrier doesn't limit, so nobody is held up.
        (line(end(), use=used(*week(5, 111 * M))), "INFO", "t03_carrier_gives_more"),
        (line(end(), use=used(*week(5, 110 * M))), "WARN", "t03_congested"),
        # Weekends don't count, and days nobody measured might have been full.
        (line(end(), use=used(*week(5), working_days=working()[:-3])), "PASS", "t03_has_room"),
        (line(end(), use=used(*week(1, told=16))), "UNKNOWN", "t03_too_little_data"),
        (line(end(), use=used(*week(0, told=16))), "PASS", "t03_has_room"),
        (line(end(), use=used(*week(0, told=15))), "UNKNOWN", "t03_too_little_data"),
        (line(end(), use=used()), "UNKNOWN", "t03_too_little_data"),
        (line(end(is_trunk=True)), "UNKNOWN", "t03_only_trunk"),
        (line(), "UNKNOWN", "t03_not_bound"),
    ],
)
def test_a_line_is_congested_on_working_days(facts: LineFacts, verdict: str, code: str) -> None:
    said = congested_lines.judge(facts, settled("T03", {}))
    assert (said.verdict, said.code) == (verdict, code)


def test_the_sending_direction_counts_too() -> None:
    facts = line(end(), use=used(*days(15, room, last=6), *days(5, room, out=full)))
    assert congested_lines.judge(facts, settled("T03", {})).code == "t03_congested"


def port(**changes: Any) -> PortFacts:
    """An unbound port, up for three days, that hears a user's device at another site."""
    facts = PortFacts(
        Subject(PORT, 1, "ge0/0/7"), "sw-1 ge0/0/7", AT, None, None, device="sw-1", port="ge0/0/7", oper="up",
        is_readable=True, neighbour="cpe-9", neighbour_port="GE0/0/1", neighbour_is_elsewhere=True,
        up_since=EARLIER, last_read_at=AT, observations=2,
    )  # fmt: skip
    return replace(facts, **changes)


mute = {"neighbour": "", "neighbour_port": "", "neighbour_is_elsewhere": False}


@pytest.mark.parametrize(
    ("facts", "verdict", "code"),
    [
        (port(), "FINDING", "t04_hears_user"),
        (port(neighbour_is_elsewhere=False, neighbour_is_unknown=True), "FINDING", "t04_hears_user"),
        (port(neighbour_is_elsewhere=False), "PASS", "t04_no_line"),
        (port(**mute, alias="联通专线", alias_points="联通"), "FINDING", "t04_named_line"),
        (port(**mute), "PASS", "t04_no_line"),
        (port(is_recorded=True), "PASS", "t04_recorded"),
        (port(oper="down"), "PASS", "t04_down"),
        (port(is_readable=False), "UNKNOWN", "t04_not_read"),
        (port(neighbour_is_bound=True), "INFO", "t04_patching"),
        (port(observations=1), "UNKNOWN", "t04_seen_once"),
        (port(up_since=AT - dt.timedelta(hours=47)), "INFO", "t04_within_grace"),
        (port(up_since=AT - dt.timedelta(hours=48)), "FINDING", "t04_hears_user"),
        (port(work_in_progress="410105-WW-0099"), "INFO", "t04_work_in_progress"),
    ],
)
def test_a_port_that_looks_like_a_line_is_guarded(facts: PortFacts, verdict: str, code: str) -> None:
    said, lines = unrecorded_lines.judge(facts, settled("T04", {}))
    assert (said.verdict, said.code, dict(lines)) == (verdict, code, {})


def an_exit(name: str, *ends: EndFacts, **changes: Any) -> ExitFacts:
    facts = ExitFacts(
        name, line(*(ends or (end(device=f"rt-{name}"),)), circuit_id=ord(name)), f"carrier {name}", f"rt-{name}",
        f"room {name}",
    )  # fmt: skip
    return replace(facts, **changes)


def pair(*exits: ExitFacts) -> PairFacts:
    return PairFacts(Subject(EGRESS_PAIR, 1), "Internet", AT, None, None, exits)


A, B = an_exit("a"), an_exit("b")


def broken(name: str, **changes: Any) -> ExitFacts:
    return an_exit(name, end(device=f"rt-{name}", oper="down", **changes))


@pytest.mark.parametrize(
    ("facts", "verdict", "code"),
    [
        (pair(A, B), "PASS", "t07_diverse"),
        (pair(A, replace(B, carrier="carrier a")), "FINDING", "t07_not_diverse"),
        (pair(A, replace(B, router="rt-a")), "FINDING", "t07_not_diverse"),
        (pair(A, replace(B, room="room a")), "FINDING", "t07_not_diverse"),
        (pair(replace(A, room=""), replace(B, room="")), "PASS", "t07_diverse"),
        (pair(A, an_exit("b", end(device="rt-a"))), "FINDING", "t07_not_diverse"),
        (pair(A, broken("b")), "WARN", "t07_one_down"),
        (pair(broken("a"), broken("b")), "FINDING", "t07_all_down"),
        (pair(A, broken("b", observations=1)), "UNKNOWN", "t07_unknown"),
        (pair(A, an_exit("b", end(device="rt-b", **silent))), "UNKNOWN", "t07_unknown"),
        (pair(A, replace(broken("b"), carrier="carrier a")), "FINDING", "t07_not_diverse"),
        (pair(A), "WARN", "t07_alone"),
    ],
)
def test_two_exits_must_be_up_and_fail_apart(facts: PairFacts, verdict: str, code: str) -> None:
    said, lines = egress_pairs.judge(facts, settled("T07", {}))
    assert (said.verdict, said.code, dict(lines)) == (verdict, code, {})


def test_what_two_exits_share_is_named() -> None:
    said, _lines = egress_pairs.judge(pair(A, replace(B, carrier="carrier a", room="room a")), settled("T07", {}))
    assert said.values["shared"] == ["carrier", "room"] and said.values["what"] == "carrier a, room a"


def contract(days_left: int, lines: tuple[int, ...] = (7, 8), **changes: Any) -> ContractFacts:
    facts = ContractFacts(
        Subject(CONTRACT, 3), "SL-1", AT, None, None, dt.date(2024, 1, 1), TODAY + dt.timedelta(days=days_left), lines,
        "1600.00",
    )  # fmt: skip
    return replace(facts, **changes)


@pytest.mark.parametrize(
    ("facts", "verdict", "code"),
    [
        (contract(91), "PASS", "t09_valid"),
        (contract(90), "INFO", "t09_ends"),
        (contract(31), "INFO", "t09_ends"),
        (contract(30), "WARN", "t09_ends_soon"),
        (contract(0), "WARN", "t09_ends_soon"),
        (contract(-1), "FINDING", "t09_expired"),
        (contract(-1, ()), "PASS", "t09_no_lines"),
        (contract(400, start_on=TODAY + dt.timedelta(days=1)), "FINDING", "t09_not_begun"),
    ],
)
def test_a_contract_speaks_for_its_lines(facts: ContractFacts, verdict: str, code: str) -> None:
    said, lines = contracts.judge(facts, settled("T09", {}))
    assert (said.verdict, said.code) == (verdict, code)
    assert set(lines) == set(facts.lines) and all(one is said for one in lines.values())


def test_a_line_in_use_needs_a_contract_unless_it_is_the_citys_own() -> None:
    parameters = settled("T09", {})
    bare = contracts.judge_line(line(end()), parameters)
    assert bare is not None and (bare.verdict, bare.code) == ("FINDING", "t09_no_contract")
    assert contracts.judge_line(line(end(), has_contract=True), parameters) is None
    own = contracts.judge_line(line(end(), is_own_line=True), parameters)
    assert own is not None and own.verdict == "NOT_APPLICABLE"
    planned = contracts.judge_line(line(end(), status="planned"), parameters)
    assert planned is not None and planned.code == "not_in_use"


def shown(**changes: Any) -> AddressFacts:
    facts = AddressFacts("10.1.2.3/24", "cpe-1", "ge0/0/1", EARLIER, Holder.OWN, "10.1.2.0/24", "public", 2)
    return replace(facts, **changes)


@pytest.mark.parametrize(
    ("facts", "verdict", "code"),
    [
        (line(addresses=(shown(),), has_plan=True), "PASS", "t10_in_plan"),
        (line(addresses=(shown(holder=Holder.NETWORK),), has_plan=True), "PASS", "t10_in_plan"),
        (line(addresses=(shown(), shown(holder=Holder.NOBODY)), has_plan=True), "FINDING", "t10_outside"),
        (line(addresses=(shown(holder=Holder.OTHER),), has_plan=True), "FINDING", "t10_others_block"),
        (line(addresses=(shown(holder=Holder.NOBODY, observations=1),), has_plan=True), "UNKNOWN", "t10_seen_once"),
        (line(addresses=(shown(holder=Holder.NOBODY),)), "UNKNOWN", "t10_no_plan"),
        (
            line(addresses=(shown(holder=Holder.NOBODY),), has_plan=True, status="planned"),
            "NOT_APPLICABLE",
            "not_in_use",
        ),
        (line(host_addresses=(shown(holder=Holder.NOBODY),), has_plan=True), "FINDING", "t10_outside"),
    ],
)
def test_an_address_lies_in_its_plan(facts: LineFacts, verdict: str, code: str) -> None:
    said = addresses.judge_plan(facts, settled("T10", {}))
    assert said is not None and (said.verdict, said.code) == (verdict, code)


def test_where_no_address_is_seen_the_plan_has_nothing_to_say() -> None:
    assert addresses.judge_plan(line(end(), has_plan=True), settled("T10", {})) is None
    assert addresses.judge_zones(line(addresses=(shown(zone=""),)), settled("T11", {})) is None


private = shown(zone="private_vpn")
internet = shown(zone="internet", address="203.0.113.9/29")


@pytest.mark.parametrize(
    ("facts", "verdict", "code"),
    [
        (line(addresses=(private, internet)), "FINDING", "t11_port"),
        (line(addresses=(private, replace(internet, observations=1))), "UNKNOWN", "t11_seen_once"),
        (line(addresses=(private, replace(internet, zone="public"))), "PASS", "t11_apart"),
        # Two sub-interfaces of the network's own router: each port has its zone.
        (line(addresses=(private, replace(internet, port="ge0/0/2"))), "PASS", "t11_apart"),
        (line(host_addresses=(private, replace(internet, port="ge0/0/2"))), "FINDING", "t11_host"),
        (line(host_addresses=(private, replace(internet, device="cpe-2"))), "PASS", "t11_apart"),
        (line(addresses=(private, internet), status="planned"), "NOT_APPLICABLE", "not_in_use"),
    ],
)
def test_two_zones_never_meet(facts: LineFacts, verdict: str, code: str) -> None:
    said = addresses.judge_zones(facts, settled("T11", {}))
    assert said is not None and (said.verdict, said.code) == (verdict, code)


@pytest.mark.parametrize(
    ("touched", "verdict", "code"),
    [
        ((TouchedAddress("198.51.100.7", "recorded", "198.51.100.0/24"),), "FINDING", "t13_recorded"),
        ((TouchedAddress("198.51.100.7/24", "seen", "198.51.100.0/24", "ge0/0/1"),), "FINDING", "t13_seen"),
        ((), "PASS", "t13_clear"),
    ],
)
def test_a_forbidden_prefix_is_not_touched(touched: tuple[TouchedAddress, ...], verdict: str, code: str) -> None:
    facts = DeviceFacts(Subject(DEVICE, 1), "sw-1", AT, None, None, touched)
    said, _lines = forbidden_prefixes.judge(facts, {})
    assert (said.verdict, said.code) == (verdict, code)
