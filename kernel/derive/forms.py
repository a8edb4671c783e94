"""Forms of a model, derived from its spec: for one row, for many at once, and for filtering a list."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from kernel import policy
from kernel.derive.filters import filters_of
from kernel.derive.keys import key_paths, key_text, named
from kernel.derive.references import Resolver
from kernel.derive.serializers import one_newline
from kernel.registry import registry
from kernel.spec import Spec

_FEW = 200  # what a drop-down still carries


def suggested(related: Spec) -> dict[str, str]:
    """A text box that offers names while one types (`suggest.js`); without the script it takes the whole name."""
    return {"data-options": reverse(f"{related.route}-options"), "autocomplete": "off"}


class ReferenceText(forms.CharField):
    """Another row of a big table, by its name; the browser offers matches as one types."""

    def __init__(self, related: Spec, user: Any, **kwargs: Any) -> None:
        self.related = related
        self.user = user
        kwargs.setdefault("widget", forms.TextInput(attrs=suggested(related)))
        super().__init__(max_length=500, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, models.Model):
            return key_text(value, self.related)
        if isinstance(value, int):
            row = named(self.related, policy.visible(self.user, self.related)).filter(pk=value).first()
            return key_text(row, self.related) if row is not None else ""
        return value

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            return Resolver(self.user).by_key(self.related, text)
        except ValidationError as error:
            raise ValidationError(error.messages) from error

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.prepare_value(initial) != (data or ""))


def _reference(field: Any, user: Any) -> forms.Field:
    related = registry.of(field.related_model)
    said = {"label": field.verbose_name, "required": not field.blank, "help_text": field.help_text}
    if related.is_long:
        return ReferenceText(related, user, **said)
    rows = named(related, policy.visible(user, related)).order_by(*key_paths(related))
    return forms.ModelChoiceField(queryset=rows, empty_label="—", **said)


def styled(form: forms.BaseForm) -> None:
    """Give each input the look of the design."""
    for field in form.fields.values():
        widget = field.widget
        if isinstance(widget, forms.CheckboxInput):
            name = "form-check-input"
        elif isinstance(widget, forms.Select | forms.SelectMultiple):
            name = "form-select"
        else:
            name = "form-control"
        widget.attrs["class"] = f"{widget.attrs.get('class', '')} {name}".strip()


def guarded_fields(spec: Spec) -> set[str]:
    """Fields that a direct write never changes, whatever the move."""
    return {name for guard in spec.guards if guard.when is None for name in guard.fields}


class SpecForm(forms.ModelForm):  # type: ignore[type-arg]  # its model is set by the factory
    """Checks fields alone: what spans rows (uniqueness, constraints, gates) is the write path's."""

    spec: Spec

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in list(self.fields):
            field = self.spec.field(name)
            if field is not None and field.is_relation:
                self.fields[name] = _reference(field, user)
            elif (
                field is not None
                and isinstance(field, models.DateField)
                and not isinstance(field, models.DateTimeField)
            ):
                self.fields[name].widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
            elif isinstance(self.fields[name].widget, forms.Textarea):
                self.fields[name].widget.attrs["rows"] = 3
        for name in guarded_fields(self.spec) & set(self.fields):
            self.fields[name].disabled = True
        styled(self)

    def _get_validation_exclusions(self) -> set[str]:
        return {f.name for f in self.spec.meta.fields}

    def validate_unique(self) -> None:
        """By set, in the write path."""

    def validate_constraints(self) -> None:
        """By set, in the write path."""

    def _post_clean(self) -> None:
        """Put values on the row; `clean` and the rest run in the write path, once."""
        for name, value in self.cleaned_data.items():
            field = self.spec.field(name)
            if field is None or name not in self.fields:
                continue
            if value is None and not field.null and field.empty_strings_allowed:
                value = ""
            setattr(self.instance, name, one_newline(value) if isinstance(value, str) else value)


def form_for(spec: Spec) -> type[Any]:
    if spec.form_class is not None:
        return spec.form_class
    meta = type("Meta", (), {"model": spec.model, "fields": spec.fields})
    return type(f"{spec.model.__name__}Form", (SpecForm,), {"Meta": meta, "spec": spec})


def bulk_names(spec: Spec) -> list[str]:
    """Fields that many rows can share: not unique ones, not guarded ones."""
    unique = {n for c in spec.meta.constraints if isinstance(c, models.UniqueConstraint) for n in c.fields[-1:]}
    found = []
    for name in spec.fields:
        field = spec.field(name)
        if field is not None and not field.unique and name not in unique and name not in guarded_fields(spec):
            found.append(name)
    return found


def bulk_form_for(spec: Spec) -> type[Any]:
    base = form_for(spec)

    def init(self: Any, *args: Any, chosen: set[str], **kwargs: Any) -> None:
        base.__init__(self, *args, **kwargs)
        for name in list(self.fields):
            if name not in names:
                del self.fields[name]
            elif name not in chosen:
                self.fields[name].required = False
        self.chosen = chosen

    names = set(bulk_names(spec))
    return type(f"Bulk{base.__name__}", (base,), {"__init__": init, "spec": spec})


class FilterForm(forms.Form):
    """The filters that a list offers on screen; the same parameters as the API's."""

    def __init__(self, spec: Spec, user: Any, data: Any) -> None:
        super().__init__(data)
        known = filters_of(spec)
        for name in spec.filters:
            filter_ = known.get(f"{name}_id") or known.get(name)
            if filter_ is None:
                continue
            if filter_.related is not None and filter_.related.is_long and filter_.kind == "id":
                filter_ = known[name]  # by its words: a drop-down can't carry them all
            self.fields[filter_.name] = self._field(spec, name, filter_, user)
        styled(self)

    @staticmethod
    def _field(spec: Spec, name: str, filter_: Any, user: Any) -> forms.Field:
        field = spec.field(name)
        label = field.verbose_name if field is not None else filter_.related.singular
        if filter_.kind == "choice" and field is not None:
            return forms.ChoiceField(choices=[("", "—"), *field.flatchoices], required=False, label=label)
        if filter_.kind == "bool":
            choices = [("", "—"), ("true", _("yes")), ("false", _("no"))]
            return forms.ChoiceField(choices=choices, required=False, label=label)
        if filter_.kind == "key":
            widget = forms.TextInput(attrs=suggested(filter_.related))
            return forms.CharField(required=False, max_length=200, label=label, widget=widget)
        if filter_.related is not None:
            rows = named(filter_.related, policy.visible(user, filter_.related)).order_by(*key_paths(filter_.related))
            if filter_.kind == "subtree" and filter_.related.field("level") is not None:
                rows = rows.filter(level__lte=3)
            choices = [("", "—"), *((str(r.pk), str(r)) for r in rows[:_FEW])]
            return forms.ChoiceField(choices=choices, required=False, label=label)
        return forms.CharField(required=False, max_length=200, label=label)
