"""Rights that a release adds reach the roles that nobody has touched, and no others."""

from __future__ import annotations

import pytest

from kernel import writes
from kernel.models import ChangeRecord, Role
from netops.accounts import extend_roles, load_roles

pytestmark = pytest.mark.django_db

_BEFORE = ["dcim.*", "ipam.*", "circuits.*", "network.view_*", "tenancy.view_*", "compliance.view_*"]


def county(permissions: list[str]) -> Role:
    return writes.save(Role(name="county", slug="county-operator", permissions=permissions), actor=None)


def test_a_role_as_it_was_shipped_gets_what_the_release_adds_once() -> None:
    role = county(_BEFORE)
    assert extend_roles() == 1
    role.refresh_from_db()
    assert {"alerts.view_alert", "alerts.acknowledge"} <= set(role.permissions)
    assert extend_roles() == 0
    assert ChangeRecord.objects.filter(object_type="users.role", object_id=role.pk, action="update").count() == 1


def test_a_role_that_the_city_changed_is_left_alone() -> None:
    role = county([*_BEFORE, "cloud.view_*"])
    assert extend_roles() == 0
    role.refresh_from_db()
    assert "alerts.acknowledge" not in role.permissions


def test_a_new_installation_has_them_from_the_start() -> None:
    load_roles()
    assert extend_roles() == 0
    assert "alerts.*" in Role.objects.get(slug="network-engineer").permissions
