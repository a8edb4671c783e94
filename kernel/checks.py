"""Start-up checks: every recorded model has one whole spec. A gap is an error before the first request."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import FieldDoesNotExist

from kernel.models import Recorded
from kernel.registry import registry
from kernel.spec import PUBLIC, Spec

_OF_THE_API = frozenset({"id", "url", "display_url", "display", "created", "last_updated"})
MAX_JOINS = 3  # interface, device, site, division


def _resolve(model: Any, path: str) -> tuple[Any, int]:
    """The field at the end of an ORM path and the joins on the way."""
    joins = 0
    field: Any = None
    for position, step in enumerate(path.split("__")):
        if position:
            model = field.related_model
            joins += 1
        if step == "pk":
            step = model._meta.pk.name
        field = next((f for f in model._meta.concrete_fields if step in (f.name, f.attname)), None)
        if field is None:
            raise FieldDoesNotExist(f"{model.__name__} has no field {step}")
        if step == field.attname and step != field.name and position != len(path.split("__")) - 1:
            raise FieldDoesNotExist(f"{path} goes on after {step}")
    return field, joins


def _named_fields(spec: Spec) -> Iterable[tuple[str, str]]:
    for slot in ("fields", "columns", "filters", "natural_key", "words", "brief"):
        for name in getattr(spec, slot):
            yield slot, name
    for guard in spec.guards:
        for name in guard.fields:
            yield "guards", name


def _slot_errors(spec: Spec) -> Iterable[str]:
    subtrees = {name for name, _path in spec.subtree_filters}
    for slot, name in _named_fields(spec):
        if name in spec.computed_by_name or (slot == "filters" and name in subtrees):
            continue
        if spec.field(name) is None:
            yield f"{slot} names {name!r}, which is no field of the model"
    for name in (*spec.fields, *spec.computed_by_name):
        if name in _OF_THE_API:
            yield f"names {name!r}, which every API answer uses for itself"
    for path in spec.search:
        try:
            _resolve(spec.model, path)
        except FieldDoesNotExist as error:
            yield f"search: {error}"
    for name, path in spec.subtree_filters:
        try:
            field, _joins = _resolve(spec.model, path)
            if field.related_model is None or not any(f.name == "path" for f in field.related_model._meta.fields):
                yield f"subtree filter {name!r} doesn't lead to a tree"
        except FieldDoesNotExist as error:
            yield f"subtree filter {name!r}: {error}"


def _scope_errors(spec: Spec) -> Iterable[str]:
    scope = getattr(spec, "scope", None)
    if scope is None:
        yield "says neither a scope nor PUBLIC"
        return
    if scope == PUBLIC:
        return
    for path in (scope.org, scope.area):
        if not path:
            continue
        try:
            _field, joins = _resolve(spec.model, path)
            if joins > MAX_JOINS:
                yield f"scope path {path!r} takes {joins} joins, at most {MAX_JOINS}"
        except FieldDoesNotExist as error:
            yield f"scope: {error}"


@register()
def specs_are_whole(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    for model in apps.get_models():
        if issubclass(model, Recorded) and model not in registry:
            found.append(Error(f"{model._meta.label} is recorded but has no spec.", obj=model, id="kernel.E001"))
    for spec in registry.all():
        name = type(spec).__name__
        for text in (*_slot_errors(spec), *_scope_errors(spec)):
            found.append(Error(f"{name} {text}.", obj=spec.model, id="kernel.E002"))
        for field in spec.relations.values():
            if field not in registry and not spec.read_only:
                found.append(
                    Error(f"{name} refers to {field.__name__}, which has no spec.", obj=spec.model, id="kernel.E003")
                )
    return found
