"""Reads a row's values from JSON or from a sheet, and documents their shape. Answers are made by `rows`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from django.core.exceptions import ValidationError as ModelError
from django.db import models
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.validators import UniqueValidator

from kernel.derive.references import Resolver
from kernel.registry import registry
from kernel.spec import Spec


class ReferenceField(serializers.Field):  # type: ignore[type-arg]  # the stubs want four parameters
    """Another row by number, by attributes or, in a sheet, by its natural key."""

    def __init__(self, related: Spec, **kwargs: Any) -> None:
        self.related = related
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> Any:
        resolver: Resolver = self.context["resolver"]
        try:
            if isinstance(data, bool | list | float):
                raise ModelError(_("Give a number, a name or an object with attributes."))
            if isinstance(data, int):
                return resolver.by_id(self.related, data)
            if isinstance(data, Mapping):
                if isinstance(data.get("id"), int):
                    return resolver.by_id(self.related, data["id"])
                return resolver.by_attributes(self.related, {str(k): v for k, v in data.items()})
            text = str(data).strip()
            if text.isascii() and text.isdigit() and not self.context.get("is_sheet"):
                return resolver.by_id(self.related, int(text[:19]))
            return resolver.by_key(self.related, text)
        except ModelError as error:
            raise serializers.ValidationError(error.messages) from error

    def to_representation(self, value: Any) -> Any:
        return value.pk


class ChoiceField(serializers.ChoiceField):
    """By value; `{"value": ...}` is also taken, and in a sheet the label that people read."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            data = data.get("value")
        if isinstance(data, list):
            self.fail("invalid_choice", input=data)
        if self.context.get("is_sheet") and isinstance(data, str):
            for value, label in self.choices.items():
                if str(label) == data.strip():
                    return value
        return super().to_internal_value(data)


def one_newline(text: str) -> str:
    """Browsers send "\\r\\n" and a workbook keeps "\\n"; the record holds one, so that a sheet comes in unchanged."""
    return text.replace("\r\n", "\n")


class PlainTextField(serializers.CharField):
    """NULL and empty text are the same to a column that has no NULL."""

    def run_validation(self, data: Any = serializers.empty) -> Any:
        return super().run_validation("" if data is None and self.allow_blank and not self.allow_null else data)

    def to_internal_value(self, data: Any) -> str:
        return one_newline(super().to_internal_value(data))


class JsonField(serializers.JSONField):
    """In a sheet a cell holds the value as JSON text, the way it was exported."""

    def to_internal_value(self, data: Any) -> Any:
        if self.context.get("is_sheet") and isinstance(data, str):
            try:
                data = json.loads(data)
            except ValueError:
                self.fail("invalid")
        return super().to_internal_value(data)


class SpecSerializer(serializers.ModelSerializer):  # type: ignore[type-arg]  # its model is set by the factory
    serializer_choice_field = ChoiceField
    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.CharField: PlainTextField,
        models.TextField: PlainTextField,
        models.JSONField: JsonField,
    }
    spec: Spec

    def build_relational_field(self, field_name: str, relation_info: Any) -> Any:
        _class, kwargs = super().build_relational_field(field_name, relation_info)
        kept = {k: v for k, v in kwargs.items() if k in ("required", "allow_null", "help_text", "label")}
        return ReferenceField, {"related": registry.of(relation_info.related_model), **kept}

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        for name, field in fields.items():
            # Uniqueness is checked by set in the write path; row by row it costs a query each.
            field.validators = [v for v in field.validators if not isinstance(v, UniqueValidator)]
            model_field = self.spec.field(name)
            if model_field is not None and model_field.has_default():
                field.required = False
            if isinstance(field, ChoiceField) and model_field is not None and model_field.blank:
                field.allow_null = True
        return fields

    def get_validators(self) -> list[Any]:
        return []

    def validate(self, attrs: Any) -> Any:
        for name, value in attrs.items():
            field = self.spec.field(name)
            if value is None and field is not None and not field.null and not field.is_relation:
                attrs[name] = "" if field.empty_strings_allowed else field.get_default()
        return attrs


@cache
def serializer_for(spec: Spec) -> type[SpecSerializer]:
    if spec.serializer_class is not None:
        return spec.serializer_class
    meta = type("Meta", (), {"model": spec.model, "fields": spec.fields, "validators": []})
    name = f"{spec.model.__name__}"
    return type(name, (SpecSerializer,), {"Meta": meta, "spec": spec})


class Reader:
    """Reads many rows with one set of fields: making the fields costs several times what reading a row does."""

    def __init__(self, spec: Spec, resolver: Resolver, *, is_sheet: bool = False) -> None:
        context = {"resolver": resolver, "is_sheet": is_sheet}
        self._whole = serializer_for(spec)(context=context)
        self._partial = serializer_for(spec)(context=context, partial=True)

    def read(self, data: Mapping[str, Any], *, partial: bool = False) -> Mapping[str, Any]:
        """The row's values by field. Raises the serializer's ValidationError."""
        return (self._partial if partial else self._whole).run_validation(data)  # type: ignore[no-any-return]  # a dict

    def read_one(self, name: str, value: Any) -> Any:
        return self._whole.fields[name].run_validation(value)


def prefetch(spec: Spec, resolver: Resolver, rows: Iterable[Mapping[str, Any]]) -> None:
    """Look up every reference in the rows at once, before each row is read."""
    listed = [row for row in rows if isinstance(row, Mapping)]
    for name in spec.fields:
        field = spec.field(name)
        if field is not None and field.is_relation:
            related = registry.of(field.related_model)
            references = []
            for row in listed:
                value = row.get(name)
                references.append(value.get("id") if isinstance(value, Mapping) else value)
            resolver.prefetch(related, references)


def assign(row: Any, values: Mapping[str, Any]) -> Any:
    """Put read values on a row."""
    for name, value in values.items():
        setattr(row, name, value)
    return row
