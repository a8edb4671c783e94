"""A backup holds every row, is refused when it is damaged, and is restored whole or not at all, on both engines."""

from __future__ import annotations

import json
import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from netops.supervisor import only_one
from tests.netops.installations import Installation, Rows, first_release, new_database

NOT_KEPT = {"django_session"}  # open sessions don't go into a backup
OWN_TIME = {"django_migrations"}  # says when they ran here


def upgraded(folder: Path) -> Installation:
    made = first_release(folder)
    made.python("from netops.setup import prepare_databases; prepare_databases()")
    attachments = made.folder / "attachments" / "2026"
    attachments.mkdir(parents=True)
    (attachments / "合同.pdf").write_bytes(b"%PDF-1.4 contract \x00\xff")
    return made


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    return upgraded(tmp_path_factory.mktemp("city") / "data")


@pytest.fixture(scope="module")
def backup(city: Installation) -> Path:
    path = city.folder.parent / "city.tar"
    city.manage("backup", str(path))
    return path


def compared(rows: Rows) -> Rows:
    return {table: listed for table, listed in rows.items() if table not in NOT_KEPT | OWN_TIME}


def assert_same(found: Rows, wanted: Rows) -> None:
    found, wanted = compared(found), compared(wanted)
    assert found.keys() == wanted.keys()
    for table, rows in wanted.items():
        assert found[table] == rows, table
    assert sum(map(len, wanted.values())) > 500


def test_sqlite_to_sqlite_keeps_every_row_attachments_and_the_next_number(
    city: Installation, backup: Path, tmp_path: Path
) -> None:
    other = Installation(tmp_path / "other")
    said = other.manage("restore", str(backup)).stdout
    assert "trail is whole" in said
    assert_same(other.rows(), city.rows())
    assert (other.folder / "attachments" / "2026" / "合同.pdf").read_bytes() == b"%PDF-1.4 contract \x00\xff"
    numbers = "SELECT name, seq FROM sqlite_sequence WHERE seq > 0 AND name NOT IN ('django_session', 'django_migrations') ORDER BY name"
    for name in ("netops.sqlite3", "observed.sqlite3"):
        with closing(sqlite3.connect(city.folder / name)) as old, closing(sqlite3.connect(other.folder / name)) as new:
            assert new.execute(numbers).fetchall() == old.execute(numbers).fetchall()
    # The site with the highest number but one was deleted; its number must not name another site in the trail.
    made = "from inventory.models import Site; from kernel import writes; print(writes.save(Site(name='n', slug='n'), actor=None).pk)"
    assert int(other.python(made)) > max(row["id"] for row in city.rows()["inventory_site"])


def test_postgres_to_postgres_keeps_every_row(backup: Path, tmp_path: Path, postgres: str) -> None:
    one = Installation(tmp_path / "one", new_database(postgres, "one"))
    one.manage("restore", str(backup))
    path = tmp_path / "pg.tar"
    one.manage("backup", str(path))
    two = Installation(tmp_path / "two", new_database(postgres, "two"))
    two.manage("restore", str(path))
    assert_same(two.rows(), one.rows())
    made = "from inventory.models import Site; from kernel import writes; print(writes.save(Site(name='n', slug='n'), actor=None).pk)"
    assert int(two.python(made)) > max(row["id"] for row in one.rows()["inventory_site"])
    assert "whole" in two.manage("verify_trail").stdout


def test_an_installation_moves_from_sqlite_to_postgres_and_back(
    city: Installation, backup: Path, tmp_path: Path, postgres: str
) -> None:
    there = Installation(tmp_path / "there", new_database(postgres, "there"))
    there.manage("restore", str(backup))
    counts = {table: len(rows) for table, rows in compared(city.rows()).items()}
    assert {table: len(rows) for table, rows in compared(there.rows()).items()} == counts
    path = tmp_path / "moved.tar"
    there.manage("backup", str(path))
    home = Installation(tmp_path / "home")
    home.manage("restore", str(path))
    assert_same(home.rows(), city.rows())


def test_what_is_there_is_replaced_only_on_demand_and_kept_aside(
    city: Installation, backup: Path, tmp_path: Path
) -> None:
    other = upgraded(tmp_path / "other")
    other.python(
        "from inventory.models import Site; from kernel import writes; writes.save(Site(name='n', slug='n'), actor=None)"
    )
    before = other.rows()
    assert "holds data" in other.manage("restore", str(backup), code=1).stderr
    assert other.rows() == before
    assert "before-restore-" in other.manage("restore", str(backup), "--replace").stdout
    assert_same(other.rows(), city.rows())
    (aside,) = other.folder.glob("before-restore-*")
    assert Installation(aside).rows() == before


def test_postgres_data_is_replaced_only_on_demand(backup: Path, tmp_path: Path, postgres: str) -> None:
    other = Installation(tmp_path / "data", new_database(postgres, "replaced"))
    other.manage("restore", str(backup))
    before = other.rows()
    with psycopg.connect(other.url) as connection:
        connection.execute("CREATE TABLE not_ours (n int)")
        connection.execute("DELETE FROM collectors_target")
    assert "holds data" in other.manage("restore", str(backup), code=1).stderr
    other.manage("restore", str(backup), "--replace")
    after = other.rows()
    assert after.pop("not_ours") == []
    assert_same(after, before)


