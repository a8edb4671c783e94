"""Every spec of the product. Filled by `netops/assembly.py` from explicit tuples; importing registers nothing."""

from __future__ import annotations

from typing import Any

from django.db import models

from kernel.spec import Spec


class Registry:
    def __init__(self) -> None:
        self._by_model: dict[type[models.Model], Spec] = {}
        self._by_type: dict[str, Spec] = {}

    def add(self, *spec_classes: type[Spec]) -> None:
        for spec_class in spec_classes:
            spec = spec_class()
            if spec.model in self._by_model or spec.object_type in self._by_type:
                raise ValueError(f"{spec.object_type} is registered twice")
            self._by_model[spec.model] = spec
            self._by_type[spec.object_type] = spec

    def all(self) -> tuple[Spec, ...]:
        return tuple(self._by_model.values())

    def of(self, model: type[models.Model] | models.Model) -> Spec:
        return self._by_model[model if isinstance(model, type) else type(model)]

    def by_type(self, object_type: str) -> Spec | None:
        return self._by_type.get(object_type)

    def __contains__(self, model: Any) -> bool:
        return model in self._by_model


registry = Registry()
