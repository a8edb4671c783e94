"""Before a rule is switched on, one sees what it would do; only then it is set."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from compliance.models import Finding, JudgeRun, Rule
from compliance.services.policy import load_policy
from kernel.models import ChangeRecord
from tests.compliance.world import World, change_rule

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def world(db: None) -> World:
    load_policy(actor=None)
    change_rule("T05", watch_mode="DRYRUN")
    world = World()
    for _ in range(3):
        world.line()  # bound to nothing: what T05 finds
    world.judge()
    return world


def page(client: Client, **query: Any) -> Any:
    return client.get(reverse("foresight", args=["T05"]), query)


def test_the_page_counts_what_would_be_found_and_writes_nothing(client: Client, login: Any, world: World) -> None:
    login("compliance.*", "circuits.*")
    runs, trail = JudgeRun.objects.count(), ChangeRecord.objects.count()
    seen = page(client, is_active="on", watch_mode="FINDING", observations=2, grace_days=15).context["seen"]
    assert (seen["opened"], seen["moved"], len(seen["hits"])) == (3, 3, 3)
    assert (JudgeRun.objects.count(), ChangeRecord.objects.count(), Finding.objects.count()) == (runs, trail, 0)
    assert Rule.objects.get(code="T05").watch_mode == "DRYRUN"


def test_other_parameters_give_another_answer(client: Client, login: Any, world: World) -> None:
    login("compliance.*", "circuits.*")
    seen = page(client, is_active="on", watch_mode="FINDING", observations=2, grace_days=365).context["seen"]
    assert (seen["opened"], seen["hits"]) == (0, [])


def test_a_rule_taken_out_of_force_would_suspend_its_findings(client: Client, login: Any, world: World) -> None:
    change_rule("T05", watch_mode="FINDING")
    world.judge()
    login("compliance.*", "circuits.*")
    seen = page(client, watch_mode="FINDING", observations=2, grace_days=15).context["seen"]
    assert (seen["opened"], seen["suspended"]) == (0, 3)


def test_it_is_set_with_a_reason_and_the_next_run_does_what_was_seen(client: Client, login: Any, world: World) -> None:
    login("compliance.*", "circuits.*")
    rule = Rule.objects.get(code="T05")
    said = {"is_active": "on", "watch_mode": "FINDING", "observations": 2, "grace_days": 15, "version": rule.version}
    address = reverse("foresight", args=["T05"])
    assert client.post(address, said).status_code == 400
    assert client.post(address, {**said, "reason": "seen for a month"}).status_code == 302
    record = ChangeRecord.objects.filter(object_type="compliance.rule", object_id=rule.pk).latest("pk")
    assert record.reason == "seen for a month"
    assert len(world.judge().opened) == 3


def test_a_change_in_between_is_not_overwritten(client: Client, login: Any, world: World) -> None:
    login("compliance.*", "circuits.*")
    version = Rule.objects.get(code="T05").version
    change_rule("T05", parameters={"grace_days": 20})
    said = {"is_active": "on", "watch_mode": "FINDING", "observations": 2, "grace_days": 15, "version": version}
    client.post(reverse("foresight", args=["T05"]), {**said, "reason": "late"})
    assert Rule.objects.get(code="T05").parameters == {"grace_days": 20}


@pytest.mark.parametrize("bad", [{"grace_days": 9999}, {"watch_mode": "NEVER"}, {"observations": "two"}])
def test_a_bad_value_is_told_beside_its_field(client: Client, login: Any, world: World, bad: dict[str, Any]) -> None:
    login("compliance.*", "circuits.*")
    answer = page(client, **{"is_active": "on", "watch_mode": "FINDING", "observations": 2, "grace_days": 15, **bad})
    assert answer.context["seen"] is None and set(answer.context["form"].errors) == set(bad)


def test_who_may_not_change_rules_does_not_see_it(client: Client, login: Any, world: World) -> None:
    login("compliance.view_rule")
    assert page(client).status_code == 403
    login("compliance.*")
    assert client.get(reverse("foresight", args=["X99"])).status_code == 404
