"""A spec with a gap is an error before the first request."""

from __future__ import annotations

from typing import Any

import pytest

from inventory.models import Circuit, Site
from kernel import checks
from kernel.registry import Registry
from kernel.spec import PUBLIC, Guard, Scope, Spec


class _Whole(Spec):
    model = Site
    api = ("dcim", "sites")
    scope = PUBLIC
    fields = ("name",)


def _said(monkeypatch: pytest.MonkeyPatch, **slots: Any) -> list[str]:
    mended = Registry()
    mended.add(type("BrokenSpec", (_Whole,), slots))
    monkeypatch.setattr(checks, "registry", mended)
    return [e.msg for e in checks.specs_are_whole(None) if e.id == "kernel.E002"]


def test_a_whole_spec_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _said(monkeypatch) == []


@pytest.mark.parametrize(
    ("slots", "words"),
    [
        ({"fields": ("name", "nonsense")}, "fields names 'nonsense'"),
        ({"columns": ("nonsense",)}, "columns names 'nonsense'"),
        ({"guards": (Guard(("nonsense",), "line_open", ""),)}, "guards names 'nonsense'"),
        ({"search": ("region__nonsense",)}, "search"),
        ({"subtree_filters": (("region", "name"),)}, "doesn't lead to a tree"),
        ({"scope": Scope(org="tenant_id", area="nonsense")}, "scope"),
        ({"scope": None}, "says neither a scope nor PUBLIC"),
    ],
)
def test_a_gap_is_named(monkeypatch: pytest.MonkeyPatch, slots: dict[str, Any], words: str) -> None:
    assert [text for text in _said(monkeypatch, **slots) if words in text]


def test_a_scope_takes_three_joins_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    mended = {"model": Circuit, "api": ("circuits", "circuits"), "fields": ("cid",)}
    far = Scope(area="pair__pair__pair__region__path")
    assert any("joins" in text for text in _said(monkeypatch, **mended, scope=far))


def test_a_field_may_not_take_a_name_that_every_api_answer_uses(monkeypatch: pytest.MonkeyPatch) -> None:
    assert any("'url'" in text for text in _said(monkeypatch, fields=("name", "url")))


def test_a_recorded_model_without_a_spec_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "registry", Registry())
    assert any(e.id == "kernel.E001" for e in checks.specs_are_whole(None))
