"""With SQLite, observations live in a file of their own, so that a bulk poll never holds up a person's write.

With PostgreSQL one database holds both. Either way no foreign key crosses from observed to recorded rows.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings


def observed_alias() -> str:
    """The database alias for `transaction.atomic(using=...)` around observations."""
    return "observed" if "observed" in settings.DATABASES else "default"


# Told by name, because the models a migration sees carry no attributes of ours.
_RECORDED = {"credential", "probe"}


def _is_observed(app_label: str, model_name: str | None) -> bool:
    return app_label == "collectors" and model_name is not None and model_name.lower() not in _RECORDED


def _belongs(model: Any) -> bool:
    return _is_observed(model._meta.app_label, model._meta.model_name)


class ObservedRouter:
    """The collectors' models live beside the observations, all but the recorded credentials and probes."""

    def db_for_read(self, model: Any, **hints: Any) -> str | None:
        return observed_alias() if _belongs(model) else None

    def db_for_write(self, model: Any, **hints: Any) -> str | None:
        return observed_alias() if _belongs(model) else None

    def allow_relation(self, one: Any, other: Any, **hints: Any) -> bool | None:
        return None if _belongs(one) == _belongs(other) else False

    def allow_migrate(self, db: str, app_label: str, model_name: str | None = None, **hints: Any) -> bool | None:
        return db == (observed_alias() if _is_observed(app_label, model_name) else "default")
