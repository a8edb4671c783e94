from __future__ import annotations

import datetime as dt
from contextlib import ExitStack
from typing import Any

import pytest
from django.db import connections, transaction
from django.test.utils import CaptureQueriesContext

from collectors.databases import observed_alias
from compliance import batches, leases
from compliance import judge as judging
from compliance.errors import AlreadyJudging, UnknownRule
from compliance.models import (
    Exemption,
    Finding,
    JudgeLease,
    JudgeRun,
    LineVerdict,
    RingVerdict,
    Rule,
    RuleResult,
    VerdictChange,
)
from compliance.services import load_policy
from tests.bench import city
from tests.compliance.world import NOW, World, change_rule, result, saved, verdict

pytestmark = pytest.mark.django_db(
    databases=["default", observed_alias()] if observed_alias() != "default" else ["default"]
)


def slow_line(world: World) -> tuple[Any, Any, Any]:
    line, near, far = world.bound_line()
    world.see(near, 10)
    world.see(far)
    world.join(near, far)
    return line, near, far


def read_again(world: World, near: Any, far: Any, speed: int = 10) -> None:
    world.later()
    world.see(near, speed)
    world.see(far)


def test_a_slow_port_seen_once_is_unknown_and_seen_twice_a_finding(world: World) -> None:
    line, near, far = slow_line(world)
    world.judge()
    assert (verdict(line).verdict, verdict(line).headline["code"]) == ("UNKNOWN", "t01_seen_once")
    assert not Finding.objects.exists()
    read_again(world, near, far)
    report = world.judge()
    assert (verdict(line).verdict, verdict(line).rule_code) == ("FINDING", "T01")
    assert verdict(line).observed_mbps == 10 and verdict(line).proof == "both"
    finding = Finding.objects.get()
    assert finding.number == "WT-2026-0001" == report.opened[0]
    assert (finding.tenant, finding.region, finding.severity, finding.observations) == (
        world.tenant, world.region, "major", 2,
    )  # fmt: skip
    raw = finding.evidence[0]
    assert (raw["raw"], raw["source"], len(raw["digest"])) == ("10", "1.3.6.1.2.1.31.1.1.1.15.1", 64)


def test_a_finding_closes_on_two_good_observations_and_not_on_one(world: World) -> None:
    line, near, far = slow_line(world)
    read_again(world, near, far)
    world.judge()
    read_again(world, near, far, speed=100)
    world.judge()
    assert verdict(line).verdict == "PASS"
    assert Finding.objects.get().state == "open"
    read_again(world, near, far, speed=100)
    report = world.judge()
    finding = Finding.objects.get()
    assert (report.closed, finding.state, finding.closed_at) == (1, "closed", world.now)
    assert finding.closed_by_evidence["explanation"]["code"] == "t01_port_carries"
    assert "100" in [e["raw"] for e in finding.closed_by_evidence["evidence"]]


def test_silence_neither_closes_a_finding_nor_passes_a_line(world: World) -> None:
    line, near, far = slow_line(world)
    read_again(world, near, far)
    world.judge()
    world.silence(near.device)
    world.judge()
    assert (verdict(line).verdict, verdict(line).headline["code"]) == ("UNKNOWN", "device_silent")
    assert Finding.objects.get().state == "open"


@pytest.mark.parametrize(("days", "is_linked"), [(80, True), (100, False)])
def test_a_breach_within_90_days_refers_back(world: World, days: int, is_linked: bool) -> None:
    _line, near, far = slow_line(world)
    read_again(world, near, far)
    world.judge()
    for _ in range(2):
        read_again(world, near, far, speed=100)
    world.judge()
    world.later(days=days)
    for _ in range(2):
        read_again(world, near, far)
    world.judge()
    first, second = Finding.objects.order_by("pk")
    assert (first.state, second.state) == ("closed", "open")
    assert second.recurrence_of == (first if is_linked else None)


