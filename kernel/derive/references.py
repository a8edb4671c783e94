"""Turns what a writer gives for another row (its number, some attributes, its name) into that row.

One resolver serves a whole request: look-ups are batched and stay within what the user may see. What is out of
scope answers exactly like what doesn't exist.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import FieldError, ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _

from kernel import policy
from kernel.derive.keys import SEPARATOR, key_paths, key_text, named
from kernel.derive.rows import shown_fields
from kernel.registry import registry
from kernel.spec import Spec

_CHUNK = 300
_BIGGEST = 2**63 - 1


class Resolver:
    """`user` None sees everything: the product's own loaders."""

    def __init__(self, user: Any) -> None:
        self._user = user
        self._by_id: dict[Spec, dict[int, Any]] = defaultdict(dict)
        self._by_key: dict[Spec, dict[str, list[Any]]] = defaultdict(dict)
        self._by_attributes: dict[tuple[Spec, str], list[Any]] = {}

    def _rows(self, spec: Spec) -> Any:
        rows = spec.queryset()
        return rows if self._user is None else policy.visible(self._user, spec, rows)

    def prefetch(self, spec: Spec, references: Iterable[Any]) -> None:
        """Look up many references of one model at once."""
        ids, keys = set(), set()
        for reference in references:
            if isinstance(reference, int) and not isinstance(reference, bool):
                ids.add(reference)
            elif isinstance(reference, str) and reference.strip():
                keys.add(reference.strip())
        self._load_ids(spec, ids - set(self._by_id[spec]))
        self._load_keys(spec, keys - set(self._by_key[spec]))

    def _load_ids(self, spec: Spec, ids: set[int]) -> None:
        wanted = [i for i in ids if 0 < i <= _BIGGEST]
        for start in range(0, len(wanted), _CHUNK):
            for row in self._rows(spec).filter(pk__in=wanted[start : start + _CHUNK]):
                self._by_id[spec][row.pk] = row

    def _load_keys(self, spec: Spec, keys: set[str]) -> None:
        paths = key_paths(spec)
        known = self._by_key[spec]
        wanted = [key for key in keys if "\x00" not in key and len(key) <= 500]
        for key in wanted:
            known.setdefault(key, [])
        split = [(key, tuple(part.strip() for part in key.split(SEPARATOR.strip()))) for key in wanted]
        split = [(key, parts) for key, parts in split if len(parts) == len(paths)]
        for start in range(0, len(split), _CHUNK):
            chunk = split[start : start + _CHUNK]
            condition = {f"{path}__in": {parts[i] for _key, parts in chunk} for i, path in enumerate(paths)}
            found: dict[str, list[Any]] = defaultdict(list)
            try:
                rows = list(named(spec, self._rows(spec)).filter(**condition))
            except (ValueError, ValidationError):  # a word where the natural key has a number
                rows = []
            for row in rows:
                found[key_text(row, spec)].append(row)
            for key, parts in chunk:
                known[key] = found.get(SEPARATOR.join(parts), [])

    def by_id(self, spec: Spec, pk: int) -> Any:
        if pk not in self._by_id[spec]:
            self._load_ids(spec, {pk})
        row = self._by_id[spec].get(pk)
        if row is None:
            raise ValidationError(_("There is no %(kind)s number %(pk)s.") % {"kind": spec.meta.verbose_name, "pk": pk})
        return row

    def by_key(self, spec: Spec, key: str) -> Any:
        """By natural key; a short name or slug of the model also counts when it is unambiguous."""
        key = key.strip()
        if key not in self._by_key[spec]:
            self._load_keys(spec, {key})
        found = self._by_key[spec][key] if key in self._by_key[spec] else []
        if len(found) != 1 and spec.field("slug") is not None and "\x00" not in key:
            found = list(self._rows(spec).filter(slug=key)[:2]) or found
        return self._only(spec, found, key)

    def by_columns(
        self, spec: Spec, names: tuple[str, ...], wanted: set[tuple[Any, ...]]
    ) -> dict[tuple[Any, ...], list[Any]]:
        """The rows that have one of these sets of values in the columns; None is a value like any other."""
        found: dict[tuple[Any, ...], list[Any]] = defaultdict(list)
        attnames = [spec.meta.get_field(name).attname for name in names]
        keys = list(wanted)
        for start in range(0, len(keys), _CHUNK):
            condition = Q()
            for attname, values in zip(attnames, zip(*keys[start : start + _CHUNK], strict=True), strict=True):
                one = Q(**{f"{attname}__in": {v for v in values if v is not None}})
                condition &= one | Q(**{f"{attname}__isnull": True}) if None in values else one
            for row in named(spec, self._rows(spec)).filter(condition).order_by("pk"):
                found[tuple(getattr(row, attname) for attname in attnames)].append(row)
        return found

    def by_attributes(self, spec: Spec, attributes: Mapping[str, Any]) -> Any:
        text = json.dumps(attributes, sort_keys=True, default=str)
        known = self._by_attributes.get((spec, text))
        if known is None:
            try:
                known = list(self._rows(spec).filter(**self._conditions(spec, attributes))[:2])
            except (FieldError, ValueError, TypeError, ArithmeticError) as error:
                raise ValidationError(
                    _("These attributes don't describe a %(kind)s.") % {"kind": spec.meta.verbose_name}
                ) from error
            self._by_attributes[spec, text] = known
        return self._only(spec, known, text)

    def _conditions(self, spec: Spec, attributes: Mapping[str, Any]) -> dict[str, Any]:
        """Equality of shown fields, those of a related row within the user's scope among them, and nothing else."""
        conditions: dict[str, Any] = {}
        for name, value in attributes.items():
            field = _field(spec, name)
            if isinstance(value, Mapping) and field.choices and "value" in value:
                value = value["value"]
            if isinstance(value, Mapping) and field.is_relation and field.related_model in registry:
                related = registry.of(field.related_model)
                inner = {n: _plain(_field(related, n), v) for n, v in value.items()}
                if not inner:
                    raise FieldError(name)
                conditions[f"{name}__in"] = self._rows(related).filter(**inner)
            else:
                conditions[name] = _plain(field, value)
        if not conditions:
            raise FieldError("empty")
        return conditions

    def _only(self, spec: Spec, found: list[Any], said: str) -> Any:
        if len(found) == 1:
            return found[0]
        values = {"kind": spec.meta.verbose_name, "said": said[:100]}
        if found:
            raise ValidationError(_("More than one %(kind)s is called “%(said)s”; name it exactly.") % values)
        raise ValidationError(_("There is no %(kind)s “%(said)s”.") % values)


def _field(spec: Spec, name: str) -> Any:
    if name != "id" and name not in shown_fields(spec):
        raise FieldError(name)
    return spec.field(name)


def _plain(field: Any, value: Any) -> Any:
    if not isinstance(value, str | int | float | bool | None) or (isinstance(value, str) and "\x00" in value):
        raise FieldError(field.name)
    return value
