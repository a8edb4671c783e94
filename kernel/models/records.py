"""What every recorded row has, and the lock that keeps it inside the write path."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from kernel.errors import OutsideWritePath

_is_writing: ContextVar[bool] = ContextVar("kernel_is_writing", default=False)


@contextmanager
def writing() -> Iterator[None]:
    """Held by `kernel.writes` alone while it saves or deletes recorded rows."""
    token = _is_writing.set(True)
    try:
        yield
    finally:
        _is_writing.reset(token)


def _must_be_writing(what: str) -> None:
    if not _is_writing.get():
        raise OutsideWritePath(f"{what} changes recorded rows; call kernel.writes instead.")


class RecordedQuerySet(models.QuerySet[Any]):
    """Import contracts can't see `update()` on a queryset, so it is refused when it runs."""

    def update(self, **values: Any) -> int:
        _must_be_writing("QuerySet.update")
        return super().update(**values)

    def delete(self) -> tuple[int, dict[str, int]]:
        _must_be_writing("QuerySet.delete")
        return super().delete()

    def bulk_create(self, *args: Any, **kwargs: Any) -> list[Any]:
        _must_be_writing("QuerySet.bulk_create")
        return super().bulk_create(*args, **kwargs)

    def bulk_update(self, *args: Any, **kwargs: Any) -> int:
        _must_be_writing("QuerySet.bulk_update")
        return super().bulk_update(*args, **kwargs)


class Versioned(models.Model):
    """A row that knows when it changed and how often, so that a stale edit can be refused."""

    created = models.DateTimeField(_("created"), auto_now_add=True, editable=False)
    last_updated = models.DateTimeField(_("last updated"), auto_now=True, editable=False)
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)

    class Meta:
        abstract = True


class Recorded(Versioned):
    """Base of everything the city states as true. Saved and deleted through `kernel.writes` only."""

    objects = RecordedQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        _must_be_writing("Model.save")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        _must_be_writing("Model.delete")
        return super().delete(*args, **kwargs)
