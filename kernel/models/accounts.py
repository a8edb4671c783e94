"""Who signs in, with what token, in which role."""

from __future__ import annotations

import hashlib
import re
import secrets
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.hashers import make_password
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from kernel.models.records import Recorded, Versioned


def unusable_password() -> str:
    """A new account can't sign in until its password is set."""
    return make_password(None)


_PERMISSION = re.compile(r"\*|([a-z]+|\*)\.[a-z_*]+")


class UserManager(BaseUserManager["User"]):
    def create_user(self, username: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(username=self.model.normalize_username(username), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(Versioned, AbstractBaseUser):
    """Not `Recorded`: signing in updates the row, which is no change of the record."""

    password = models.CharField(_("password"), max_length=128, default=unusable_password, editable=False)
    password_set_at = models.DateTimeField(_("password set"), null=True, editable=False)
    must_change_password = models.BooleanField(_("must choose a password"), default=False, editable=False)
    username = models.CharField(
        _("username"),
        max_length=150,
        unique=True,
        validators=[UnicodeUsernameValidator()],
        error_messages={"unique": _("An account with this name exists already.")},
    )
    display_name = models.CharField(_("display name"), max_length=100, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=30, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    language = models.CharField(_("language"), max_length=10, blank=True)

    USERNAME_FIELD = "username"
    objects = UserManager()

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")

    def __str__(self) -> str:
        return self.username

    def get_full_name(self) -> str:
        return self.display_name or self.username

    def get_short_name(self) -> str:
        return self.get_full_name()


class Role(Recorded):
    """A named bundle of permissions: data, not code. Patterns are `section.action_model`, `*` allowed."""

    class Power(models.TextChoices):
        """The three powers that one person never holds together, and ordinary business."""

        NONE = "none", _("business")
        SYSTEM = "system", _("system administration")
        SECURITY = "security", _("security administration")
        AUDIT = "audit", _("audit administration")

    name = models.CharField(_("name"), max_length=100, unique=True)
    slug = models.SlugField(_("slug"), max_length=100, unique=True)
    power = models.CharField(_("power"), max_length=10, choices=Power.choices, default=Power.NONE)
    permissions = models.JSONField(_("permissions"), default=list, blank=True)
    description = models.CharField(_("description"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        listed = self.permissions if isinstance(self.permissions, list) else [None]
        if not all(isinstance(p, str) and _PERMISSION.fullmatch(p) for p in listed):
            raise ValidationError(
                {
                    "permissions": _now(
                        'Permissions are a list such as ["dcim.view_*", "circuits.add_circuit"]; * stands for anything.'
                    )
                }
            )


class Token(models.Model):
    """An API token; only its digest is kept, so it is shown once, when it is made."""

    user = models.ForeignKey(User, models.CASCADE, related_name="tokens", verbose_name=_("user"))
    digest = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(_("last characters"), max_length=8, editable=False)
    description = models.CharField(_("description"), max_length=200, blank=True)
    is_writable = models.BooleanField(_("may write"), default=True)
    created = models.DateTimeField(_("created"), auto_now_add=True)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")

    def __str__(self) -> str:
        return f"{self.user} …{self.hint}"

    @staticmethod
    def digest_of(key: str) -> str:
        return hashlib.sha256(key.encode()).hexdigest()

    @classmethod
    def issue(cls, user: User, **fields: Any) -> tuple[Token, str]:
        """Make a token; the key is returned here and never again."""
        key = secrets.token_hex(20)
        return cls.objects.create(user=user, digest=cls.digest_of(key), hint=key[-4:], **fields), key

    @property
    def is_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()
