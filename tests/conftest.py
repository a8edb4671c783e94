"""Fixtures that every test may use."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from inventory.models import RoleGrant
from kernel import writes
from kernel.models import Role, Token, User

_TRAIL = ("kernel_changerecord", "kernel_sealentry")


@pytest.fixture(scope="session", autouse=True)
def _plain_settings(tmp_path_factory: pytest.TempPathFactory) -> None:
    from django.conf import settings

    settings.DATA_DIR = tmp_path_factory.mktemp("data")
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Tests that need real commits empty the tables afterwards; the trail's triggers would refuse that on SQLite.

    `tests/kernel/test_trail.py` puts them back to show that they hold.
    """
    with django_db_blocker.unblock():
        drop_trail_triggers()
    yield


def drop_trail_triggers() -> None:
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        for table in _TRAIL:
            for verb in ("update", "delete"):
                cursor.execute(f"DROP TRIGGER IF EXISTS {table}_no_{verb}")


def grant(user: User, *permissions: str, tenant: Any = None, region: Any = None) -> RoleGrant:
    """Give a user a role of their own with these permissions, everywhere or within a scope."""
    number = Role.objects.count()
    role = writes.save(Role(name=f"role {number}", slug=f"role-{number}", permissions=list(permissions)), actor=None)
    user.__dict__.pop("_grants_cache", None)
    return writes.save(RoleGrant(user=user, role=role, tenant=tenant, region=region), actor=None)


@pytest.fixture
def make_user(db: None) -> Callable[..., User]:
    def make(*permissions: str, tenant: Any = None, region: Any = None, name: str = "") -> User:
        user = User.objects.create_user(name or f"user{User.objects.count()}", "pw")
        if permissions:
            grant(user, *permissions, tenant=tenant, region=region)
        return user

    return make


@pytest.fixture
def login(client: Client, make_user: Callable[..., User]) -> Callable[..., User]:
    """Sign the test client in as somebody with these permissions."""

    def sign_in(*permissions: str, **scope: Any) -> User:
        user = make_user(*permissions, **scope)
        client.force_login(user)
        return user

    return sign_in


class Api:
    """A REST client with a token, as other programs have."""

    def __init__(self, user: User) -> None:
        _token, key = Token.issue(user)
        self._client = Client(headers={"Authorization": f"Token {key}"})

    def __getattr__(self, verb: str) -> Callable[..., Any]:
        def call(path: str, data: Any = None, **kwargs: Any) -> Any:
            if verb == "get":
                return self._client.get(path, data, **kwargs)
            body = "" if data is None else data
            return getattr(self._client, verb)(path, body, content_type="application/json", **kwargs)

        return call


@pytest.fixture
def api_of() -> Callable[[User], Api]:
    """A program that works for this user."""
    return Api


@pytest.fixture
def api(make_user: Callable[..., User]) -> Callable[..., Api]:
    def client_of(*permissions: str, **scope: Any) -> Api:
        return Api(make_user(*(permissions or ("*",)), **scope))

    return client_of
