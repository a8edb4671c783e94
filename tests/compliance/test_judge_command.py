from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone, translation

from compliance.rules import CODES
from compliance.tasks import BEAT, judge_all
from tests.compliance.world import World, verdict

pytestmark = pytest.mark.django_db(databases="__all__")


def said(capsys: pytest.CaptureFixture[str], *args: str) -> str:
    with translation.override("en"):
        call_command("judge", *args)
    return capsys.readouterr().out


def test_json_lists_every_rule_of_every_line(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    line = world.line()
    rows: list[dict[str, Any]] = json.loads(said(capsys, "--format", "json"))
    assert {row["rule"] for row in rows} == {"P01", "P02", "T01", "T02", "T03", "T05", "T09"}
    t05 = next(row for row in rows if row["rule"] == "T05")
    assert set(t05) == {"line_no", "circuit_id", "rule", "verdict", "explanation", "inputs", "since"}
    assert (t05["line_no"], t05["circuit_id"], t05["verdict"]) == (line.line_no, line.pk, "FINDING")
    assert "no port is bound" in t05["explanation"]


def test_a_rule_can_be_chosen_and_given_several_times(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.line()
    rows = json.loads(said(capsys, "--rule", "T01", "--rule", "T05", "--format", "json"))
    assert {row["rule"] for row in rows} == {"T01", "T05"}
    rows = json.loads(said(capsys, "--rule", "T01", "P01", "--format", "json"))
    assert {row["rule"] for row in rows} == {"T01", "P01"}


def test_text_names_the_worst_and_counts(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    line = world.line()
    text = said(capsys)
    assert f"FINDING  T05 {line.line_no}" in text
    assert "FINDING 1" in text and "1 opened" in text


def test_an_unknown_rule_is_one_sentence_and_exit_2(world: World) -> None:
    with translation.override("en"), pytest.raises(CommandError) as refused:
        call_command("judge", "--rule", "T99")
    assert refused.value.returncode == 2
    assert str(refused.value) == "There is no rule T99; choose from " + ", ".join(CODES) + "."


def test_without_rules_the_command_says_what_to_do(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert "load_policy" in said(capsys)


def test_the_task_judges_and_the_clock_calls_it(world: World) -> None:
    line = world.line()
    world.now = timezone.now()
    judge_all()
    assert verdict(line).verdict == "FINDING"
    assert judge_all.name in {entry["task"] for entry in BEAT.values()}
