"""How a gate refuses, and how it reads what it needs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import models
from django.utils.translation import ngettext

from kernel.errors import RowsRejected

Problems = dict[int, dict[str, list[str]]]
"""By position and field."""


def refuse(problems: Problems) -> None:
    if problems:
        raise RowsRejected(
            ngettext(
                "%(count)d row is wrong; nothing was written.",
                "%(count)d rows are wrong; nothing was written.",
                len(problems),
            )
            % {"count": len(problems)},
            problems,
        )


def loaded(model: type[models.Model], pks: Iterable[Any], *names: str) -> dict[int, dict[str, Any]]:
    """Columns of the rows with these keys, in one query; none when there is nothing to look for."""
    wanted = set(pks) - {None}
    if not wanted:
        return {}
    return {row["pk"]: row for row in model._base_manager.filter(pk__in=wanted).values("pk", *names)}
