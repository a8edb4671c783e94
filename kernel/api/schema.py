"""The OpenAPI document, derived from the specs: parameters, bodies and answers as the views really give them."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from rest_framework import serializers

from kernel.api.views import MAX_BULK
from kernel.derive.filters import filters_of
from kernel.derive.rows import STAMPS, brief_names
from kernel.derive.serializers import ChoiceField, ReferenceField, serializer_for
from kernel.registry import registry
from kernel.spec import Spec

_TYPES: dict[str, dict[str, Any]] = {
    "text": {"type": "string"},
    "choice": {"type": "string"},
    "number": {"type": "integer"},
    "decimal": {"type": "number"},
    "date": {"type": "string", "format": "date"},
    "id": {"type": "integer"},
    "datetime": {"type": "string", "format": "date-time"},
    "bool": {"type": "boolean"},
    "key": {"type": "string"},
    "subtree": {"type": "string"},
}
_NULLABLE_STRING = {"type": "string", "nullable": True}


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[misc]  # the library has no types for it
    target_class = "kernel.api.authentication.TokenAuthentication"
    name = "tokenAuth"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Token <key>` or `Bearer <key>`",
        }


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[misc]  # the library has no types for it
    target_class = "kernel.api.authentication.SignedInSession"
    name = "cookieAuth"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}


def _field_schema(field: serializers.Field[Any, Any, Any, Any], auto: AutoSchema) -> dict[str, Any]:
    return auto._map_serializer_field(field, "request")  # type: ignore[no-any-return]  # the library's own mapping


@cache
def brief_schema(spec: Spec) -> dict[str, Any]:
    names = brief_names(spec)
    return {
        "type": "object",
        "nullable": True,
        "properties": {n: {"type": "integer"} if n == "id" else {"nullable": True} for n in names},
        "required": list(names),
    }


def row_schema(spec: Spec, auto: AutoSchema) -> dict[str, Any]:
    """A row as the API answers it."""
    properties: dict[str, Any] = {
        "id": {"type": "integer"},
        "url": {"type": "string"},
        "display_url": {"type": "string"},
        "display": {"type": "string"},
    }
    for name, field in serializer_for(spec)().get_fields().items():
        if isinstance(field, ReferenceField):
            properties[name] = brief_schema(field.related)
        elif isinstance(field, ChoiceField):
            properties[name] = {
                "type": "object",
                "nullable": True,
                "properties": {"value": {}, "label": {"type": "string"}},
                "required": ["value", "label"],
            }
        elif isinstance(field, serializers.DecimalField):
            properties[name] = {"type": "number", "nullable": True}
        else:
            properties[name] = {**_field_schema(field, auto), "nullable": True}
            for limit in ("minimum", "maximum", "pattern", "maxLength", "minLength", "format", "readOnly"):
                properties[name].pop(limit, None)
    for computed in spec.computed:
        properties[computed.name] = {"nullable": True}
    for stamp in STAMPS:
        properties[stamp] = {"type": "string", "format": "date-time", "nullable": True}
    return {"type": "object", "properties": properties}


def input_schema(spec: Spec, auto: AutoSchema, *, partial: bool) -> dict[str, Any]:
    """A row as a writer gives it."""
    properties, required = {}, []
    for name, field in serializer_for(spec)().get_fields().items():
        if isinstance(field, ReferenceField):
            properties[name] = {
                "nullable": field.allow_null,
                "oneOf": [{"type": "integer"}, {"type": "object", "additionalProperties": True}, {"type": "string"}],
            }
        else:
            properties[name] = _field_schema(field, auto)
        if field.required and not partial:
            required.append(name)
    properties["changelog_message"] = {"type": "string", "maxLength": 500}
    schema: dict[str, Any] = {"type": "object", "properties": properties}
    return {**schema, "required": required} if required else schema


class SpecSchema(AutoSchema):
    """For a spec's views the document comes from the spec; other views describe themselves."""

    def _spec(self) -> Spec | None:
        spec = getattr(self.view, "spec", None)
        return spec if isinstance(spec, Spec) and spec.model in registry else None

    def _is_list(self) -> bool:
        return "{" not in self.path

    def get_operation_id(self) -> str:
        spec = self._spec()
        if spec is None:
            return super().get_operation_id()
        verbs = {
            "GET": "list" if self._is_list() else "retrieve",
            "POST": "create",
            "PUT": "update",
            "PATCH": "partial_update",
            "DELETE": "destroy",
        }
        bulk = "bulk_" if self._is_list() and self.method in ("PUT", "PATCH", "DELETE") else ""
        return f"{spec.api[0]}_{spec.api[1].replace('-', '_')}_{bulk}{verbs[self.method]}"

    def get_tags(self) -> list[str]:
        spec = self._spec()
        return [spec.section] if spec else super().get_tags()

    def get_request_serializer(self) -> Any:
        return None if self._spec() else super().get_request_serializer()

    def get_response_serializers(self) -> Any:
        return None if self._spec() else super().get_response_serializers()

    def get_operation(self, path: str, path_regex: str, path_prefix: str, method: str, registry: Any) -> Any:
        operation = super().get_operation(path, path_regex, path_prefix, method, registry)
        spec = self._spec()
        if spec is None or operation is None:
            return operation
        if method == "GET" and self._is_list():
            operation["parameters"] = [*operation.get("parameters", []), *self._parameters(spec)]
        body = self._body(spec, method)
        if body is not None:
            operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
        operation["responses"] = self._responses(spec, method)
        return operation

    def _parameters(self, spec: Spec) -> list[dict[str, Any]]:
        found = [{"in": "query", "name": n, "schema": {"type": "integer", "minimum": 0}} for n in ("limit", "offset")]
        found += [
            {"in": "query", "name": n, "schema": {"type": "string"}}
            for n in ("q", "ordering", "fields", "exclude", "omit")
        ]
        found.append({"in": "query", "name": "brief", "schema": {"type": "boolean"}})
        for filter_ in filters_of(spec).values():
            for suffix in filter_.suffixes:
                kind = {"type": "boolean"} if suffix in ("isnull", "empty") else _TYPES[filter_.kind]
                if filter_.kind == "choice" and suffix in ("", "n"):
                    kind = {**kind, "enum": [*filter_.choices, "null"]}
                entry: dict[str, Any] = {
                    "in": "query",
                    "name": f"{filter_.name}__{suffix}" if suffix else filter_.name,
                    "schema": {"type": "array", "items": kind},
                    "explode": True,
                    "style": "form",
                }
                found.append(entry)
        return found

    def _named(self, name: str, schema: dict[str, Any]) -> dict[str, Any]:
        component = ResolvedComponent(name, ResolvedComponent.SCHEMA, schema, name)
        self.registry.register_on_missing(component)
        return dict(component.ref)

    def _body(self, spec: Spec, method: str) -> dict[str, Any] | None:
        name = spec.model.__name__
        if method == "POST":
            one = self._named(f"Writable{name}", input_schema(spec, self, partial=False))
            return {"oneOf": [one, _bulk(one)]}
        if method in ("PUT", "PATCH"):
            partial = method == "PATCH"
            prefix = "Patched" if partial else "Writable"
            one = self._named(f"{prefix}{name}", input_schema(spec, self, partial=partial))
            if not self._is_list():
                return one
            numbered = {"type": "object", "properties": {"id": {"type": "integer"}}, "required": ["id"]}
            return _bulk({"allOf": [one, numbered]})
        if method == "DELETE" and self._is_list():
            item = {"type": "object", "properties": {"id": {"type": "integer"}}, "required": ["id"]}
            return _bulk(item)
        return None

    def _responses(self, spec: Spec, method: str) -> dict[str, Any]:
        row = self._named(spec.model.__name__, row_schema(spec, self))
        many = {"type": "array", "items": row}
        page = {
            "type": "object",
            "properties": {
                "count": {"type": "integer"},
                "next": _NULLABLE_STRING,
                "previous": _NULLABLE_STRING,
                "results": many,
            },
            "required": ["count", "results"],
        }

        def answer(schema: dict[str, Any]) -> dict[str, Any]:
            return {"description": "", "content": {"application/json": {"schema": schema}}}

        listed = self._is_list()
        success: dict[str, dict[str, Any]] = {
            "GET": {"200": answer(page if listed else row)},
            "POST": {"201": answer({"oneOf": [row, many]})},
            "PUT": {"200": answer(many if listed else row)},
            "PATCH": {"200": answer(many if listed else row)},
            "DELETE": {"204": {"description": "Deleted"}},
        }
        return {**success[method], **_refusals(method, is_list=listed)}


def _bulk(item: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": item, "minItems": 1, "maxItems": MAX_BULK}


_REFUSALS = {
    "400": "A value, a parameter or the body is wrong; `code` and `request_kind` for what needs an approved request",
    "403": "No or an unknown token, or no right to do this",
    "404": "No such row within your scope",
    "409": "Other rows still refer to it: `protected`",
    "412": "Somebody changed or deleted the row meanwhile",
    "414": "The address is too long",
    "415": "The body is no JSON",
}


def _refusals(method: str, *, is_list: bool) -> dict[str, dict[str, Any]]:
    """What this operation may answer instead. An error of a list of rows is a list, by position."""
    codes = ["400", "403"]
    if not is_list:
        codes.append("404")
    if method == "DELETE":
        codes.append("409")
    if method in ("PUT", "PATCH", "DELETE"):
        codes.append("412")
    if method == "GET" and is_list:
        codes.append("414")
    if method != "GET":
        codes.append("415")
    detail = {"type": "object", "additionalProperties": True}
    schemas = {"400": {"oneOf": [detail, {"type": "array", "items": detail}]}}
    return {
        code: {
            "description": _REFUSALS[code],
            "content": {"application/json": {"schema": schemas.get(code, detail)}},
        }
        for code in codes
    }
