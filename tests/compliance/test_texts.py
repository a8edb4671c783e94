from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.utils import translation

from compliance import texts
from compliance.models import LineVerdict
from compliance.rules import CODES

RULES = Path(texts.__file__).parent / "rules"
_CODES = re.compile(r'"((?:t01|t05|t06|t08|p01)_[a-z_]+|port_not_seen|not_in_use)"')


def test_every_code_that_a_rule_answers_with_has_a_sentence() -> None:
    used = {code for path in RULES.glob("*.py") for code in _CODES.findall(path.read_text(encoding="utf-8"))}
    assert len(used) > 40
    assert used - set(texts.SENTENCES) == set()
    assert {f"device_{state}" for state in ("never", "silent", "stale", "not_polled")} <= set(texts.SENTENCES)


def test_a_sentence_has_its_values_as_people_write_them() -> None:
    said = {"side": "A", "port": "GE0/0/1", "declared": 2500, "mbps": 10, "less": 2490}
    with translation.override("en"):
        text = texts.sentence({"code": "t01_port_slower", "values": said})
    assert text == "End A: port GE0/0/1 runs at 10M, 2.49G below the 2.5G declared."


@pytest.mark.parametrize("code", sorted(texts.SENTENCES))
def test_a_missing_value_never_breaks_a_page(code: str) -> None:
    assert texts.sentence({"code": code, "values": {}})


def test_an_unknown_code_is_shown_as_it_is() -> None:
    assert texts.sentence({"code": "r99_new", "values": {}}) == "r99_new"


def test_a_headline_is_the_reason_or_that_all_is_met() -> None:
    with translation.override("en"):
        bad = LineVerdict(verdict="UNKNOWN", headline={"code": "t01_not_bound", "values": {}})
        good = LineVerdict(verdict="PASS", headline={"code": "t05_seen_up", "values": {}})
        assert texts.headline(bad).startswith("No port is bound")
        assert texts.headline(good) == "All rules that could be judged are met."


def test_every_rule_has_a_title() -> None:
    with translation.override("en"):
        assert all(texts.rule_title(code) != code for code in CODES)
