"""Values of a loaded row as the templates show them: text, link, kind, tone."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from kernel import policy
from kernel.registry import registry
from kernel.spec import Spec

_COPIED = {"cid", "line_no", "serial", "asset_tag", "code", "slug", "address", "mac_address", "contract_no", "uscc"}


def label_of(spec: Spec, name: str) -> str:
    if name in spec.computed_by_name:
        return str(spec.computed_by_name[name].label)
    field = spec.field(name)
    text = str(field.verbose_name) if field is not None else name.replace("_", " ")
    return text[:1].upper() + text[1:]


def is_number(spec: Spec, name: str) -> bool:
    if name in spec.computed_by_name:
        return spec.computed_by_name[name].kind == "number"
    field = spec.field(name)
    return isinstance(field, models.IntegerField | models.DecimalField | models.FloatField) and not field.choices


def plain_text(value: Any) -> str:
    """A value as people read it, without knowing its field."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, dt.datetime):
        return date_format(timezone.localtime(value), "Y-m-d H:i")
    if isinstance(value, dt.date):
        return date_format(value, "Y-m-d")
    if isinstance(value, Decimal):
        return number_format(value.normalize() if value == value.to_integral() else value, use_l10n=True)
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def url_of(row: models.Model) -> str:
    return reverse(f"{registry.of(row).route}-detail", args=[row.pk])


def cell(spec: Spec, row: Any, name: str, user: Any) -> dict[str, Any]:
    """One value with its label; a link only to what the reader may open."""
    shown: dict[str, Any] = {"name": name, "label": label_of(spec, name), "kind": "text"}
    field = spec.field(name)
    if field is None:
        computed = spec.computed_by_name.get(name)
        kind = computed.kind if computed else "text"
        return {**shown, "text": plain_text(getattr(row, name, "")), "kind": kind}
    if field.is_relation:
        related = getattr(row, name)
        if related is None:
            return {**shown, "text": ""}
        may_open = type(related) in registry and policy.can(user, "view", registry.of(related))
        return {**shown, "text": str(related), "url": url_of(related) if may_open else ""}
    value = getattr(row, name)
    if field.choices:
        return {**shown, "text": str(getattr(row, f"get_{name}_display")()), "kind": "choice", "tone": "quiet"}
    if isinstance(field, models.BooleanField):
        return {**shown, "text": plain_text(value), "kind": "bool", "value": value}
    if isinstance(field, models.DateField | models.DateTimeField):
        return {**shown, "text": plain_text(value), "kind": "date"}
    if is_number(spec, name):
        return {**shown, "text": plain_text(value), "kind": "number"}
    return {**shown, "text": plain_text(value), "kind": "mono" if name in _COPIED else "text"}
