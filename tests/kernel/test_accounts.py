"""An account's life: a first password by the security administrator, an own one, tokens."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from kernel.models import ChangeRecord, Token, User

pytestmark = pytest.mark.django_db(databases="__all__")
STRONG = "Yellow-River-2026"


def test_a_new_account_cannot_sign_in_before_it_has_a_password(client: Client, login: Any) -> None:
    login("users.*")
    added = client.post(reverse("users-user-add"), {"username": "zhang", "is_active": "on"})
    assert added.status_code == 302
    assert not User.objects.get(username="zhang").has_usable_password()


def test_a_first_password_is_shown_once_and_must_be_replaced(client: Client, login: Any, make_user: Any) -> None:
    zhang = make_user("*", name="zhang")
    login("users.*")
    shown = client.post(reverse("first-password", args=[zhang.pk])).content.decode()
    (password,) = re.findall(r"data-new-password>([^<]+)<", shown)
    assert password not in client.get(reverse("first-password", args=[zhang.pk])).content.decode()
    own = Client()
    assert own.post(reverse("login"), {"username": "zhang", "password": password}).status_code == 302
    assert own.get(reverse("home")).url == reverse("account")
    assert own.get("/api/dcim/sites/").status_code == 403
    answer = own.post(
        reverse("account"),
        {"do": "password", "old_password": password, "new_password1": STRONG, "new_password2": STRONG},
    )
    assert answer.status_code == 302
    assert own.get(reverse("home")).status_code == 200
    assert own.get("/api/dcim/sites/").status_code == 200
    records = ChangeRecord.objects.filter(object_type="users.user", object_id=zhang.pk, action="update")
    assert records.count() == 2
    assert password not in str(list(records.values())) and STRONG not in str(list(records.values()))


def test_nobody_without_the_right_gives_a_password(client: Client, login: Any, make_user: Any) -> None:
    zhang = make_user(name="zhang")
    login("users.view_user")
    assert client.post(reverse("first-password", args=[zhang.pk])).status_code == 403
    zhang.refresh_from_db()
    assert zhang.check_password("pw")


def test_ones_own_password_needs_the_old_one(client: Client, login: Any) -> None:
    user = login("users.*")
    assert client.post(reverse("first-password", args=[user.pk])).status_code == 403
    given = {"do": "password", "old_password": "wrong", "new_password1": STRONG, "new_password2": STRONG}
    refused = client.post(reverse("account"), given)
    assert refused.status_code == 400
    assert "old_password" in refused.context["password_form"].errors


def test_a_weak_password_is_refused_by_the_form_with_its_reason(client: Client, login: Any) -> None:
    login()
    given = {"do": "password", "old_password": "pw", "new_password1": "12345678", "new_password2": "12345678"}
    assert client.post(reverse("account"), given).context["password_form"].errors["new_password2"]


def test_a_token_is_shown_once_works_and_ends_when_it_is_revoked(client: Client, login: Any) -> None:
    user = login("dcim.*")
    page = client.post(reverse("account"), {"do": "token", "description": "Ansible", "days": "30"})
    (key,) = re.findall(r"data-new-key>([^<]+)<", page.content.decode())
    assert key not in client.get(reverse("account")).content.decode()
    program = Client(headers={"Authorization": f"Token {key}"})
    assert program.get("/api/dcim/sites/").status_code == 200
    refused = program.post("/api/dcim/sites/", {"name": "a", "slug": "a"}, content_type="application/json")
    assert refused.status_code == 403
    token = Token.objects.get(user=user)
    assert client.post(reverse("account"), {"do": "revoke", "token": token.pk}).status_code == 302
    assert program.get("/api/dcim/sites/").status_code == 403


def test_one_revokes_only_ones_own_tokens(client: Client, login: Any, make_user: Any) -> None:
    token, _key = Token.issue(make_user(name="zhang"))
    login("users.*")
    assert client.post(reverse("account"), {"do": "revoke", "token": token.pk}).status_code == 404
    assert Token.objects.filter(pk=token.pk).exists()
    assert client.post(reverse("account"), {"do": "nonsense"}).status_code == 404
    assert client.post(reverse("account"), {"do": "revoke", "token": "x" * 50}).status_code == 404
