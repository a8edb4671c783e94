"""How people name a row: its natural key as plain columns, and the words made from them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from django.db.models import QuerySet

from kernel.registry import registry
from kernel.spec import Spec

SEPARATOR = " | "


@cache
def key_paths(spec: Spec) -> tuple[str, ...]:
    """The natural key as ORM paths to columns; a foreign key in it stands for its own natural key."""
    paths: list[str] = []
    for name in spec.natural_key:
        field = spec.field(name)
        if field is not None and field.is_relation:
            paths += [f"{name}__{path}" for path in key_paths(registry.of(field.related_model))]
        else:
            paths.append(name)
    return tuple(paths)


@cache
def word_paths(spec: Spec) -> tuple[str, ...]:
    """What people read instead of the natural key, as ORM paths to columns."""
    paths: list[str] = []
    for name in spec.words or spec.natural_key:
        field = spec.field(name)
        if field is not None and field.is_relation:
            paths += [f"{name}__{path}" for path in word_paths(registry.of(field.related_model))]
        else:
            paths.append(name)
    return tuple(paths)


@cache
def _joins(spec: Spec) -> tuple[str, ...]:
    paths = {*key_paths(spec), *word_paths(spec)}
    for name, model in spec.relations.items():
        paths.add(f"{name}__pk")
        if model in registry:
            related = registry.of(model)
            paths.update(f"{name}__{path}" for path in (*key_paths(related), *word_paths(related)))
    return tuple(sorted({path.rpartition("__")[0] for path in paths if "__" in path}))


def named(spec: Spec, rows: QuerySet[Any]) -> QuerySet[Any]:
    """The rows with everything joined in that names them and the rows they refer to: a list costs one query."""
    return rows.select_related(*_joins(spec))


def _joined(values: Mapping[str, Any], prefix: str, paths: tuple[str, ...]) -> str:
    return SEPARATOR.join(str(values[prefix + path]) for path in paths if values[prefix + path] not in (None, ""))


def display(spec: Spec, values: Mapping[str, Any], prefix: str = "") -> str:
    """The row in words, from `values()`; equals `str(row)`."""
    return _joined(values, prefix, word_paths(spec))


def key_of(spec: Spec, values: Mapping[str, Any], prefix: str = "") -> str:
    """The row's natural key, from `values()`: what a sheet says of it."""
    return _joined(values, prefix, key_paths(spec))


def key_text(row: Any, spec: Spec) -> str:
    """The same from a loaded row."""
    parts = []
    for path in key_paths(spec):
        value = row
        for step in path.split("__"):
            value = getattr(value, step) if value is not None else None
        if value is not None:
            parts.append(str(value))
    return SEPARATOR.join(parts)
