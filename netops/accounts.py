"""The roles an installation starts with, its first administrator, and the sample city's accounts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from django.utils.translation import gettext as _

from inventory.models import RoleGrant, Tenant
from kernel import writes
from kernel.models import Role, User

SAMPLE_PASSWORD = "netops-demo"  # of the sample database alone; it holds no city's data
_ROLES = Path(__file__).with_name("data") / "roles.yaml"
_STEPS = Path(__file__).with_name("data") / "role_steps.yaml"

# username, role, name people see
_SAMPLE = (
    ("admin", "system-administrator", "系统管理员"),
    ("secadmin", "security-administrator", "安全管理员"),
    ("auditor", "audit-administrator", "审计管理员"),
    ("engineer", "network-engineer", "李工"),
    ("cloudadmin", "cloud-administrator", "周敏"),
    ("department", "department", "王莉"),
    ("leader", "leader", "陈局长"),
)
SAMPLE_TOKEN_USER = "sample-api"


def sample_accounts() -> list[dict[str, str]]:
    roles = {role.slug: role.name for role in Role.objects.all()}
    return [
        {"username": name, "password": SAMPLE_PASSWORD, "role": roles.get(slug, slug)} for name, slug, _shown in _SAMPLE
    ]


def load_roles() -> int:
    """Add the roles that don't exist yet; returns how many."""
    known = set(Role.objects.values_list("slug", flat=True))
    listed = _shipped()
    new = [Role(**role) for role in listed if role["slug"] not in known]
    writes.save_many(new, actor=None, reason=_("Roles of a new installation"))
    return len(new)


def _shipped() -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = yaml.safe_load(_ROLES.read_text(encoding="utf-8"))
    return listed


def extend_roles() -> int:
    """Give untouched roles what later releases added; returns how many were changed. May run twice."""
    steps: list[dict[str, Any]] = yaml.safe_load(_STEPS.read_text(encoding="utf-8"))
    changed = []
    roles = {role.slug: role for role in Role.objects.order_by("pk")}
    for shipped in _shipped():
        role = roles.get(shipped["slug"])
        if role is not None and set(role.permissions) in _earlier(shipped, steps):
            role.permissions = shipped["permissions"]
            changed.append(role)
    writes.save_many(changed, actor=None, reason=_("Rights that this release adds"))
    return len(changed)


def _earlier(shipped: dict[str, Any], steps: list[dict[str, Any]]) -> list[set[str]]:
    """The role's rights as each earlier release shipped them."""
    held, found = set(shipped["permissions"]), []
    for step in reversed(steps):
        if added := set(step["add"].get(shipped["slug"], ())):
            held = held - added
            found.append(held)
    return found


def open_account(username: str, password: str, role: str, *, shown: str = "", tenant: Tenant | None = None) -> User:
    """An account with one role, over everything or one department."""
    user = User.objects.filter(username=username).first()
    if user is None:
        user = User.objects.create_user(username, password, display_name=shown)
    grant = RoleGrant(user=user, role=Role.objects.get(slug=role), tenant=tenant)
    if not RoleGrant.objects.filter(user=user, role=grant.role).exists():
        writes.save(grant, actor=None, reason=_("Account of a new installation"))
    return user


def open_sample_accounts(department: Tenant) -> None:
    for username, role, shown in _SAMPLE:
        open_account(username, SAMPLE_PASSWORD, role, shown=shown, tenant=department if role == "department" else None)


def sample_token_user() -> User:
    """The account behind the sample database's token with all rights; nobody can sign in with it."""
    role, is_new = Role.objects.filter(slug="sample-all-rights").first(), False
    if role is None:
        role, is_new = Role(slug="sample-all-rights", name="示例库全部权限", permissions=["*"]), True
    if is_new:
        writes.save(role, actor=None, reason=_("Token of the sample database"))
    user = User.objects.filter(username=SAMPLE_TOKEN_USER).first()
    if user is None:
        user = User.objects.create_user(SAMPLE_TOKEN_USER, None, display_name="示例令牌")
    if not RoleGrant.objects.filter(user=user).exists():
        writes.save(RoleGrant(user=user, role=role), actor=None, reason=_("Token of the sample database"))
    return user
