"""Counts of the rows that refer to a row, as a subquery of their own: a join would multiply the others."""

from __future__ import annotations

from django.db import models
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from kernel.spec import Computed, Text


def count_of(name: str, label: Text, model: type[models.Model], path: str) -> Computed:
    """How many rows of `model` lead to this row by `path`."""
    rows = (
        model._base_manager.filter(**{path: OuterRef("pk")})
        .order_by()
        .values(path)
        .annotate(found=Count("pk", distinct=True))
        .values("found")
    )
    return Computed(name, label, Coalesce(Subquery(rows), 0, output_field=models.IntegerField()), kind="number")


LINES = _("lines")
DEVICES = _("devices")
