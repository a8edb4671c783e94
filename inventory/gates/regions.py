"""Divisions with others below them stay where they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from inventory.gates.problems import loaded, refuse
from inventory.models import Region
from kernel.spec import Spec


def parents_of_divisions_stay(spec: Spec, rows: Sequence[Any]) -> None:
    """The paths of all below depend on a division's code and parent, so they move only while nothing is below."""
    if spec.model is not Region:
        return
    stored = loaded(Region, (row.pk for row in rows), "path", "code")
    moved = {i: row for i, row in enumerate(rows) if row.pk in stored and row.path != stored[row.pk]["path"]}
    if not moved:
        return
    below = Region._base_manager.filter(parent_id__in={row.pk for row in moved.values()})
    with_children = set(below.values_list("parent_id", flat=True).distinct())
    message = _("Other divisions lie below this one; move or delete those first.")
    refuse(
        {
            i: {"code" if row.code != stored[row.pk]["code"] else "parent": [message]}
            for i, row in moved.items()
            if row.pk in with_children
        }
    )
