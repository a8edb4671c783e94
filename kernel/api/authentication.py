"""Who calls: a token in the Authorization header, or the session of a signed-in browser."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request

from kernel.models import Token

_KEYWORDS = ("token", "bearer")
_TOUCH_AFTER = dt.timedelta(minutes=1)  # a client that asks a hundred times a minute writes its last use once


class TokenAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        header = request.headers.get("Authorization", "")
        keyword, _space, key = header.partition(" ")
        if keyword.lower() not in _KEYWORDS or not key:
            return None
        token = Token.objects.select_related("user").filter(digest=Token.digest_of(key.strip())).first()
        if token is None or token.is_expired or not token.user.is_active:
            raise AuthenticationFailed(_("Invalid token"))
        if not token.is_writable and request.method not in ("GET", "HEAD", "OPTIONS"):
            raise PermissionDenied(_("This token may only read."))
        now = timezone.now()
        if token.last_used_at is None or now - token.last_used_at > _TOUCH_AFTER:
            Token.objects.filter(pk=token.pk).update(last_used_at=now)
        return token.user, token


class SignedInSession(SessionAuthentication):
    """Django's session with its CSRF check, once the password that was given has been replaced."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        found = super().authenticate(request)
        if found is not None and found[0].must_change_password:
            raise PermissionDenied(_("Choose your own password first, on the account page."))
        return found
