"""Edit forms: what was changed meanwhile is never overwritten unseen."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from inventory.models import Manufacturer
from kernel import writes
from tests.samples import make

pytestmark = pytest.mark.django_db(databases="__all__")
FORM = {"name": "mine", "slug": "mine"}


@pytest.fixture
def stored(login: Any) -> Manufacturer:
    """A row at version 2: somebody changed it after version 1 was opened."""
    login("*")
    row = make(Manufacturer, 1)
    row.description = "theirs"
    return writes.save(row, actor=None)


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"version": ""},
        {"version": "x"},
        {"version": "0"},
        {"version": "1"},
        {"version": "1", "keep-foo": "yours"},
        {"version": "1", "keep-name": "yours"},
        {"keep-name": "yours"},
        {"version": "3"},
    ],
)
def test_an_edit_of_anything_but_the_present_version_saves_nothing(
    client: Client, stored: Manufacturer, more: dict[str, str]
) -> None:
    answer = client.post(f"/dcim/manufacturers/{stored.pk}/edit/", {**FORM, **more})
    assert answer.status_code == 409
    stored.refresh_from_db()
    assert stored.name != "mine"


def test_the_choice_between_two_values_is_saved_from_the_page_that_asked(client: Client, stored: Manufacturer) -> None:
    path = f"/dcim/manufacturers/{stored.pk}/edit/"
    asked = client.post(path, {**FORM, "description": "my words", "version": "1"})
    kept = {"keep-name": "yours", "keep-slug": "yours", "keep-description": "theirs"}
    settled = {**FORM, "description": "my words", "version": asked.context["version"], **kept}
    assert client.post(path, settled).status_code == 302
    stored.refresh_from_db()
    assert (stored.name, stored.description) == ("mine", "theirs")


def test_a_form_that_is_corrected_does_not_forget_which_version_it_saw(client: Client, stored: Manufacturer) -> None:
    path = f"/dcim/manufacturers/{stored.pk}/edit/"
    wrong = client.post(path, {"name": "", "slug": "mine"})
    assert wrong.status_code == 400
    assert wrong.context["version"] != stored.version
