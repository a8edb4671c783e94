"""Filters of a model, derived from the fields it shows, in NetBox's parameter language.

`name=a&name=b` is either of both, `name__ic=x` contains, `site_id=1`, `site=slug`, `bandwidth__gte=100`.
Unknown parameters are ignored, as NetBox does; an unreadable value is refused by name.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q, QuerySet
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.timezone import make_aware
from django.utils.translation import gettext as _

from kernel.derive.keys import SEPARATOR, key_paths
from kernel.derive.patterns import is_readable
from kernel.derive.rows import shown_fields
from kernel.registry import registry
from kernel.spec import Spec

RESERVED = frozenset(
    {
        "limit",
        "offset",
        "ordering",
        "q",
        "brief",
        "fields",
        "exclude",
        "omit",
        "format",
        "page",
        "size",
        "sort",
        "columns",
    }
)
_MAX_VALUES = 1000
_MAX_TEXT = 500
_MAX_PATTERN = 100  # of all values of a parameter together
_BIGGEST = 2**63 - 1
_BIGGEST_DECIMAL = Decimal(10) ** 15

_TEXT_LOOKUPS = {
    "": "exact",
    "ic": "icontains",
    "ie": "iexact",
    "isw": "istartswith",
    "iew": "iendswith",
    "regex": "regex",
    "iregex": "iregex",
}
_ORDERED_LOOKUPS = {"": "exact", "gt": "gt", "gte": "gte", "lt": "lt", "lte": "lte"}
_NEGATED = {"n": "", "nic": "ic", "nie": "ie", "nisw": "isw", "niew": "iew"}


@dataclass(frozen=True)
class Filter:
    """One parameter without its suffix. `kind` says which suffixes it takes and how a value is read."""

    name: str
    path: str
    kind: str  # text, number, decimal, date, datetime, bool, choice, id, key, subtree
    choices: tuple[str, ...] = ()
    related: Spec | None = None
    is_text: bool = False  # the column holds text, which may be empty without being NULL

    @property
    def suffixes(self) -> tuple[str, ...]:
        if self.kind == "text":
            return (*_TEXT_LOOKUPS, *_NEGATED, "empty", "isnull")
        if self.kind in ("number", "decimal", "date", "datetime"):
            return (*_ORDERED_LOOKUPS, "n", "empty", "isnull")
        if self.kind in ("choice", "id", "key"):
            return ("", "n", "isnull", "empty")
        return ("",)


def _kind(field: Any) -> str | None:
    if field.choices:
        return "choice"
    for kinds, name in (
        ((models.BooleanField,), "bool"),
        ((models.DateTimeField,), "datetime"),
        ((models.DateField,), "date"),
        ((models.DecimalField, models.FloatField), "decimal"),
        ((models.IntegerField, models.AutoField), "number"),
        ((models.CharField, models.TextField), "text"),
    ):
        if isinstance(field, kinds):
            return name
    return None


@cache
def filters_of(spec: Spec) -> dict[str, Filter]:
    """Every filter of a model by parameter name."""
    found: dict[str, Filter] = {}
    for field in spec.meta.concrete_fields:
        if field.name not in shown_fields(spec):
            continue
        if field.is_relation:
            related = registry.of(field.related_model) if field.related_model in registry else None
            found[f"{field.name}_id"] = Filter(f"{field.name}_id", field.attname, "id", related=related)
            if related is not None:
                path = "slug" if related.field("slug") is not None else key_paths(related)[0]
                found[field.name] = Filter(field.name, f"{field.name}__{path}", "key", related=related)
        elif (kind := _kind(field)) is not None:
            choices = tuple(str(value) for value, _label in field.flatchoices)
            is_text = isinstance(field, models.CharField | models.TextField)
            found[field.name] = Filter(field.name, field.name, kind, choices, is_text=is_text)
    for computed in spec.computed:
        if computed.kind == "number":
            found[computed.name] = Filter(computed.name, computed.name, "number")
    for name, path in spec.subtree_filters:
        model: Any = spec.model
        for step in path.split("__"):
            model = model._meta.get_field(step).related_model
        related = registry.of(model)
        found[name] = Filter(name, path, "subtree", related=related)
        found[f"{name}_id"] = Filter(f"{name}_id", path, "subtree", related=related)
    return found


def _number(text: str) -> int:
    value = int(text)
    if abs(value) > _BIGGEST:
        raise ValueError(text)
    return value


def _decimal(text: str) -> Decimal:
    value = Decimal(text)
    if not value.is_finite() or abs(value) > _BIGGEST_DECIMAL:
        raise ValueError(text)
    return value


def _date(text: str) -> dt.date:
    value = parse_date(text)
    if value is None:
        raise ValueError(text)
    return value


def _datetime(text: str) -> dt.datetime:
    value = parse_datetime(text)
    if value is None:
        value = dt.datetime.combine(_date(text), dt.time())
    aware = value if value.tzinfo else make_aware(value)
    return aware.astimezone(dt.UTC)  # overflows here, by name, and not inside the query


def _bool(text: str) -> bool:
    if text.lower() in ("true", "1", "yes", "on"):
        return True
    if text.lower() in ("false", "0", "no", "off"):
        return False
    raise ValueError(text)


_READERS: dict[str, Callable[[str], Any]] = {
    "number": _number,
    "decimal": _decimal,
    "date": _date,
    "datetime": _datetime,
    "bool": _bool,
    "id": _number,
}


def _refuse(parameter: str, text: str) -> ValidationError:
    said = _("“%(value)s” can't be read as a value of this filter.") % {"value": text[:50]}
    return ValidationError({parameter: [said]})


def _values(filter_: Filter, parameter: str, texts: Iterable[str]) -> list[Any]:
    values: list[Any] = []
    for text in texts:
        if "\x00" in text or len(text) > _MAX_TEXT:
            raise _refuse(parameter, text.replace("\x00", "�"))
        if text == "null" and filter_.kind in ("id", "key", "choice", "subtree"):
            values.append(None)
            continue
        if filter_.kind == "choice" and text not in filter_.choices:
            raise _refuse(parameter, text)
        try:
            values.append(_READERS[filter_.kind](text) if filter_.kind in _READERS else text)
        except (ValueError, InvalidOperation, OverflowError) as error:
            raise _refuse(parameter, text) from error
    if len(values) > _MAX_VALUES:
        raise ValidationError({parameter: [_("At most %(count)d values at once.") % {"count": _MAX_VALUES}]})
    return values


def _any_of(path: str, lookup: str, values: list[Any]) -> Q:
    if lookup == "exact":
        known = [v for v in values if v is not None]
        condition = Q(**{f"{path}__in": known}) if known else Q(pk__in=[])
        if None in values:
            condition |= Q(**{f"{path}__isnull": True})
        return condition
    condition = Q()
    for value in values:
        condition |= Q(**{f"{path}__{lookup}": value})
    return condition


def _subtree(filter_: Filter, values: list[Any]) -> Q:
    """The named tree rows and everything below them, by materialised path."""
    assert filter_.related is not None
    by_id = filter_.name.endswith("_id")
    manager = filter_.related.model._base_manager
    known = [v for v in values if v is not None]
    if by_id:
        try:
            rows = manager.filter(pk__in=[_number(str(v)) for v in known])
        except ValueError as error:
            raise _refuse(filter_.name, str(known[0])) from error
    else:
        rows = manager.filter(slug__in=known)
    condition = Q(**{f"{filter_.path}__isnull": True}) if None in values else Q(pk__in=[])
    for path in rows.values_list("path", flat=True):
        condition |= Q(**{f"{filter_.path}__path__startswith": path})
    return condition


def _named(filter_: Filter, related: Spec, values: list[Any]) -> Q:
    """Rows that refer to one of these: by slug or first word of the natural key, or by the whole key."""
    whole = [v for v in values if v is not None and SEPARATOR in v]
    condition = _any_of(filter_.path, "exact", [v for v in values if v not in whole])
    paths = key_paths(related)
    for value in whole:
        parts = value.split(SEPARATOR)
        if len(parts) == len(paths):
            condition |= Q(**{f"{filter_.name}__{path}": part for path, part in zip(paths, parts, strict=True)})
    return condition


def _refuse_costly(parameter: str, patterns: list[str]) -> None:
    if sum(map(len, patterns)) > _MAX_PATTERN or not all(map(is_readable, patterns)):
        raise _refuse(parameter, patterns[0])


def _condition(filter_: Filter, parameter: str, suffix: str, texts: list[str]) -> Q:
    if suffix in ("isnull", "empty"):
        wanted = _values(Filter(parameter, "", "bool"), parameter, texts[-1:])[0]
        condition = Q(**{f"{filter_.path}__isnull": True})
        if suffix == "empty" and filter_.is_text:
            condition |= Q(**{filter_.path: ""})
        return condition if wanted else ~condition
    values = _values(filter_, parameter, texts)
    if suffix in ("regex", "iregex"):
        _refuse_costly(parameter, texts)
    if filter_.kind == "subtree":
        return _subtree(filter_, values)
    negated = suffix in _NEGATED
    if filter_.kind == "key" and filter_.related is not None:
        condition = _named(filter_, filter_.related, values)
        return ~condition if negated else condition
    lookup = (_TEXT_LOOKUPS if filter_.kind == "text" else _ORDERED_LOOKUPS)[_NEGATED.get(suffix, suffix)]
    condition = _any_of(filter_.path, lookup, values)
    return ~condition if negated else condition


def searched(spec: Spec, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
    """Rows in which each word of the text occurs in one of the searched fields."""
    for word in text.replace("\x00", " ")[:_MAX_TEXT].split()[:10]:
        condition = Q()
        for path in spec.search:
            condition |= Q(**{f"{path}__icontains": word})
        rows = rows.filter(condition)
    return rows


def apply(spec: Spec, rows: QuerySet[Any], params: Any) -> QuerySet[Any]:
    """Filter rows by a query string (a QueryDict). Raises ValidationError naming the parameter."""
    known = filters_of(spec)
    for parameter, texts in params.lists():
        if parameter in RESERVED:
            continue
        name, _sep, suffix = parameter.partition("__")
        filter_ = known.get(name)
        texts = [t for t in texts if t != ""]
        if filter_ is None or suffix not in filter_.suffixes or not texts:
            if parameter == "id" and texts:
                rows = rows.filter(pk__in=_values(Filter("id", "pk", "id"), "id", texts))
            continue
        rows = rows.filter(_condition(filter_, parameter, suffix, texts))
    if spec.search and (text := params.get("q", "").strip()):
        rows = searched(spec, rows, text)
    return rows


def ordered(spec: Spec, rows: QuerySet[Any], wanted: str) -> QuerySet[Any]:
    """Order by a comma-separated list of shown fields; any other word is left out; ends in the primary key."""
    order: list[str] = []
    for name in wanted.split(","):
        bare = name.strip().lstrip("-")
        if bare == "id":
            bare = "pk"
        if bare == "pk" or bare in spec.computed_by_name or bare in shown_fields(spec):
            path, field = bare, spec.field(bare)
            if field is not None and field.is_relation:
                related = registry.of(field.related_model) if field.related_model in registry else None
                path = f"{bare}__{key_paths(related)[0]}" if related else field.attname
            order.append(f"-{path}" if name.strip().startswith("-") else path)
    return rows.order_by(*(order or spec.ordering), "pk")
