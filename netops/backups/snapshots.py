"""The databases as they are at one moment, while the product goes on writing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, connections, transaction


@contextmanager
def snapshot(scratch: Path) -> Iterator[None]:
    """Within it every query sees the same moment: SQLite from copies in `scratch`, PostgreSQL by one transaction."""
    if connection.vendor == "postgresql":
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
        return
    copies = {}
    for alias in settings.DATABASES:
        source = Path(connections[alias].settings_dict["NAME"])
        copies[alias] = scratch / source.name
        with closing(sqlite3.connect(source, timeout=60)) as live, closing(sqlite3.connect(copies[alias])) as copy:
            live.backup(copy)
    with pointed_at(copies):
        yield


@contextmanager
def pointed_at(files: Mapping[str, Path]) -> Iterator[None]:
    """Django's SQLite connections on other files for a while; the settings stay as they are."""
    kept: dict[str, dict[str, Any]] = {}
    try:
        for alias, file in files.items():
            connections[alias].close()
            kept[alias] = connections[alias].settings_dict
            connections[alias].settings_dict = {**kept[alias], "NAME": str(file)}
        yield
    finally:
        for alias, said in kept.items():
            connections[alias].close()
            connections[alias].settings_dict = said
