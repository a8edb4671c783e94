"""Who runs the record, who gives rights and who audits stay different people, whoever is asked to mix them."""

from __future__ import annotations

from typing import Any

import pytest

from inventory.models import RoleGrant
from kernel import writes
from kernel.models import Role, User
from netops.accounts import load_roles, open_account

pytestmark = pytest.mark.django_db(databases="__all__")
GRANTS, ROLES = "/api/users/role-grants/", "/api/users/roles/"


@pytest.fixture
def people(db: None) -> dict[str, User]:
    load_roles()
    held = {
        "admin": "system-administrator",
        "secadmin": "security-administrator",
        "auditor": "audit-administrator",
        "engineer": "network-engineer",
        "leader": "leader",
    }
    return {name: open_account(name, "pw", role) for name, role in held.items()}


@pytest.fixture
def secadmin(people: dict[str, User], api_of: Any) -> Any:
    return api_of(people["secadmin"])


def role(slug: str) -> int:
    return Role.objects.get(slug=slug).pk


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("secadmin", "system-administrator"),
        ("secadmin", "audit-administrator"),
        ("admin", "security-administrator"),
        ("admin", "audit-administrator"),
        ("auditor", "network-engineer"),
        ("secadmin", "network-engineer"),
    ],
)
def test_nobody_is_granted_a_second_power(people: dict[str, User], secadmin: Any, name: str, slug: str) -> None:
    answer = secadmin.post(GRANTS, {"user": people[name].pk, "role": role(slug)})
    assert answer.status_code == 400
    assert "role" in answer.json()
    assert RoleGrant.objects.filter(user=people[name]).count() == 1


def test_a_second_role_that_only_looks_is_no_second_power(people: dict[str, User], secadmin: Any) -> None:
    answer = secadmin.post(GRANTS, {"user": people["auditor"].pk, "role": role("leader")})
    assert answer.status_code == 201


def test_a_power_is_free_again_once_the_grant_has_ended(people: dict[str, User], secadmin: Any) -> None:
    grant = RoleGrant.objects.get(user=people["engineer"])
    ended = secadmin.patch(f"{GRANTS}{grant.pk}/", {"valid_from": "2020-01-01", "valid_to": "2020-12-31"})
    assert ended.status_code == 200
    answer = secadmin.post(GRANTS, {"user": people["engineer"].pk, "role": role("audit-administrator")})
    assert answer.status_code == 201


@pytest.mark.parametrize(
    ("power", "permissions"),
    [
        ("none", ["*"]),
        ("none", ["users.*"]),
        ("none", ["*.change_*"]),
        ("none", ["core.view_changerecord"]),
        ("system", ["dcim.*", "users.add_rolegrant"]),
        ("security", ["users.*", "dcim.change_site"]),
        ("audit", ["*.view_*", "collect.poll"]),
    ],
)
def test_a_role_says_no_more_than_its_label(secadmin: Any, power: str, permissions: list[str]) -> None:
    answer = secadmin.post(ROLES, {"name": "x", "slug": "x", "power": power, "permissions": permissions})
    assert answer.status_code == 400
    assert "permissions" in answer.json()


@pytest.mark.parametrize("permissions", [[1], [None], "*", {"a": 1}, [["*"]], ["["], ["dcim"], ["dcim.*; drop"]])
def test_permissions_are_a_list_of_patterns(secadmin: Any, permissions: Any) -> None:
    answer = secadmin.post(ROLES, {"name": "x", "slug": "x", "permissions": permissions})
    assert answer.status_code == 400
    assert "permissions" in answer.json()


def test_widening_a_role_that_somebody_holds_is_refused_as_well(people: dict[str, User], secadmin: Any) -> None:
    changed = secadmin.patch(f"{ROLES}{role('system-administrator')}/", {"permissions": ["dcim.*", "users.*"]})
    assert changed.status_code == 400
    relabelled = secadmin.patch(f"{ROLES}{role('security-administrator')}/", {"power": "system"})
    assert relabelled.status_code == 400


def test_the_last_one_who_gives_rights_stays(people: dict[str, User], secadmin: Any) -> None:
    grant = RoleGrant.objects.get(user=people["secadmin"])
    assert secadmin.delete(f"{GRANTS}{grant.pk}/").status_code == 400
    assert secadmin.patch(f"/api/users/users/{people['secadmin'].pk}/", {"is_active": False}).status_code == 400
    other = User.objects.create_user("second", "pw")
    assert secadmin.post(GRANTS, {"user": other.pk, "role": grant.role_id}).status_code == 201
    assert secadmin.delete(f"{GRANTS}{grant.pk}/").status_code == 204


def test_the_product_itself_may_make_an_account_with_all_rights(people: dict[str, User]) -> None:
    """The sample database's token; a person is refused the same."""
    everything = writes.save(Role(name="all", slug="all", permissions=["*"]), actor=None)
    writes.save(RoleGrant(user=people["leader"], role=everything), actor=None)
    assert RoleGrant.objects.filter(user=people["leader"]).count() == 2
