"""An installation of the first release is brought up to this one and loses nothing, on both engines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.netops.installations import Installation, Rows, first_release, new_database

SECRETS = {
    "ssh.password": "the password of 0.2.0", "v2c.community": "the community of 0.2.0",
    "v3.auth_secret": "the auth secret of 0.2.0", "v3.priv_secret": "the priv secret of 0.2.0",
}  # fmt: skip

# What later releases do to the first release's data, said here one by one; everything else must be as it was.
RENAMED_TABLES: dict[str, str] = {}
RENAMED_COLUMNS: dict[tuple[str, str], str] = {}
_RIGHTS = "the rights of new pages reach shipped roles that nobody changed"
CHANGED_COLUMNS: dict[tuple[str, str], str] = {
    ("kernel_role", "permissions"): _RIGHTS,
    ("kernel_role", "version"): _RIGHTS,
    ("kernel_role", "last_updated"): _RIGHTS,
}
"""(table, column): why its values may differ."""


def assert_nothing_lost(before: Rows, after: Rows) -> None:
    for table, rows in before.items():
        if table == "django_session":
            continue
        now = after[RENAMED_TABLES.get(table, table)]
        key = "id" if rows and "id" in rows[0] else next(iter(rows[0]), "id") if rows else "id"
        by_key = {row[key]: row for row in now}
        for row in rows:
            assert row[key] in by_key, f"{table}: {row}"
            for column, value in row.items():
                if (table, column) not in CHANGED_COLUMNS:
                    name = RENAMED_COLUMNS.get((table, column), column)
                    assert by_key[row[key]][name] == value, (table, row[key], column)


def assert_works(installation: Installation, changes: int) -> None:
    said: dict[str, Any] = json.loads(installation.run("-m", "tests.netops.upgraded").stdout.splitlines()[-1])
    assert said["whole"]
    assert said["whole after sealing"]
    assert said["checked"] + said["unsealed"] >= changes
    assert said["secrets"] == SECRETS
    statuses = said["statuses"]
    assert statuses.pop("log-in") == 302
    hidden = {path for path, status in statuses.items() if status == 403}
    assert hidden <= {path for path in statuses if path.startswith(("/api/users/", "/api/core/"))}
    assert {path: status for path, status in statuses.items() if status not in (200, 403)} == {}
    assert len(statuses) > 30


def test_on_sqlite(tmp_path: Path) -> None:
    old = first_release(tmp_path / "old")
    before = old.rows()
    assert len(before["kernel_sealentry"]) > 100
    assert len(before["compliance_finding"]) > 0
    new = first_release(tmp_path / "new")
    for _start in range(2):  # the next start must change nothing more
        new.python("from netops.setup import prepare_databases; prepare_databases()")
        assert_nothing_lost(before, new.rows())
    assert_works(new, len(before["kernel_changerecord"]))


def test_on_postgres_through_a_backup_of_the_old_tables(tmp_path: Path, postgres: str) -> None:
    old = first_release(tmp_path / "old")
    backup = tmp_path / "first.tar"
    old.manage("backup", str(backup))  # before the upgrade, with the old tables as they are
    new = Installation(tmp_path / "new", new_database(postgres, "upgraded"))
    new.manage("restore", str(backup))
    first = new.rows()
    before = old.rows()
    # What Django itself lists grows with the models; everything else came over row by row.
    grows = {"django_session", "django_migrations", "django_content_type", "auth_permission"}
    assert {t: len(rows) for t, rows in before.items() if t not in grows}.items() <= {
        t: len(rows) for t, rows in first.items()
    }.items()
    new.python("from netops.setup import prepare_databases; prepare_databases()")
    assert_nothing_lost(first, new.rows())
    # Back on SQLite, value by value against what the first release wrote.
    moved = tmp_path / "moved.tar"
    new.manage("backup", str(moved))
    home = Installation(tmp_path / "home")
    home.manage("restore", str(moved))
    rows = home.rows()
    rows["django_migrations"] = before["django_migrations"]  # says when they ran
    assert_nothing_lost(before, rows)
    assert_works(new, len(before["kernel_changerecord"]))


@pytest.mark.parametrize("name", ["release_0_2_0.tar.xz"])
def test_the_kept_database_stays_small(name: str) -> None:
    assert (Path(__file__).parent / "data" / name).stat().st_size < 200_000