def test_judging_again_writes_nothing(world: World) -> None:
    _line, near, far = slow_line(world)
    read_again(world, near, far)
    world.judge()
    before = list(RuleResult.objects.order_by("pk").values()), list(LineVerdict.objects.values())
    world.later(minutes=1)
    report = world.judge()
    assert (report.changes, report.opened) == (0, ())
    assert before == (list(RuleResult.objects.order_by("pk").values()), list(LineVerdict.objects.values()))
    assert Finding.objects.count() == 1 and JudgeRun.objects.count() == 2


def test_history_has_a_row_for_each_change_and_only_then(world: World) -> None:
    line, near, far = slow_line(world)
    world.judge()
    assert not VerdictChange.objects.exists()
    read_again(world, near, far)
    world.judge()
    read_again(world, near, far)
    world.judge()
    changes = VerdictChange.objects.order_by("pk").values_list("circuit", "rule_code", "before", "after")
    assert set(changes) == {(line.pk, "T01", "UNKNOWN", "FINDING"), (line.pk, "", "UNKNOWN", "FINDING")}


def test_since_is_kept_while_the_verdict_stands(world: World) -> None:
    line, near, far = slow_line(world)
    read_again(world, near, far)
    world.judge()
    began = world.now
    read_again(world, near, far, speed=50)
    read_again(world, near, far, speed=50)
    world.judge()
    assert result(line, "T01").inputs["ends"][0]["speed_mbps"] == 50
    assert (result(line, "T01").since, verdict(line).since) == (began, began)


def test_a_line_without_a_binding_is_a_finding_of_the_ledger(world: World) -> None:
    line = world.line()
    world.judge()
    assert (verdict(line).verdict, verdict(line).rule_code) == ("FINDING", "T05")


def test_a_line_not_in_use_is_not_judged(world: World) -> None:
    line = world.line(status="planned")
    world.judge()
    assert verdict(line).verdict == "NOT_APPLICABLE"
    assert not Finding.objects.exists()


def test_a_finding_waits_while_the_line_is_suspended_and_closes_when_it_is_removed(world: World) -> None:
    line = world.line()
    world.judge()
    for status, state in (("suspended", "suspended"), ("active", "open"), ("decommissioned", "closed")):
        line.status = status
        saved(line)
        world.judge()
        assert Finding.objects.get().state == state


def exemption(line: Any, code: str, **values: Any) -> Exemption:
    defaults = {
        "rule": Rule.objects.get(code=code), "circuit": line, "ground": "other", "approved_by": "lead group",
        "document_no": "2026-7", "valid_from": dt.date(2026, 1, 1), "expires_on": dt.date(2026, 12, 31),
    }  # fmt: skip
    return saved(Exemption(**{**defaults, **values}))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, "EXEMPT"),
        ({"revoked": True}, "FINDING"),
        ({"expires_on": dt.date(2026, 11, 22)}, "FINDING"),
        ({"expires_on": dt.date(2026, 11, 23)}, "EXEMPT"),
        ({"valid_from": dt.date(2026, 11, 24)}, "FINDING"),
    ],
)
def test_an_exemption_in_force_shows_as_exempt(world: World, values: dict[str, Any], expected: str) -> None:
    line = world.line()
    exemption(line, "T05", **values)
    world.judge("T05")
    assert verdict(line).verdict == expected
    assert Finding.objects.exists() is (expected == "FINDING")


def test_an_exemption_suspends_an_open_finding_until_it_is_revoked(world: World) -> None:
    line = world.line()
    world.judge()
    granted = exemption(line, "T05")
    world.judge()
    assert Finding.objects.get().state == "suspended"
    granted.revoked = True
    saved(granted)
    world.judge()
    assert Finding.objects.get().state == "open"


def test_an_exempt_line_never_passes(world: World) -> None:
    line, near, far = world.bound_line()
    for _ in range(2):
        read_again(world, near, far, speed=1000)
    exemption(line, "T01")
    world.judge()
    assert (result(line, "T01").verdict, verdict(line).verdict) == ("EXEMPT", "EXEMPT")


