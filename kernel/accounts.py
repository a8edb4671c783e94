"""Passwords and API tokens: who may set them, and what of it the trail keeps (that it happened, never the secret)."""

from __future__ import annotations

import datetime as dt
import secrets
import string
from typing import Any

from django.contrib.auth.password_validation import MinimumLengthValidator, validate_password
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from kernel import policy, writes
from kernel.errors import ProductError
from kernel.models import Token, User
from kernel.registry import registry

MAX_TOKENS = 20
_LETTERS = "".join(c for c in string.ascii_letters + string.digits if c not in "0O1lI")  # read out over a telephone


class LongEnough(MinimumLengthValidator):
    """Django's own check, in words that its Chinese catalogue lacks."""

    def get_error_message(self) -> str:
        return _("A password has at least %(count)d characters.") % {"count": self.min_length}

    def get_help_text(self) -> str:
        return self.get_error_message()


class TooManyTokens(ProductError):
    code = "too_many_tokens"


def change_own_password(user: User, password: str) -> None:
    """Raises ValidationError for a password that is too weak."""
    validate_password(password, user)
    _store(user, password, is_initial=False, actor=None, reason=_("%(name)s chose a new password") % {"name": user})


def give_password(user: User, *, actor: Any) -> str:
    """A new first password, returned here and never again; its owner chooses another one on signing in."""
    policy.require_in_scope(actor, "change", registry.of(User), [user.pk])
    password = "-".join("".join(secrets.choice(_LETTERS) for _n in range(5)) for _group in range(3))
    _store(user, password, is_initial=True, actor=actor, reason=_("A new first password"))
    return password


def _store(user: User, password: str, *, is_initial: bool, actor: Any, reason: str) -> None:
    user.set_password(password)
    with transaction.atomic():
        row = User.objects.select_for_update().get(pk=user.pk)
        User.objects.filter(pk=row.pk).update(password=user.password)
        row.must_change_password, row.password_set_at = is_initial, timezone.now()
        writes.save(row, actor=actor, reason=reason)


def issue_token(user: User, *, description: str, is_writable: bool, days: int | None) -> tuple[Token, str]:
    """A token with the rights of its owner and its key, which is shown this once. `days` None never ends."""
    if user.tokens.count() >= MAX_TOKENS:
        raise TooManyTokens(_("You have %(count)d tokens; revoke one first.") % {"count": MAX_TOKENS})
    expires_at = None if days is None else timezone.now() + dt.timedelta(days=days)
    return Token.issue(user, description=description, is_writable=is_writable, expires_at=expires_at)


def revoke_token(user: User, pk: int) -> bool:
    """True when the user had such a token."""
    return bool(Token.objects.filter(user=user, pk=pk).delete()[0])
