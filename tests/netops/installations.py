"""Installations of their own for the tests: a data folder, a database of either engine, the product's own commands."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import tarfile
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

ROOT = Path(__file__).parents[2]
FIRST = Path(__file__).parent / "data" / "release_0_2_0.tar.xz"
CREDENTIALS_KEY = "release-0-2-0-credentials-key"
Rows = dict[str, list[dict[str, Any]]]


@dataclass
class Installation:
    folder: Path
    url: str = ""
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def variables(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("NETOPS_", "PROMETHEUS_"))}
        kept["DJANGO_SETTINGS_MODULE"] = "tests.netops.english"
        own = {"NETOPS_DATA_DIR": str(self.folder), "NETOPS_CREDENTIALS_KEY": CREDENTIALS_KEY}
        if self.url:
            own["NETOPS_DATABASE_URL"] = self.url
        return {**kept, **own, **self.environment}

    def run(self, *command: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, *command], cwd=ROOT, env=self.variables, capture_output=True, text=True, timeout=180
        )
        assert done.returncode == code, done.stdout + done.stderr
        assert code == 0 or "Traceback" not in done.stderr, done.stderr
        return done

    def manage(self, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        return self.run("manage.py", *arguments, code=code)

    def python(self, program: str) -> str:
        start = "import django; django.setup()\n"
        return self.run("-c", start + program).stdout

    def rows(self) -> Rows:
        """Every table's rows as the database itself tells them, by primary key; JSON as the value it stands for."""
        return _postgres_rows(self.url) if self.url else _sqlite_rows(self.folder)


def first_release(folder: Path) -> Installation:
    """A copy of the database that release 0.2.0 wrote."""
    folder.mkdir(parents=True)
    with tarfile.open(FIRST, "r:xz") as archive:
        archive.extractall(folder, filter="data")
    return Installation(folder)


def new_database(server: str, name: str) -> str:
    """The address of a new, empty database on the server."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return urlsplit(server)._replace(path=f"/{name}").geturl()


def _sqlite_rows(folder: Path) -> Rows:
    found: Rows = {}
    for name in ("netops.sqlite3", "observed.sqlite3"):
        with closing(sqlite3.connect(folder / name)) as database:
            database.row_factory = sqlite3.Row
            tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            for (table,) in database.execute(tables).fetchall():
                if table in found:
                    continue  # both files say which migrations they have behind them
                key = next((c[1] for c in database.execute(f"PRAGMA table_info({table})") if c[5]), "1")
                json_columns = {
                    c[1] for c in database.execute(f"PRAGMA table_info({table})") if _is_json(database, table, c[1])
                }
                rows = database.execute(f"SELECT * FROM {table} ORDER BY {key}").fetchall()
                found[table] = [
                    {c: json.loads(row[c]) if c in json_columns and row[c] is not None else row[c] for c in row.keys()}  # noqa: SIM118  # iterating a Row gives values
                    for row in rows
                ]
    return found


def _is_json(database: sqlite3.Connection, table: str, column: str) -> bool:
    (made,) = database.execute("SELECT sql FROM sqlite_master WHERE name = ?", [table]).fetchone()
    return f'JSON_VALID("{column}")' in made


def _postgres_rows(url: str) -> Rows:
    with psycopg.connect(url, row_factory=psycopg.rows.dict_row) as connection:
        tables = connection.execute("SELECT tablename AS t FROM pg_tables WHERE schemaname = 'public'").fetchall()
        return {t["t"]: connection.execute(f'SELECT * FROM "{t["t"]}" ORDER BY 1').fetchall() for t in tables}
