"""What a set of rows must keep, checked by set: references exist, unique values stay unique."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import partial
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models
from django.utils.translation import gettext as _

_CHUNK = 200  # SQLite allows 250,000 parameters today, older builds 999; several columns share them
_FEW = 20  # up to here each row's own constraints are also asked one by one, for their exact message

Problems = dict[int, dict[str, list[str]]]


def problems(rows: Sequence[Any]) -> Problems:
    """Everything wrong with the rows, by position and field. Costs queries by constraint, not by row."""
    found: Problems = defaultdict(lambda: defaultdict(list))
    relations = [field for field in type(rows[0])._meta.concrete_fields if field.is_relation]
    for position, row in enumerate(rows):
        given = {field.name for field in relations if getattr(row, field.attname) is not None}
        for check in (partial(row.clean_fields, exclude=given), row.clean):  # `_references` looks them up by set
            try:
                check()
            except ValidationError as refused:
                _add(found, position, refused)
    _references(rows, found)
    for names, message in _unique_sets(type(rows[0])):
        _uniqueness(rows, names, message, found)
    if len(rows) <= _FEW:
        for position, row in enumerate(rows):
            if position not in found:
                found[position].update(broken_constraints(row))
    return {position: dict(fields) for position, fields in found.items() if fields}


def broken_constraints(row: Any) -> dict[str, list[str]]:
    """What one row breaks of its model's constraints, by column; costs a query for each."""
    found: dict[str, list[str]] = defaultdict(list)
    for model, constraints in row.get_constraints():
        for constraint in constraints:
            try:
                constraint.validate(model, row)
            except ValidationError as refused:
                found[column_of(model, constraint)] += refused.messages
    return dict(found)


def column_of(model: type[models.Model], constraint: models.BaseConstraint) -> str:
    """Where a message about the constraint belongs: the last of the columns that it compares."""
    names: set[str] = set(getattr(constraint, "fields", ()))
    if isinstance(constraint, models.CheckConstraint):
        names = constraint.condition.referenced_base_fields  # type: ignore[union-attr]  # every one here is a Q
    own = [field.name for field in model._meta.concrete_fields if {field.name, field.attname} & names]
    return own[-1] if own else NON_FIELD_ERRORS


def _add(found: Problems, position: int, refused: ValidationError) -> None:
    messages = refused.message_dict if hasattr(refused, "error_dict") else {NON_FIELD_ERRORS: refused.messages}
    for name, texts in messages.items():
        known = found[position].setdefault(name, [])
        known.extend(text for text in texts if text not in known)


def _references(rows: Sequence[Any], found: Problems) -> None:
    for field in type(rows[0])._meta.concrete_fields:
        if not field.is_relation or field.related_model is None:
            continue
        wanted = {getattr(row, field.attname) for row in rows} - {None}
        # A loaded related object was read from the database by whoever set it.
        wanted -= {getattr(r, field.name).pk for r in rows if field.is_cached(r) and getattr(r, field.name) is not None}
        known: set[Any] = set()
        values = list(wanted)
        for start in range(0, len(values), _CHUNK):
            chunk = values[start : start + _CHUNK]
            known.update(field.related_model._base_manager.filter(pk__in=chunk).values_list("pk", flat=True))
        if wanted - known:
            for position, row in enumerate(rows):
                if getattr(row, field.attname) in wanted - known:
                    found[position].setdefault(field.name, []).append(_("There is no such row."))


def _unique_sets(model: type[models.Model]) -> list[tuple[tuple[str, ...], str]]:
    """The field sets that must be unique, and what to say. Conditional ones are left to the database."""
    sets: list[tuple[tuple[str, ...], str]] = [
        ((f.name,), "") for f in model._meta.concrete_fields if f.unique and not f.primary_key
    ]
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.UniqueConstraint) and constraint.fields and constraint.condition is None:
            said = constraint.violation_error_message
            default = models.UniqueConstraint.default_violation_error_message
            sets.append((tuple(constraint.fields), "" if said == default else str(said)))
    return sets


def _uniqueness(rows: Sequence[Any], names: tuple[str, ...], message: str, found: Problems) -> None:
    model = type(rows[0])
    attnames = [model._meta.get_field(name).attname for name in names]  # type: ignore[union-attr]  # concrete fields
    keys: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    for position, row in enumerate(rows):
        key = tuple(getattr(row, a) for a in attnames)
        if None not in key and not (len(key) == 1 and key[0] == ""):
            keys[key].append(position)
    own = {row.pk for row in rows if row.pk is not None}
    taken = {key for key, positions in keys.items() if len(positions) > 1}
    known = list(keys)
    for start in range(0, len(known), _CHUNK):
        chunk = known[start : start + _CHUNK]
        condition = {f"{a}__in": {key[i] for key in chunk} for i, a in enumerate(attnames)}
        stored = model._base_manager.filter(**condition).values_list("pk", *attnames)
        # A row of this very set may give its value to another one, so it doesn't count as taken.
        taken.update(tuple(row[1:]) for row in stored if row[0] not in own and tuple(row[1:]) in keys)
    for key in taken:
        for position in keys[key]:
            text = message or _("Another row has this value already.")
            target = names[0] if len(names) == 1 else names[-1]
            found[position].setdefault(target, []).append(text)