def altered(backup: Path, to: Path, wanted: str, change: bytes) -> None:
    """The same file with a few bytes of one part overwritten."""
    with tarfile.open(backup) as archive:
        place = archive.getmember(wanted).offset_data
    content = bytearray(backup.read_bytes())
    content[place + 12 : place + 12 + len(change)] = change
    to.write_bytes(content)


@pytest.mark.parametrize("part", ["rows/inventory_circuit.jsonl.gz", "attachments/2026/合同.pdf", "manifest.json"])
def test_a_damaged_part_is_refused_by_name_and_nothing_is_written(backup: Path, tmp_path: Path, part: str) -> None:
    damaged = tmp_path / "damaged.tar"
    altered(backup, damaged, part, b"ZZZ")
    other = Installation(tmp_path / "other")
    for command in (["backup", str(damaged), "--verify"], ["restore", str(damaged)]):
        said = other.manage(*command, code=1).stderr
        assert part in said
        assert "damaged" in said
    assert not (other.folder / "netops.sqlite3").exists() or (other.folder / "netops.sqlite3").stat().st_size == 0


def test_a_file_cut_short_is_refused_by_name(backup: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.tar"
    cut.write_bytes(backup.read_bytes()[: backup.stat().st_size // 2])
    assert ".jsonl.gz" in Installation(tmp_path / "other").manage("restore", str(cut), code=1).stderr
    (tmp_path / "no.tar").write_text("hello")
    assert "no backup" in Installation(tmp_path / "other").manage("restore", str(tmp_path / "no.tar"), code=1).stderr


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_a_backup_with_an_altered_trail_changes_nothing(
    backup: Path, tmp_path: Path, engine: str, request: pytest.FixtureRequest
) -> None:
    """Somebody alters a change in a database and backs it up: every digest of the file is right, the chain is not."""
    forger = first_release(tmp_path / "forger")
    with closing(sqlite3.connect(forger.folder / "netops.sqlite3")) as database:
        database.execute("DROP TRIGGER kernel_changerecord_no_update")
        database.execute("UPDATE kernel_changerecord SET reason = 'never happened' WHERE id = 40")
        database.commit()
    forged = tmp_path / "forged.tar"
    forger.manage("backup", str(forged))
    url = new_database(request.getfixturevalue("postgres"), "forged") if engine == "postgres" else ""
    other = Installation(tmp_path / "other", url)
    other.manage("restore", str(backup))
    before = other.rows()
    assert "at change 40" in other.manage("restore", str(forged), "--replace", code=1).stderr
    assert other.rows() == before
    assert (other.folder / "attachments" / "2026" / "合同.pdf").exists()
    assert not [p for p in other.folder.iterdir() if p.name.startswith(("restore-", "before-restore-"))]


def test_keys_come_along_on_demand_alone(city: Installation, tmp_path: Path) -> None:
    plain, whole = tmp_path / "plain.tar", tmp_path / "whole.tar"
    assert "keys are not in it" in city.manage("backup", str(plain)).stdout
    assert "keys are in it" in city.manage("backup", str(whole), "--with-keys").stdout
    assert b"release-0-2-0-credentials-key" not in plain.read_bytes()
    assert whole.stat().st_mode & 0o077 == 0
    other = Installation(tmp_path / "other", environment={"NETOPS_CREDENTIALS_KEY": ""})
    assert "doesn't open the secrets of: ssh, v2c, v3" in other.manage("restore", str(plain)).stdout
    assert "netops_credentials_key.key" in other.manage("restore", str(whole), "--replace").stdout
    read = "from collectors.models import Credential; print(Credential.objects.get(name='v2c').community.reveal())"
    assert other.python(read).strip() == "the community of 0.2.0"


def test_a_backup_overwrites_nothing_keeps_the_newest_and_is_remembered(city: Installation, tmp_path: Path) -> None:
    path = tmp_path / "once.tar"
    city.manage("backup", str(path))
    content = path.read_bytes()
    assert "exists" in city.manage("backup", str(path), code=1).stderr
    assert path.read_bytes() == content
    assert "folder" in city.manage("backup", str(tmp_path / "x.tar"), "--keep", "2", code=1).stderr
    folder = tmp_path / "kept"
    folder.mkdir()
    (folder / "ours.tar").touch()
    for number in range(3):
        (folder / f"netops-2025010{number}-000000.tar").touch()
    city.manage("backup", str(folder), "--keep", "2")
    names = sorted(p.name for p in folder.iterdir())
    assert names[:1] == ["netops-20250102-000000.tar"]
    assert len(names) == 3
    assert json.loads((city.folder / "last-backup.json").read_text())["path"] == str(folder / names[1])


def test_a_running_product_is_not_restored_over(backup: Path, tmp_path: Path) -> None:
    other = Installation(tmp_path / "other")
    other.folder.mkdir()
    with only_one(other.folder):
        assert "running already" in other.manage("restore", str(backup), code=1).stderr


def test_a_backup_of_a_newer_release_is_refused(city: Installation, tmp_path: Path) -> None:
    newer = upgraded(tmp_path / "newer")
    for name in ("netops.sqlite3", "observed.sqlite3"):
        with closing(sqlite3.connect(newer.folder / name)) as database:
            database.execute(
                "INSERT INTO django_migrations (app, name, applied) VALUES ('kernel', '9999_later', '2030-01-01')"
            )
            database.commit()
    said = newer.manage("backup", str(tmp_path / "b.tar"), code=1).stderr
    assert "kernel.9999_later" in said
    assert not (tmp_path / "b.tar").exists()
