from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command

from compliance.models import Clause, Exemption, PolicyDocument, Rule
from compliance.models.exemptions import last_day
from compliance.services import load_policy
from kernel.models import ChangeRecord
from tests.compliance.world import World, change_rule, saved

pytestmark = pytest.mark.django_db(databases="__all__")
REPLY = Path(__file__).resolve().parents[2].parent / "shared" / "domain" / "city-reply-2019.txt"


def test_loading_twice_adds_nothing_and_undoes_nothing(db: None) -> None:
    first = load_policy(actor=None)
    assert (first.documents, first.clauses, first.rules) == (12, 10, 14)
    change_rule("T05", watch_mode="DRYRUN", parameters={"grace_days": 30})
    records = ChangeRecord.objects.count()
    again = load_policy(actor=None)
    assert (again.documents, again.clauses, again.rules) == (0, 0, 0)
    assert Rule.objects.get(code="T05").parameters == {"grace_days": 30}
    assert ChangeRecord.objects.count() == records


def test_each_document_clause_and_rule_leaves_a_change_record(db: None) -> None:
    load_policy(actor=None)
    assert ChangeRecord.objects.filter(object_type="compliance.clause").count() == 10
    assert ChangeRecord.objects.filter(object_type="compliance.rule").count() == 14


def test_clauses_are_the_citys_own_words(db: None) -> None:
    if not REPLY.exists():
        pytest.skip("the city's reply is not at hand")
    load_policy(actor=None)
    words = "".join(REPLY.read_text(encoding="utf-8").split())
    missing = [c.ref for c in Clause.objects.all() if "".join(c.text.split()) not in words]
    assert missing == []
    assert all(
        set(c.modal.replace(" / ", "…").split("…"))
        <= {m for m in c.modal.replace(" / ", "…").split("…") if m in c.text}
        for c in Clause.objects.all()
    )


def test_the_command_says_what_it_added(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("load_policy")
    assert "12" in capsys.readouterr().out
    assert PolicyDocument.objects.filter(doc_no="MB1532375/2019-00026").exists()


@pytest.mark.parametrize(
    "values",
    [
        {"parameters": {"observations": 1}},
        {"parameters": {"observations": "2"}},
        {"parameters": {"observations": True}},
        {"parameters": {"grace": 3}},
        {"parameters": [1]},
        {"basis": " ", "clause": None},
        {"exemption_allowed": True, "exemption_authority": ""},
    ],
)
def test_a_rule_with_wrong_values_is_refused(db: None, values: dict[str, Any]) -> None:
    load_policy(actor=None)
    with pytest.raises(ValidationError):
        change_rule("T01", **values)


def test_each_change_of_a_rule_is_a_new_version(db: None) -> None:
    load_policy(actor=None)
    assert change_rule("T01", parameters={"observations": 5}).version == 2


START = dt.date(2026, 3, 1)


@pytest.mark.parametrize(
    ("expires_on", "code", "is_accepted"),
    [
        (dt.date(2028, 3, 1), "T05", True),
        (dt.date(2028, 3, 2), "T05", False),
        (dt.date(2026, 2, 28), "T05", False),
        (None, "T05", False),
        (dt.date(2026, 9, 1), "T08", False),
    ],
)
def test_an_exemption_ends_within_24_months(
    world: World, expires_on: dt.date | None, code: str, is_accepted: bool
) -> None:
    row = Exemption(
        rule=Rule.objects.get(code=code), circuit=world.line(), ground="other", approved_by="lead group",
        document_no="2026-7", valid_from=START, expires_on=expires_on,
    )  # fmt: skip
    if is_accepted:
        assert saved(row).pk
    else:
        with pytest.raises(ValidationError):
            saved(row)


def test_24_months_from_a_leap_day_end_on_the_28th() -> None:
    assert last_day(dt.date(2028, 2, 29)) == dt.date(2030, 2, 28)
