"""What a line in the log looks like, for people or for programs, and that no secret is in it."""

from __future__ import annotations

import datetime as dt
import json
import logging
import sys
import traceback
from collections.abc import Iterator
from contextvars import ContextVar
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from celery import current_task
from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from kernel import secrecy

# Imported by the settings of logging, before there are models; who sets this is `netops.access_log`.
present_request: ContextVar[HttpRequest | None] = ContextVar("netops_present_request", default=None)
_PLAIN = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


class Around(logging.Filter):
    """Adds what was being done: request, person, path, task. Refusals of a visitor's request lose their traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        for name, value in _context().items():
            if not hasattr(record, name):
                setattr(record, name, value)
        if _is_refusal(record):
            record.exc_info = record.exc_text = None
        return True


class Line(logging.Formatter):
    """For people."""

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        if number := getattr(record, "request_id", None):
            text = f"{text} [{str(number)[:8]}]"
        return secrecy.redact(text)


class Json(logging.Formatter):
    """For programs: one object a line."""

    def format(self, record: logging.LogRecord) -> str:
        at = dt.datetime.fromtimestamp(record.created, tz=timezone.get_default_timezone())
        said: dict[str, Any] = {
            "time": at.isoformat(timespec="milliseconds"), "level": record.levelname, "logger": record.name,
            "message": record.getMessage(),
        }  # fmt: skip
        said |= {name: value for name, value in record.__dict__.items() if name not in _PLAIN and name != "request"}
        if record.exc_info:
            said["exception"] = self.formatException(record.exc_info)
        return json.dumps({name: _safe(name, value) for name, value in said.items()}, ensure_ascii=False)


def _safe(name: str, value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    shown = secrecy.redact(f"{name}={value}")  # so that the name counts too: extra={"password": ...}
    return shown.removeprefix(f"{name}=")


def _is_refusal(record: logging.LogRecord) -> bool:
    status = getattr(record, "status_code", None)
    return record.name.startswith("django.security") or (isinstance(status, int) and status < 500)


def _context() -> dict[str, Any]:
    found: dict[str, Any] = {}
    if (request := present_request.get()) is not None:
        number = getattr(request, "change_number", None)  # the one that its changes have in the trail
        found |= {"request_id": str(number or ""), "method": request.method, "path": request.path}
        user = request.__dict__.get("_cached_user")  # asking for it here would query the database
        if user is not None and user.pk is not None:
            found["user_id"] = user.pk
    task = current_task
    if task and task.request.id:
        found |= {"task_id": task.request.id, "task": task.name}
    return found


def _shown_by_request() -> Iterator[str]:
    request = present_request.get()
    if request is None:
        return
    yield request.headers.get("Authorization", "").rpartition(" ")[2]
    for name, value in request.COOKIES.items():
        if name in (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME):
            yield value
    for name, values in request.__dict__.get("_post", {}).lists() if "_post" in request.__dict__ else ():
        if any(word in name for word in ("password", "secret", "community", "token")):
            yield from values


def keep_secrets_out() -> None:
    """Called once when the product starts: what the settings hold, what requests show, and what ends a process."""
    for value in _of_settings():
        secrecy.remember(value)
    secrecy.ask_also(_shown_by_request)
    sys.excepthook = _last_words


def _of_settings() -> Iterator[str]:
    yield settings.SECRET_KEY
    yield from (key.strip() for key in settings.CREDENTIALS_KEY.split(","))
    yield settings.METRICS_TOKEN
    for database in settings.DATABASES.values():
        yield str(database.get("PASSWORD") or "")
    try:
        yield urlsplit(settings.CELERY_BROKER_URL).password or ""
    except ValueError:
        return


def _last_words(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    text = "".join(traceback.format_exception(kind, error, trace))
    sys.stderr.write(secrecy.redact(text))
