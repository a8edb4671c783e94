"""Rows as the API and the sheets show them, assembled from `values()`: one query whatever their number.

A model instance with its related rows costs about ten times as much as a dictionary of its columns.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from functools import cache
from typing import Any

from django.db import models
from django.db.models import QuerySet
from django.utils import timezone

from kernel.derive.keys import display, word_paths
from kernel.registry import registry
from kernel.spec import Spec

Values = Mapping[str, Any]
Reader = Callable[[Values, str], Any]  # (columns, address of the API) -> value
STAMPS = ("created", "last_updated")


def json_value(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, dt.datetime):
        return timezone.localtime(value).isoformat()
    if isinstance(value, dt.date):
        return value.isoformat()
    return value


@cache
def brief_columns(spec: Spec) -> tuple[str, ...]:
    return tuple(dict.fromkeys(("id", *(b for b in spec.brief if spec.field(b) is not None), *word_paths(spec))))


def brief(spec: Spec, values: Values, address: str, prefix: str = "") -> dict[str, Any]:
    """A row as another row shows it: id, address, words, and the few fields that the spec names."""
    pk = values[f"{prefix}id"]
    shown = {
        "id": pk,
        "url": f"{address}/{spec.api[0]}/{spec.api[1]}/{pk}/",
        "display": display(spec, values, prefix),
    }
    shown.update({b: json_value(values[prefix + b]) for b in spec.brief if spec.field(b) is not None})
    return shown


class Plan:
    """Which columns to read for a model's fields and how each becomes a JSON value. Made once per field set."""

    def __init__(self, spec: Spec, names: tuple[str, ...]) -> None:
        self.spec = spec
        self.columns: dict[str, None] = {"id": None}
        self.readers: list[tuple[str, Reader]] = []
        for name in names:
            self.readers.append((name, self._reader(name)))

    def _column(self, name: str) -> None:
        self.columns[name] = None

    def _reader(self, name: str) -> Reader:
        spec = self.spec
        if name == "id":
            return lambda values, address: values["id"]
        if name == "url":
            path = f"/{spec.api[0]}/{spec.api[1]}/"
            return lambda values, address: f"{address}{path}{values['id']}/"
        if name == "display_url":
            path = f"/{spec.api[0]}/{spec.api[1]}/"
            return lambda values, address: f"{address.removesuffix('/api')}{path}{values['id']}/"
        if name == "display":
            for path in word_paths(spec):
                self._column(path)
            return lambda values, address: display(spec, values)
        field = spec.field(name)
        if field is None:
            self._column(name)
            return lambda values, address: json_value(values[name])
        if field.is_relation:
            return self._relation(field)
        self._column(name)
        if field.choices:
            labels = dict(field.flatchoices)
            return lambda values, address: (
                {"value": values[name], "label": str(labels.get(values[name], values[name]))}
                if values[name] not in (None, "")
                else None
            )
        if isinstance(field, models.DecimalField | models.DateTimeField | models.DateField):
            return lambda values, address: json_value(values[name])
        return lambda values, address: values[name]

    def _relation(self, field: Any) -> Reader:
        if field.related_model not in registry:
            self._column(field.attname)
            return lambda values, address: values[field.attname]
        related, prefix = registry.of(field.related_model), f"{field.name}__"
        for column in brief_columns(related):
            self._column(prefix + column)
        return lambda values, address: (
            None if values[f"{prefix}id"] is None else brief(related, values, address, prefix)
        )

    def read(self, rows: QuerySet[Any], address: str) -> list[dict[str, Any]]:
        return [
            {name: reader(values, address) for name, reader in self.readers} for values in rows.values(*self.columns)
        ]


@cache
def api_names(spec: Spec) -> tuple[str, ...]:
    stamps = (name for name in STAMPS if spec.field(name) is not None)
    return ("id", "url", "display_url", "display", *spec.fields, *(c.name for c in spec.computed), *stamps)


@cache
def brief_names(spec: Spec) -> tuple[str, ...]:
    return ("id", "url", "display", *(b for b in spec.brief if spec.field(b) is not None))


@cache
def shown_fields(spec: Spec) -> frozenset[str]:
    """The model's fields that some door shows, and with them what a client may filter, sort and name rows by."""
    named = (*spec.fields, *spec.columns, *spec.filters, *spec.natural_key, *spec.words, *spec.brief, *STAMPS)
    fields = {name: spec.field(name) for name in named}
    return frozenset(name for name, field in fields.items() if field is not None and field.concrete)


@cache
def plan(spec: Spec, names: tuple[str, ...]) -> Plan:
    return Plan(spec, names)


def chosen(
    spec: Spec, *, is_brief: bool = False, fields: Iterable[str] = (), omit: Iterable[str] = ()
) -> tuple[str, ...]:
    """The field names of one answer, after `brief`, `fields` and `exclude`."""
    names = brief_names(spec) if is_brief else api_names(spec)
    wanted, left_out = set(fields), set(omit)
    return tuple(n for n in names if (not wanted or n in wanted) and n not in left_out)
