"""One translation of every expected failure into NetBox's status codes and bodies."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import DataError, OperationalError
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


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    if isinstance(error, ValidationError):
        return Response(messages_of(error), status=400)
    if isinstance(error, RowsRejected):
        many = context.get("view") is not None and getattr(context["view"], "is_bulk", False)
        if not many:
            return Response(renamed(next(iter(error.rows.values()))), status=400)
        return Response([renamed(error.rows.get(i, {})) for i in range(max(error.rows) + 1)], status=400)
    if isinstance(error, GuardedField):
        body: dict[str, Any] = {str(name): [error.message] for name in error.details["fields"]}  # type: ignore[attr-defined]
        return Response({**body, "code": error.code, "request_kind": error.details["request_kind"]}, status=400)
    if isinstance(error, StillUsed):
        return Response({"detail": error.message, "protected": error.details["protected"]}, status=409)
    if isinstance(error, ProductError) and error.status < 500:
        return Response({"detail": error.message, "code": error.code}, status=error.status)
    if isinstance(error, DataError | OverflowError):
        return Response({"detail": "A value is out of the range that the database can keep."}, status=400)
    if isinstance(error, OperationalError) and "locked" in str(error):
        return Response({"detail": "The database is busy; try again."}, status=503, headers={"Retry-After": "2"})
    return exception_handler(error, context)
