"""The kernel's own registered model: roles are data."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from kernel.models import Role, User
from kernel.spec import PUBLIC, Spec


class RoleSpec(Spec):
    model = Role
    api = ("users", "roles")
    scope = PUBLIC
    fields = ("name", "slug", "power", "permissions", "description")
    columns = ("name", "power", "description")
    filters = ("power",)
    search = ("name", "slug", "description")
    natural_key = ("name",)
    brief = ("name", "slug")
    menu = "administration"
    icon = "shield"
    intro = _("What each role may do. The three powers are apart: nobody holds two of them.")


class UserSpec(Spec):
    """Accounts are added, disabled and named here; a password is set by the person it belongs to."""

    model = User
    api = ("users", "users")
    scope = PUBLIC
    fields = ("username", "display_name", "email", "phone", "is_active", "language")
    columns = ("username", "display_name", "is_active", "email", "phone")
    filters = ("is_active",)
    search = ("username", "display_name", "email")
    natural_key = ("username",)
    brief = ("username",)
    menu = "administration"
    icon = "users"
    intro = _("Accounts of this installation. What an account may do is granted by roles.")
    is_long = True


SPECS = (UserSpec, RoleSpec)
