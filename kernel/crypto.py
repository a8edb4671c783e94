"""Secrets at rest: encrypted with keys derived from `settings.CREDENTIALS_KEY`, shown nowhere.

The setting may hold several keys parted by commas: the first encrypts, all decrypt, so a key is changed by
putting the new one in front and removing the old one when every credential has been saved again.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django import forms
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.db import models
from django.db.models.query_utils import DeferredAttribute
from django.utils.translation import gettext_lazy as _

from kernel import secrecy
from kernel.errors import ProductError

MASK = "********"
MAX_LENGTH = 255


class UnreadableSecret(ProductError):
    """The stored secret was encrypted with a key that is no longer there."""

    code = "unreadable_secret"
    status = 500


def _derived(key: str, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=b"netops", info=purpose).derive(key.encode())


@lru_cache(maxsize=4)
def _box(keys: str) -> tuple[MultiFernet, bytes]:
    listed = [key.strip() for key in keys.split(",") if key.strip()]
    if not listed:
        raise ImproperlyConfigured("NETOPS_CREDENTIALS_KEY is empty; set it so that credentials can be encrypted.")
    fernets = [Fernet(base64.urlsafe_b64encode(_derived(key, b"credentials"))) for key in listed]
    return MultiFernet(fernets), _derived(listed[0], b"credentials digest")


class Secret(str):
    """An encrypted value. As text it is a mask, so that whatever prints it, prints nothing."""

    token: str

    @classmethod
    def from_token(cls, token: str) -> Secret:
        secret = cls(MASK if token else "")
        secret.token = token
        return secret

    @classmethod
    def of(cls, plain: str) -> Secret:
        if not plain:
            return cls.from_token("")
        secrecy.remember(plain)
        return cls.from_token(_box(settings.CREDENTIALS_KEY)[0].encrypt(plain.encode()).decode())

    def reveal(self) -> str:
        """The secret itself; raises UnreadableSecret when no key of the settings opens it."""
        if not self.token:
            return ""
        try:
            plain = _box(settings.CREDENTIALS_KEY)[0].decrypt(self.token.encode()).decode()
            secrecy.remember(plain)  # whoever has it in the open might log it
            return plain
        except InvalidToken as error:
            raise UnreadableSecret(
                "A stored secret can't be decrypted. Put back the NETOPS_CREDENTIALS_KEY it was saved with, "
                "or enter the secret again."
            ) from error

    def digest(self) -> str:
        """Tells in the change record that a secret changed, and nothing else about it."""
        if not self.token:
            return ""
        try:
            known = self.reveal()
        except UnreadableSecret:
            known = self.token
        return "secret:" + hmac.new(_box(settings.CREDENTIALS_KEY)[1], known.encode(), hashlib.sha256).hexdigest()[:16]

    def __reduce__(self) -> tuple[Any, ...]:
        return Secret.from_token, (self.token,)


class _SecretAttribute(DeferredAttribute):
    """Encrypts what is assigned at once; the mask itself means "leave it as it is"."""

    def __set__(self, instance: models.Model, value: Any) -> None:
        values, name = instance.__dict__, self.field.attname
        if isinstance(value, Secret):
            values[name] = value
        elif value == MASK:
            values.setdefault(name, Secret.from_token(""))
        else:
            values[name] = Secret.of("" if value is None else str(value))


class SecretField(models.Field):  # type: ignore[type-arg]  # Django has no generic fields at run time
    """A write-only text column. Plain text goes in; a `Secret` comes out.

    Not a TextField by class, so that no list, filter or search can be built over it.
    """

    descriptor_class = _SecretAttribute

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("blank", True)
        kwargs.setdefault("default", "")
        super().__init__(*args, **kwargs)

    def get_internal_type(self) -> str:
        return "TextField"

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Secret:
        return Secret.from_token(value or "")

    def to_python(self, value: Any) -> Any:
        if value is None or isinstance(value, Secret):
            return value
        if not isinstance(value, str):
            raise ValidationError(_("Give the secret as text."))
        if len(value) > MAX_LENGTH or "\x00" in value:
            raise ValidationError(_("A secret has at most %(count)d characters.") % {"count": MAX_LENGTH})
        return value

    def get_prep_value(self, value: Any) -> str:
        if isinstance(value, Secret):
            return value.token
        return Secret.of("" if value is None else str(value)).token

    def value_from_object(self, obj: models.Model) -> str:
        """What the change record and a form's initial values get: a digest, never the secret."""
        return str(getattr(obj, self.attname).digest())

    def save_form_data(self, instance: models.Model, data: Any) -> None:
        if data:
            setattr(instance, self.attname, data)

    def formfield(self, *args: Any, **kwargs: Any) -> forms.Field:
        return forms.CharField(
            required=False,
            label=self.verbose_name,
            strip=False,
            max_length=MAX_LENGTH,
            help_text=_("Write-only. Leave empty to keep what is stored."),
            widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password"}),
        )
