"""The product's signs, as the templates draw them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django import forms
from django.contrib.staticfiles import finders
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import timezone, translation

from kernel.templatetags import ui

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _english() -> Any:
    with translation.override("en"), timezone.override("Asia/Shanghai"):
        yield


def drawn(source: str, **values: Any) -> str:
    return Template("{% load ui %}" + source).render(Context(values))


@pytest.mark.parametrize(
    ("code", "shape", "word"),
    [
        ("PASS", "circle-check", "Pass"),
        ("WARN", "alert-triangle", "Warning"),
        ("FINDING", "square-x", "Finding"),
        ("UNKNOWN", "help-circle", "Unknown"),
        ("EXEMPT", "shield-half", "Exempt"),
        ("BLOCK", "ban", "Block"),
        ("INFO", "info-circle", "Note"),
        ("NA", "minus", "Not applicable"),
    ],
)
def test_a_verdict_has_a_word_a_shape_and_a_colour(code: str, shape: str, word: str) -> None:
    html = drawn("{% verdict code %}", code=code)
    assert f"v-{code.lower()}" in html
    assert f"#{shape}" in html
    assert word in html


def test_what_was_not_judged_is_unknown_and_never_a_pass() -> None:
    assert "v-unknown" in drawn("{% verdict nothing %}", nothing=None)


def test_a_word_that_is_no_verdict_is_refused() -> None:
    with pytest.raises(KeyError):
        drawn('{% verdict "GOOD" %}')


def test_a_verdicts_own_words_replace_the_usual_one_and_are_escaped() -> None:
    html = drawn('{% verdict "WARN" text %}', text="<b>24 days left")
    assert "&lt;b&gt;24 days left" in html
    assert "Warning" not in html


def test_an_icon_is_hidden_from_screen_readers() -> None:
    assert 'aria-hidden="true"' in drawn('{% icon "plus" "lg" %}')


@pytest.mark.parametrize("code", [*(picture for picture, _ in ui.VERDICTS.values()), *ui.LIGHTS.values()])
def test_every_sign_is_in_the_sprite(code: str) -> None:
    path = finders.find("kernel/icons.svg")
    assert path, "the sprite is not served"
    with open(path, encoding="utf-8") as sprite:
        assert f'id="{code}"' in sprite.read()


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(minutes=1, seconds=10), "1 minute ago"),
        (timedelta(minutes=59), "59 minutes ago"),
        (timedelta(hours=23, minutes=59), "23 hours ago"),
        (timedelta(hours=24), "11-22"),
        (timedelta(days=400), "2025-10-19"),
        (timedelta(minutes=-5), "in 5 minutes"),
    ],
)
def test_a_moment_is_relative_up_to_a_day_and_then_a_date(ago: timedelta, words: str) -> None:
    assert ui.relative_text(NOON - ago, NOON) == words


def test_a_moment_near_midnight_is_dated_in_local_time() -> None:
    late = datetime(2026, 11, 20, 17, 30, tzinfo=UTC)  # 01:30 on the 21st in Zhengzhou
    assert ui.relative_text(late, NOON) == "11-21"


def test_the_full_instant_stands_in_the_title() -> None:
    html = ui.relative_time(NOON)
    assert 'title="2026-11-23 12:00:00 CST"' in html
    assert 'datetime="2026-11-23T12:00:00+08:00"' in html


def test_a_plain_date_stays_a_date_and_nothing_stays_nothing() -> None:
    assert ">2026-11-23<" in ui.relative_time(date(2026, 11, 23))
    assert ui.relative_time(None) == ""


def test_a_bar_keeps_the_fixed_order_and_fills_its_width() -> None:
    parts = ui.bar_parts({"pass": 291, "exempt": 5, "finding": 19, "warn": 23, "unknown": 28})
    assert [name for name, _, _ in parts] == ["finding", "warn", "unknown", "exempt", "pass"]
    assert sum(width for _, _, width in parts) == 1000
    assert [x for _, x, _ in parts] == [0, 52, 115, 192, 206]


def test_one_finding_among_thousands_stays_visible() -> None:
    assert ui.bar_parts({"finding": 1, "pass": 9999})[0] == ("finding", 0, 6)


def test_a_bar_says_its_counts_in_words() -> None:
    html = drawn("{% bar finding=2 passed=8 %}")
    assert 'aria-label="Finding 2, Pass 8"' in html
    assert html.count("<rect") == 2


def test_a_bar_of_nothing_is_not_a_pass() -> None:
    html = drawn("{% bar %}")
    assert "<rect" not in html
    assert "nothing judged yet" in html


def test_a_gap_in_the_data_is_a_gap_in_the_line() -> None:
    runs = ui.spark_runs([1.0, 2.0, None, 4.0], 4.0)
    assert [len(run) for run in runs] == [2, 1]


def test_a_sparkline_without_traffic_is_grey_and_keeps_its_limit() -> None:
    html = drawn("{% spark points 100 %}", points=[0, 0, None])
    assert 'class="spark dead"' in html
    assert 'class="lim"' in html


def test_the_highest_point_of_a_sparkline_is_its_limit_when_that_is_higher() -> None:
    html = drawn("{% spark points 100 %}", points=[50, 50])
    assert re.search(r'class="lim" d="M0 2(\.0)?H96"', html)
    assert "M0 13.5 L96 13.5" in html


@pytest.mark.parametrize(
    ("title", "inside"), [("Line", "line"), ("VLAN", "VLAN"), ("IP address", "IP address"), ("专线", "专线"), ("", "")]
)
def test_a_title_is_lowered_inside_a_sentence_unless_it_is_an_abbreviation(title: str, inside: str) -> None:
    assert ui.midsentence(title) == inside


class FeeForm(forms.Form):
    bandwidth = forms.IntegerField(help_text="Mbps.")
    networks = forms.MultipleChoiceField(
        choices=[("w", "W"), ("z", "Z")], required=False, widget=forms.CheckboxSelectMultiple
    )
    until = forms.SplitDateTimeField(required=False)


def test_a_wrong_number_is_shown_again_as_it_was_typed() -> None:
    field = FeeForm({"bandwidth": "100M"})["bandwidth"]
    html = ui.control(field)
    assert 'type="text"' in html
    assert 'value="100M"' in html


def test_a_wrong_field_is_announced_with_its_hint_and_its_error() -> None:
    html = ui.control(FeeForm({"bandwidth": "x"})["bandwidth"])
    assert 'aria-invalid="true"' in html
    assert 'aria-describedby="id_bandwidth_helptext id_bandwidth_error"' in html
    assert "is-invalid" in html


def test_a_field_that_somebody_else_changed_is_marked() -> None:
    stale = {"differences": [{"field": "bandwidth"}]}
    assert "differs" in ui.control(FeeForm()["bandwidth"], stale)
    assert "differs" not in ui.control(FeeForm()["networks"], stale)


def test_a_filter_form_keeps_the_rest_of_the_query_and_drops_the_page() -> None:
    request = RequestFactory().get("/", {"sort": "name", "page": "3", "q": "x", "networks": ["w", "z"], "until_0": "1"})
    html = drawn('{% keep_query form "q" %}', request=request, form=FeeForm())
    assert re.findall(r'name="(\w+)"', html) == ["sort"]


def test_kept_values_are_escaped() -> None:
    request = RequestFactory().get("/", {"sort": '"><script>'})
    assert "<script>" not in drawn("{% keep_query %}", request=request)
