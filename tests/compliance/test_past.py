"""An audit of a past day comes out as it came out then, whatever was recorded and seen since."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import translation

from collectors import schedule
from collectors.models import SeenReach
from compliance.models import Finding, JudgeRun
from compliance.past import audit
from compliance.services import load_policy
from kernel import writes
from kernel.models import ChangeRecord
from tests.compliance.world import NOW, World, change_rule

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def old(db: None) -> Iterator[World]:
    """A line whose port is slow, recorded half an hour before and read three times."""
    with time_machine.travel(NOW - dt.timedelta(minutes=30), tick=False) as clock:
        load_policy(actor=None)
        world = World()
        world.line_one, world.near, world.far = world.bound_line()
        for _ in range(3):
            world.later()
            clock.move_to(world.now)
            world.see(world.near, 10)
            world.see(world.far)
            reach(world, world.near, world.far)
        clock.move_to(world.now)
        world.clock = clock
        yield world


def reach(world: World, *ports: Any) -> None:
    """What a pass of the collector leaves beside the rows: who was reached, and that somebody asked."""
    for port in ports:
        SeenReach.objects.get_or_create(
            device_id=port.device_id, ended_at=None, defaults={"state": "up", "first_seen_at": world.now}
        )
    schedule.note_runs("test", world.now, world.now, {world.network.pk: (2, 2)})


def words(past: Any) -> dict[str, tuple[str, str]]:
    return {r.rule: (r.verdict.value, r.explanation["code"]) for r in past.results}


def test_a_past_audit_says_what_the_judge_said_then(old: World) -> None:
    then = old.now
    live = {r.rule: (r.verdict.value, r.explanation["code"]) for r in old.judge().results}
    assert words(audit(then)) == live


def test_it_does_not_change_with_what_is_recorded_later(old: World) -> None:
    then, before = old.now, words(audit(old.now))
    old.clock.move_to(old.now + dt.timedelta(days=1))
    line = old.line_one
    line.refresh_from_db()
    line.bandwidth_declared_mbps = 10
    writes.save(line, actor=None, approval="test")
    change_rule("T05", watch_mode="DRYRUN")
    later = audit(old.now + dt.timedelta(days=400))
    assert words(later)["T01"][1] != before["T01"][1]
    assert words(audit(then)) == before


def test_it_does_not_change_with_what_is_seen_later(old: World) -> None:
    then, before = old.now, words(audit(old.now))
    old.later(days=1)
    old.see(old.near, 1000)
    old.see(old.far)
    assert words(audit(then)) == before


def test_a_line_not_yet_recorded_is_not_there(old: World) -> None:
    past = audit(old.now - dt.timedelta(hours=2))
    assert past.lines == () and past.rules == ()


def test_nothing_is_written(old: World) -> None:
    before = (JudgeRun.objects.count(), Finding.objects.count(), ChangeRecord.objects.count())
    audit(old.now)
    assert (JudgeRun.objects.count(), Finding.objects.count(), ChangeRecord.objects.count()) == before


def test_the_command_judges_a_past_moment(old: World, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("judge", "--at", old.now.isoformat(), "--format", "json")
    rows = json.loads(capsys.readouterr().out)
    assert next(r for r in rows if r["rule"] == "T01")["verdict"] == "FINDING"
    with translation.override("en"), pytest.raises(CommandError, match="no day or moment"):
        call_command("judge", "--at", "yesterday")


def test_the_page_shows_the_day_and_refuses_tomorrow(client: Client, login: Any, old: World) -> None:
    login("compliance.*", "circuits.*")
    page = client.get(reverse("past-audit"), {"on": f"{old.now:%Y-%m-%d}"})
    assert page.context["total"] == 1 and page.context["counts"]["FINDING"] == 1
    sheet = client.get(reverse("past-audit"), {"on": f"{old.now:%Y-%m-%d}", "export": "xlsx"})
    assert sheet["Content-Type"].startswith("application/vnd.openxmlformats")
    tomorrow = client.get(reverse("past-audit"), {"on": "2999-01-01"})
    assert "total" not in tomorrow.context and tomorrow.context["form"].errors
    login("compliance.view_rule")
    assert client.get(reverse("past-audit")).status_code == 403


def test_where_nobody_kept_who_was_reached_there_is_no_verdict(old: World) -> None:
    SeenReach.objects.all().delete()
    assert words(audit(old.now))["T01"] == ("UNKNOWN", "device_not_polled")


def test_a_document_on_a_row_does_not_hide_the_row(old: World) -> None:
    from kernel import attachments

    before = words(audit(old.now))
    attachments.attach(old.line_one, name="note.txt", content=b"seen by the carrier", actor=None)
    assert words(audit(old.now + dt.timedelta(minutes=1))) == before
