"""Signing in, and what guessing comes to."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

pytestmark = pytest.mark.django_db(databases="__all__")


def sign_in(client: Client, name: str, password: str) -> Any:
    return client.post(reverse("login"), {"username": name, "password": password})


def test_guessing_one_account_closes_that_account_from_there_and_no_other(client: Client, make_user: Any) -> None:
    make_user("*", name="zhang")
    make_user("*", name="li")
    for _time in range(10):
        answer = sign_in(client, "zhang", "wrong")
    assert answer.status_code == 429
    assert "一刻钟" in answer.content.decode()
    assert sign_in(client, "zhang", "pw").status_code == 429
    assert sign_in(Client(REMOTE_ADDR="10.9.8.7"), "zhang", "pw").status_code == 302
    assert sign_in(client, "li", "pw").status_code == 302


def test_a_right_password_forgets_the_wrong_ones(client: Client, make_user: Any) -> None:
    make_user("*", name="zhang")
    for _time in range(2):
        for _wrong in range(9):
            assert sign_in(client, "zhang", "wrong").status_code == 200
        assert sign_in(client, "zhang", "pw").status_code == 302
        client.logout()
