"""What the record said at a past moment, read off the trail."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db import models
from django.db.models import Count, Max, Q

from kernel.models import ChangeRecord
from kernel.registry import registry

Columns = dict[str, Any]
# A document that was hung on a row or taken off is in the row's trail too, under a name of its own.
_OF_ROWS = Q(after__isnull=True) | (~Q(after={}) & ~Q(after__has_key="attachment"))


def rows_as_of(model: type[models.Model], at: dt.datetime, pks: Iterable[int] | None = None) -> dict[int, Columns]:
    """Every row that stood at that moment, by number, with its columns as they were then. One query.

    A column that the model has got since then carries its default. `created` and `version` aren't part of the trail.
    """
    records = ChangeRecord.objects.filter(_OF_ROWS, object_type=registry.of(model).object_type, at__lte=at)
    if pks is not None:
        records = records.filter(object_id__in=set(pks))
    last = records.order_by().values("object_id").annotate(last=Max("id")).values("last")
    found = ChangeRecord.objects.filter(pk__in=last, after__isnull=False).values_list("object_id", "after")
    fields: list[Any] = [f for f in model._meta.concrete_fields if not f.primary_key]
    return {pk: {f.attname: _value(f, after or {}) for f in fields} for pk, after in found.order_by("object_id")}


def versions_as_of(model: type[models.Model], at: dt.datetime) -> dict[int, int]:
    """How many times each row had been written by then. One query."""
    records = ChangeRecord.objects.filter(object_type=registry.of(model).object_type, at__lte=at).order_by()
    return dict(records.values_list("object_id").annotate(Count("pk")))


def _value(field: Any, after: Columns) -> Any:
    if field.attname not in after:
        return field.get_default()
    value = after[field.attname]
    if isinstance(field, models.BinaryField):
        return bytes.fromhex(value) if value else value
    return field.to_python(value) if not field.is_relation else value
