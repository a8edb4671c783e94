"""A row as plain JSON values, and the change record of one write."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from decimal import Decimal
from typing import Any

from django.db import models

from kernel.models import ChangeRecord, User
from kernel.spec import Spec

_NOT_SHOWN = {"created", "last_updated", "version"}
_OF_ACCOUNTS = {"password", "last_login"}  # signing in is no change of the record, and a hash is nobody's business

# One request, import or command is one unit of the trail; its door sets this, else each write stands alone.
current_request: ContextVar[uuid.UUID | None] = ContextVar("kernel_current_request", default=None)


def plain(value: Any) -> Any:
    """A column's value as JSON keeps it."""
    if value is None or isinstance(value, str | int | float | bool | list | dict):
        return value
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, dt.datetime):
        # The same instant reads the same, whatever zone a form or a client wrote it in.
        return value.astimezone(dt.UTC).isoformat() if value.tzinfo else value.isoformat()
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    return str(value)


def picture(row: models.Model) -> dict[str, Any]:
    hidden = _NOT_SHOWN | _OF_ACCOUNTS if isinstance(row, User) else _NOT_SHOWN
    return {f.attname: plain(f.value_from_object(row)) for f in row._meta.concrete_fields if f.name not in hidden}


def changed_fields(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    return [name for name, value in after.items() if before.get(name) != value]


def scopes_of(spec: Spec, pks: Iterable[int]) -> dict[int, tuple[int | None, str]]:
    """Where each row lies now: {pk: (organisation id, division path)}; one query for a set."""
    paths = [p for p in (spec.scope.org, spec.scope.area) if p]
    wanted = list(pks)
    if not paths or not wanted:
        return {}
    found: dict[int, tuple[int | None, str]] = {}
    for start in range(0, len(wanted), 500):
        rows = spec.model._base_manager.filter(pk__in=wanted[start : start + 500]).values("pk", *paths)
        for row in rows:
            org = row[spec.scope.org] if spec.scope.org else None
            area = row[spec.scope.area] if spec.scope.area else ""
            found[row["pk"]] = (org, area or "")
    return found


def change(
    spec: Spec,
    row: models.Model,
    *,
    action: str,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
    actor: Any,
    reason: str,
    scope: tuple[int | None, str],
    at: dt.datetime,
    request_id: uuid.UUID,
) -> ChangeRecord:
    return ChangeRecord(
        at=at,
        actor_id=actor.pk if actor else None,
        actor_name=actor.get_full_name() if actor else "system",
        request_id=request_id,
        action=action,
        object_type=spec.object_type,
        object_id=row.pk,
        object_repr=str(row)[:200],
        reason=reason[:500],
        before=before,
        after=after,
        org_id=scope[0],
        area_path=scope[1],
    )
