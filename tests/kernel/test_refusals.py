"""Sets of rows that are refused whole: each refusal names the rows and columns at fault."""

from __future__ import annotations

from typing import Any

import pytest

from inventory.models import Circuit, CircuitType, Provider
from tests.samples import make

pytestmark = pytest.mark.django_db(databases="__all__")


def test_a_guarded_field_in_a_list_is_refused_naming_the_row(api: Any) -> None:
    lines = [make(Circuit, 1), make(Circuit, 2), make(Circuit, 3)]
    rows = [{"id": line.pk} for line in lines]
    rows[2]["description"] = "x"
    rows[1]["bandwidth_approved_mbps"] = 12345
    answer = api().patch("/api/circuits/circuits/", rows)
    assert answer.status_code == 400
    first, second = answer.json()
    assert first == {}
    assert set(second) == {"bandwidth_approved_mbps", "code", "request_kind"}
    assert not Circuit.objects.filter(description="x").exists()


@pytest.mark.parametrize("at", [0, 17, 29])
def test_a_broken_constraint_in_a_long_list_names_row_and_column(api: Any, at: int) -> None:
    maker, kind = make(Provider, 1), make(CircuitType, 1)
    rows = [{"cid": f"c{n}", "provider": maker.pk, "type": kind.pk} for n in range(30)]
    rows[at] |= {"install_date": "2026-05-02", "termination_date": "2026-05-01"}
    answer = api().post("/api/circuits/circuits/", rows)
    assert answer.status_code == 400, answer.content
    assert [position for position, errors in enumerate(answer.json()) if errors] == [at]
    assert set(answer.json()[at]) == {"termination_date"}
    assert not Circuit.objects.exists()


def test_two_rows_of_a_long_list_that_exclude_each_other_are_named(api: Any) -> None:
    rows = [{"name": f"d{n}", "slug": f"d{n}"} for n in range(25)]
    rows[3]["uscc"] = rows[20]["uscc"] = "91350100M000100Y43"
    answer = api().post("/api/tenancy/tenants/", rows)
    assert answer.status_code == 400
    assert [position for position, errors in enumerate(answer.json()) if errors] == [20]
    assert set(answer.json()[20]) == {"uscc"}
