"""What a model shows, accepts and guards, said once; every screen, API path and sheet is derived from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models.expressions import Combinable
from django.utils.functional import Promise
from django.utils.text import capfirst

Text = str | Promise


@dataclass(frozen=True)
class Scope:
    """The way from a row to the organisation that owns it and the division it lies in.

    `org` ends in an organisation's id, `area` in a division's materialised path. Both empty is PUBLIC.
    """

    org: str = ""
    area: str = ""


PUBLIC = Scope()


@dataclass(frozen=True)
class Guard:
    """What only an approved request does: change these fields, or delete a row.

    `when` narrows a change to some moves (before, after); `on_delete` says which rows, as they are, may not go.
    """

    fields: tuple[str, ...]
    request_kind: str
    message: Text
    when: Callable[[Mapping[str, Any] | None, Mapping[str, Any]], bool] | None = None
    on_delete: Callable[[Mapping[str, Any]], bool] | None = None


@dataclass(frozen=True)
class Computed:
    """A read-only value that the database computes: a column, an API field, never an input."""

    name: str
    label: Text
    expression: Combinable
    kind: str = "text"  # text, number, mono, date


@dataclass(frozen=True)
class Panel:
    """A block on a row's own page, filled by a higher package through `netops/assembly.py`."""

    template: str
    context: Callable[[Any, Any], dict[str, Any] | None]  # (request, row); None leaves the panel out
    position: str = "main"  # banner, main, side
    replaces_fields: bool = False  # the panel shows the recorded fields itself


class Spec:
    """Subclass once per recorded model. Slots take classes or plain tuples, never dictionaries of options."""

    model: ClassVar[type[models.Model]]
    api: ClassVar[tuple[str, str]]  # ("dcim", "devices"): path, object type, permission names, trail labels
    scope: ClassVar[Scope]
    fields: ClassVar[tuple[str, ...]] = ()  # editable; order of form, page, API and sheet
    columns: ClassVar[tuple[str, ...]] = ()  # of the list; falls back to `fields`
    filters: ClassVar[tuple[str, ...]] = ()  # offered on screen; the API filters by every field
    subtree_filters: ClassVar[tuple[tuple[str, str], ...]] = ()  # (parameter, path to a tree model): matches below too
    search: ClassVar[tuple[str, ...]] = ()  # text behind ?q=
    computed: ClassVar[tuple[Computed, ...]] = ()
    natural_key: ClassVar[tuple[str, ...]] = ("name",)  # how people, sheets and other rows name this row
    words: ClassVar[tuple[str, ...]] = ()  # what people read, where it differs from the natural key; equals str(row)
    brief: ClassVar[tuple[str, ...]] = ("name",)  # shown where another row refers to this one
    guards: ClassVar[tuple[Guard, ...]] = ()
    menu: ClassVar[str] = ""  # the menu group; empty keeps it out of the menu
    icon: ClassVar[str] = "list"
    intro: ClassVar[Text] = ""  # one sentence under the list's title
    read_only: ClassVar[bool] = False  # written by the product alone: no form, no import, GET only in the API
    has_attachments: ClassVar[bool] = False  # documents hang on the row; rights on them follow it
    is_long: ClassVar[bool] = False  # more rows than a drop-down can carry: forms search instead
    ordering: ClassVar[tuple[str, ...]] = ("pk",)
    # Replace a derived part by naming a class.
    form_class: ClassVar[type[Any] | None] = None
    serializer_class: ClassVar[type[Any] | None] = None

    panels: tuple[Panel, ...] = ()
    api_extra: tuple[Any, ...] = ()

    @cached_property
    def meta(self) -> Any:
        return self.model._meta

    @property
    def section(self) -> str:
        return self.api[0]

    @cached_property
    def object_type(self) -> str:
        return f"{self.section}.{self.meta.model_name}"

    @cached_property
    def route(self) -> str:
        """The prefix of this model's URL names, for instance `dcim-device`."""
        return f"{self.section}-{self.meta.model_name}"

    @property
    def singular(self) -> str:
        return capfirst(str(self.meta.verbose_name))

    @property
    def title(self) -> str:
        return capfirst(str(self.meta.verbose_name_plural))

    def permission(self, action: str) -> str:
        return f"{self.section}.{action}_{self.meta.model_name}"

    @cached_property
    def list_columns(self) -> tuple[str, ...]:
        return self.columns or self.fields

    @cached_property
    def computed_by_name(self) -> dict[str, Computed]:
        return {c.name: c for c in self.computed}

    def field(self, name: str) -> Any | None:
        """The model field of that name, or None for a computed one or a property."""
        try:
            return self.meta.get_field(name)
        except FieldDoesNotExist:
            return None

    @cached_property
    def relations(self) -> dict[str, type[models.Model]]:
        """Foreign keys among the fields and columns."""
        found = {}
        for name in dict.fromkeys((*self.fields, *self.list_columns)):
            field = self.field(name)
            if field is not None and (field.many_to_one or field.one_to_one) and field.concrete:
                found[name] = field.related_model
        return found

    def queryset(self) -> models.QuerySet[Any]:
        """Rows with their computed columns; `kernel.derive.keys.named` joins in what names them."""
        rows = self.model._default_manager.all()
        if self.computed:
            rows = rows.annotate(**{c.name: c.expression for c in self.computed})
        return rows
