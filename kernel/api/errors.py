"""One translation of every expected failure into NetBox's status codes and bodies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import DataError, OperationalError
from django.utils.translation import gettext as _
from rest_framework.response import Response
from rest_framework.views import exception_handler

from kernel.errors import GuardedField, ProductError, RowsRejected, StillUsed


def messages_of(error: ValidationError) -> dict[str, list[str]]:
    if hasattr(error, "error_dict"):
        return {
            "non_field_errors" if name == NON_FIELD_ERRORS else name: texts
            for name, texts in error.message_dict.items()
        }
    return {"non_field_errors": error.messages}


def renamed(fields: dict[str, list[str]]) -> dict[str, list[str]]:
    return {"non_field_errors" if name == NON_FIELD_ERRORS else name: texts for name, texts in fields.items()}


def _guarded(error: GuardedField) -> dict[str, Any]:
    fields = {str(name): [error.message] for name in error.details["fields"]}  # type: ignore[attr-defined]  # a list of names
    return {**fields, "code": error.code, "request_kind": error.details["request_kind"]}


def _by_position(rows: Mapping[int, dict[str, Any]]) -> list[dict[str, Any]]:
    """The answer to a list: nothing for the rows that are right, up to the last that is wrong."""
    return [rows.get(i, {}) for i in range(max(rows) + 1)]


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    if isinstance(error, ValidationError):
        return Response(messages_of(error), status=400)
    is_bulk = getattr(context.get("view"), "is_bulk", False)
    if isinstance(error, RowsRejected):
        rows = {position: renamed(fields) for position, fields in error.rows.items()}
        return Response(_by_position(rows) if is_bulk else next(iter(rows.values())), status=400)
    if isinstance(error, GuardedField):
        refusals: dict[int, GuardedField] = error.details["rows"]  # type: ignore[assignment]  # as `kernel.writes` says
        guarded = {position: _guarded(refusal) for position, refusal in refusals.items()}
        return Response(_by_position(guarded) if is_bulk else _guarded(error), status=400)
    if isinstance(error, StillUsed):
        return Response({"detail": error.message, "protected": error.details["protected"]}, status=409)
    if isinstance(error, ProductError) and error.status < 500:
        return Response({"detail": error.message, "code": error.code}, status=error.status)
    if isinstance(error, DataError | OverflowError):
        return Response({"detail": _("A value is out of the range that the database can keep.")}, status=400)
    if isinstance(error, OperationalError) and "locked" in str(error):
        detail = _("The database is busy; nothing was written. Try again.")
        return Response({"detail": detail}, status=503, headers={"Retry-After": "2"})
    return exception_handler(error, context)