def test_a_dry_run_is_judged_and_neither_counts_nor_opens(world: World) -> None:
    line = world.line()
    change_rule("T05", watch_mode="DRYRUN")
    world.judge()
    assert (result(line, "T05").verdict, result(line, "T05").is_dry_run) == ("FINDING", True)
    assert verdict(line).verdict == "UNKNOWN"
    assert not Finding.objects.exists()


def test_a_warning_rule_warns_and_opens_nothing(world: World) -> None:
    line = world.line()
    change_rule("T05", watch_mode="WARN")
    world.judge()
    assert verdict(line).verdict == "WARN"
    assert not Finding.objects.exists()


def test_a_rule_out_of_force_loses_its_results_and_suspends_its_findings(world: World) -> None:
    line = world.line()
    world.judge()
    change_rule("T05", is_active=False)
    world.judge()
    assert not RuleResult.objects.filter(rule_code="T05").exists()
    assert verdict(line).verdict == "UNKNOWN"
    assert Finding.objects.get().state == "suspended"


def test_a_changed_rule_is_a_new_version_of_the_result(world: World) -> None:
    line = world.line(install_date=dt.date(2026, 11, 1))
    world.judge()
    assert (result(line, "T05").verdict, result(line, "T05").rule_version) == ("FINDING", 1)
    change_rule("T05", parameters={"grace_days": 60})
    world.judge()
    assert (result(line, "T05").verdict, result(line, "T05").rule_version) == ("INFO", 2)


def test_one_rule_alone_leaves_what_the_others_said(world: World) -> None:
    line, near, far = slow_line(world)
    read_again(world, near, far)
    world.judge()
    report = world.judge("T05")
    assert {r.rule for r in report.results} == {"T05"}
    assert (verdict(line).verdict, verdict(line).rule_code) == ("FINDING", "T01")


def test_unproved_ends_do_not_spoil_a_pass_and_a_contradiction_warns(world: World) -> None:
    line, near, far = world.bound_line()
    for _ in range(2):
        read_again(world, near, far, speed=1000)
    world.judge()
    assert (result(line, "P01").verdict, verdict(line).verdict, verdict(line).proof) == ("UNKNOWN", "PASS", "none")
    world.hear(near, "somebody", "ge9")
    world.judge()
    assert (verdict(line).verdict, verdict(line).rule_code) == ("WARN", "P01")


@pytest.mark.parametrize(
    ("name", "port", "proof"),
    [
        ("{name}", "GigabitEthernet0/0/1", "one"),
        ("{name}.city.example", "GE0/0/1", "one"),
        ("{name}", "00:11:22:33:44:55", "one"),
        ("{name}", "GigabitEthernet0/0/2", "none"),
        ("another", "GigabitEthernet0/0/1", "none"),
    ],
)
def test_an_end_is_proved_by_the_name_and_the_port_it_hears(world: World, name: str, port: str, proof: str) -> None:
    line, near, far = world.bound_line()
    world.see(near)
    world.see(far)
    world.hear(near, name.format(name=far.device.name), port)
    world.judge()
    assert verdict(line).proof == proof


def test_a_ring_goes_from_closed_to_protected_to_split_and_back(world: World) -> None:
    ring, lines = world.ring()
    seen, tracked = [], []
    for broken in (0, 1, 2, 0):
        for _ in range(2):
            world.later()
            for n, (_line, near, far) in enumerate(lines):
                for port in (near, far):
                    world.see(port, 1000, "down" if n < broken else "up")
        world.judge()
        state = RingVerdict.objects.get(ring=ring)
        seen.append((state.state, state.verdict, verdict(lines[0][0]).verdict, verdict(lines[2][0]).verdict))
        tracked.append(Finding.objects.values_list("state", "severity").first())
    assert tracked == [None, ("open", "major"), ("open", "severe"), ("closed", "severe")]
    assert seen == [
        ("closed", "PASS", "PASS", "PASS"),
        ("protected", "WARN", "WARN", "PASS"),
        ("split", "FINDING", "FINDING", "PASS"),
        ("closed", "PASS", "PASS", "PASS"),
    ]
    finding = Finding.objects.get()
    assert (finding.ring, finding.circuit, finding.state, finding.tenant) == (ring, None, "closed", world.tenant)


