"""The one reader of the environment. A wrong value is refused by name; a secret may also lie in a file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit
from zoneinfo import available_timezones

from django.core.exceptions import ImproperlyConfigured

from kernel.web_addresses import WebAddress

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}
_MAIL_SCHEMES = {"smtp": ("", 25), "smtp+starttls": ("starttls", 587), "smtps": ("tls", 465)}


@dataclass(frozen=True)
class MailServer:
    """`security` is empty, `starttls` or `tls`."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    security: str


def _parts(name: str, url: str) -> SplitResult:
    """The address in parts; what is none is refused without showing it, for it may hold a password."""
    try:
        parts = urlsplit(url)
        _port = parts.port
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} is no address.") from error
    return parts


class Environment:
    """Typed access to `NETOPS_*` variables. Every refusal names the variable and what it accepts."""

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self._values = os.environ if values is None else values

    def text(self, name: str, default: str = "") -> str:
        return self._values.get(name, default)

    def secret(self, name: str) -> str:
        """The variable itself, or the content of the file that `<name>_FILE` names."""
        if path := self._values.get(f"{name}_FILE"):
            try:
                return Path(path).read_text(encoding="utf-8").strip()
            except OSError as error:
                raise ImproperlyConfigured(f"{name}_FILE: {path} can't be read: {error.strerror}.") from error
        return self._values.get(name, "")

    def flag(self, name: str, default: bool = False) -> bool:
        value = self._values.get(name)
        if value is None:
            return default
        if value.lower() in _TRUE:
            return True
        if value.lower() in _FALSE:
            return False
        raise ImproperlyConfigured(f"{name} must be yes or no, not {value!r}.")

    def choice(self, name: str, default: str, known: tuple[str, ...]) -> str:
        value = self._values.get(name, default)
        if value not in known:
            raise ImproperlyConfigured(f"{name} must be one of {', '.join(known)}, not {value!r}.")
        return value

    def number(self, name: str, default: int, low: int, high: int) -> int:
        value = self._values.get(name)
        if value is None:
            return default
        try:
            number = int(value)
        except ValueError as error:
            raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.") from error
        if not low <= number <= high:
            raise ImproperlyConfigured(f"{name} must lie between {low} and {high}, not {number}.")
        return number

    def folder(self, name: str, default: Path) -> Path:
        """A folder that can be written, made when it is missing."""
        path = Path(self._values.get(name) or default).resolve()
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ImproperlyConfigured(f"{name}: {path} can't be made: {error.strerror}.") from error
        if not os.access(path, os.W_OK):
            raise ImproperlyConfigured(f"{name}: {path} can't be written.")
        return path

    def time_zone(self, name: str, default: str) -> str:
        value = self._values.get(name) or default
        if value not in available_timezones():
            raise ImproperlyConfigured(f"{name} must be a time zone such as Asia/Shanghai, not {value!r}.")
        return value

    def words(self, name: str, default: str = "") -> list[str]:
        return [word.strip() for word in self._values.get(name, default).split(",") if word.strip()]

    def web_address(self, name: str) -> WebAddress | None:
        """`http(s)://[user:password@]host[:port][/path]`; None when it is not set. The refusal doesn't repeat it."""
        text = self.secret(name).strip()
        if not text:
            return None
        wrong = ImproperlyConfigured(f"{name} must look like http://host:8428 or https://user:password@host/path.")
        try:
            parts = urlsplit(text)
            port = parts.port
        except ValueError:
            raise wrong from None
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise wrong
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        url = f"{parts.scheme}://{host}{f':{port}' if port else ''}{parts.path.rstrip('/')}"
        return WebAddress(url, unquote(parts.username or ""), unquote(parts.password or ""))

    def base_url(self, name: str, default: str) -> str:
        """The address people open, without a slash at its end."""
        value = (self._values.get(name) or default).rstrip("/")
        parts = _parts(name, value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ImproperlyConfigured(f"{name} must be an address such as https://netops.example.cn, not {value!r}.")
        return value

    def mail_server(self, name: str) -> MailServer | None:
        """`smtp://`, `smtp+starttls://` or `smtps://user:password@host:port`; None when it is not set."""
        url = self.secret(name)
        if not url:
            return None
        parts = _parts(name, url)
        if parts.scheme not in _MAIL_SCHEMES or not parts.hostname or parts.path.strip("/"):
            raise ImproperlyConfigured(f"{name} must look like smtp+starttls://user:password@host:587.")
        security, port = _MAIL_SCHEMES[parts.scheme]
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        return MailServer(parts.hostname, parts.port or port, user, password, security)

    def mail_address(self, name: str, default: str) -> str:
        value = self._values.get(name) or default
        if not parseaddr(value)[1].strip().count("@") == 1 or any(c in value for c in "\r\n"):
            raise ImproperlyConfigured(f"{name} must be an e-mail address, not {value!r}.")
        return value

    def file(self, name: str) -> str:
        """A file that can be read; empty when it is not set."""
        value = self._values.get(name, "")
        if value and not os.access(value, os.R_OK):
            raise ImproperlyConfigured(f"{name}: {value} can't be read.")
        return value

    def postgres(self, name: str) -> dict[str, object] | None:
        """`postgres://user:password@host:port/database` as Django's settings; None when it is not set."""
        url = self.secret(name)
        if not url:
            return None
        wrong = f"{name} must look like postgres://user:password@host:5432/database, special characters as %-codes."
        try:
            parts = urlsplit(url)
            host, port = unquote(parts.hostname or ""), parts.port
        except ValueError:
            raise ImproperlyConfigured(wrong) from None  # the error quotes a piece of the password
        if parts.scheme not in ("postgres", "postgresql") or not parts.path.strip("/"):
            raise ImproperlyConfigured(wrong)
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path.strip("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": host,
            "PORT": str(port or ""),
            "CONN_MAX_AGE": 60,
            "CONN_HEALTH_CHECKS": True,
        }
