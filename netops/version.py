"""Which release this is."""

from __future__ import annotations

import tomllib
from functools import lru_cache

from django.conf import settings


@lru_cache(maxsize=1)
def product_version() -> str:
    """As `pyproject.toml` beside the code says, so that it stands in one place."""
    with (settings.BASE_DIR / "pyproject.toml").open("rb") as file:
        return str(tomllib.load(file)["project"]["version"])