def test_silent_devices_make_a_ring_unknown_and_never_split(world: World) -> None:
    ring, lines = world.ring()
    for _line, near, far in lines:
        for port in (near, far):
            world.see(port)
            world.silence(port.device)
    world.judge()
    assert RingVerdict.objects.get(ring=ring).state == "unknown"
    assert not Finding.objects.exists()


def test_a_dry_judge_reports_and_writes_nothing(world: World) -> None:
    world.line()
    report = world.judge(dry=True)
    assert report.counts == {"FINDING": 1} and len(report.opened) == 1
    assert not RuleResult.objects.exists() and not Finding.objects.exists() and not JudgeRun.objects.exists()


def test_an_unknown_rule_is_refused_by_name(world: World) -> None:
    with pytest.raises(UnknownRule, match="T99"):
        world.judge("T99")


def test_a_judge_killed_halfway_leaves_each_line_old_or_new(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [world.line() for _ in range(3)]
    monkeypatch.setattr(judging, "LINES_A_BATCH", 2)
    insert, calls = batches.storing.insert_rows, []

    def dies_in_the_second_batch(rows: list[Any]) -> None:
        insert(rows)
        calls.append(rows)
        if any(isinstance(row, LineVerdict) and row.circuit_id == lines[2].pk for row in rows):
            raise KeyboardInterrupt

    monkeypatch.setattr(batches.storing, "insert_rows", dies_in_the_second_batch)
    with pytest.raises(KeyboardInterrupt):
        world.judge()
    whole = set(LineVerdict.objects.values_list("circuit", flat=True))
    assert whole == {lines[0].pk, lines[1].pk}
    assert set(RuleResult.objects.values_list("circuit", flat=True)) == whole
    assert Finding.objects.count() == 2
    monkeypatch.undo()
    world.judge()
    assert LineVerdict.objects.count() == 3
    assert sorted(Finding.objects.values_list("number", flat=True)) == ["WT-2026-0001", "WT-2026-0002", "WT-2026-0003"]


def test_two_judges_at_once_wait_for_one_another(world: World) -> None:
    with leases.judging(0), pytest.raises(AlreadyJudging):
        world.judge(wait_s=0)
    world.judge(wait_s=0)


def test_a_dead_judge_holds_nobody_up(world: World) -> None:
    world.judge()
    owner = JudgeLease.objects.get()
    with leases.judging(0):
        held = JudgeLease.objects.get().owner
    host, _pid, started = held.rsplit(":", 2)
    JudgeLease.objects.update(owner=f"{host}:{2**22 + 1}:{started}", until=owner.until + dt.timedelta(days=1))
    world.judge(wait_s=0)
    assert JudgeLease.objects.get().owner == ""


def test_queries_do_not_grow_with_the_lines(db: None) -> None:
    assert queries_of_a_repeated_run(20) == queries_of_a_repeated_run(200) <= 20


def queries_of_a_repeated_run(lines: int) -> int:
    aliases = list(dict.fromkeys(("default", observed_alias())))
    with ExitStack() as stack:
        for alias in aliases:
            stack.enter_context(transaction.atomic(using=alias))
        load_policy(actor=None)
        city.build(lines, NOW)
        judging.judge(at=NOW)
        captured = [stack.enter_context(CaptureQueriesContext(connections[alias])) for alias in aliases]
        report = judging.judge(at=NOW)
        for alias in aliases:
            transaction.set_rollback(True, using=alias)
    assert report.lines == lines
    return sum(len(context) for context in captured)
