"""Reads a backup into an empty installation: all of it or nothing, on either engine, from this or an older release."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import DataError, IntegrityError, OperationalError, connection, connections, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone
from django.utils.translation import gettext as _

from collectors.models import Credential
from collectors.models.credentials import SECRETS
from kernel.crypto import UnreadableSecret
from kernel.models import User
from kernel.sealing import SealReport, verify
from netops.backups.archives import Archive, Manifest
from netops.backups.errors import BackupRefused
from netops.backups.making import ATTACHMENTS, KEYS, attachments_folder
from netops.backups.snapshots import pointed_at
from netops.backups.tables import (
    LEFT_OUT,
    Stage,
    empty,
    last_migrations,
    missing_migrations,
    set_last_number,
    tables,
    write_rows,
)

_LOCK_TIMEOUT = "15s"


@dataclass(frozen=True)
class RestoreReport:
    manifest: Manifest
    trail: SealReport
    unreadable: tuple[str, ...]
    """Credentials whose secrets the present key doesn't open."""
    keys: tuple[str, ...]
    """Key files that were put into the data folder."""
    kept: Path | None
    """Where the replaced data lies."""


@dataclass
class Swap:
    """Puts new files and folders in the place of old ones, and can take that back."""

    aside: Path
    done: list[tuple[Path, Path | None]] = field(default_factory=list)

    def put(self, new: Path | None, place: Path) -> None:
        old = None
        if place.exists():
            self.aside.mkdir(mode=0o700, exist_ok=True)
            old = self.aside / place.name
            place.rename(old)
        self.done.append((place, old))
        if new is not None and new.exists():
            new.rename(place)

    def undo(self) -> None:
        for place, old in reversed(self.done):
            if place.is_dir():
                shutil.rmtree(place)
            else:
                place.unlink(missing_ok=True)
            if old is not None:
                old.rename(place)
        if self.aside.exists() and not any(self.aside.iterdir()):
            self.aside.rmdir()


def restore(path: Path, *, replace: bool = False, say: Callable[[str], None] = lambda _text: None) -> RestoreReport:
    """The caller keeps the product stopped meanwhile. Whatever fails leaves the installation as it was."""
    with Archive(path) as archive:
        archive.verify()
        manifest = archive.manifest
        if missing := missing_migrations(manifest.stage):
            said = {"version": manifest.version, "names": ", ".join(missing[:5])}
            raise BackupRefused(
                _("The backup is of release %(version)s, which is newer; upgrade first. Unknown here: %(names)s.")
                % said
            )
        is_empty = _is_empty()
        if not is_empty and not replace:
            raise BackupRefused(
                _("This installation holds data. Restore into an empty one, or say --replace to give up what it holds.")
            )
        keys = _keys_to_write(archive)
        swap = Swap(Path(settings.DATA_DIR) / f"before-restore-{timezone.localtime():%Y%m%d-%H%M%S}")
        try:
            trail = _load(archive, swap, say)
        except BaseException:
            swap.undo()
            raise
    for place, key in keys.items():
        place.touch(mode=0o600)
        place.write_text(key, encoding="utf-8")
    if is_empty and swap.aside.exists():
        shutil.rmtree(swap.aside)
    kept = swap.aside if swap.aside.exists() else None
    return RestoreReport(manifest, trail, _unreadable(keys), tuple(p.name for p in keys), kept)


def _is_empty() -> bool:
    """Without an account nobody has ever worked here."""
    return User._meta.db_table not in connection.introspection.table_names() or not User.objects.exists()


def _load(archive: Archive, swap: Swap, say: Callable[[str], None]) -> SealReport:
    with tempfile.TemporaryDirectory(dir=settings.DATA_DIR, prefix="restore-") as folder:
        scratch = Path(folder)
        for part in archive.manifest.files(ATTACHMENTS):
            archive.extract(part, scratch / part.name)
        with _new_databases(scratch, swap):
            try:
                _fill(archive, say)
            except (IntegrityError, DataError) as error:
                said = {"engine": connection.vendor, "why": str(error).strip().splitlines()[0]}
                raise BackupRefused(
                    _("A row doesn't fit %(engine)s, so nothing was restored: %(why)s") % said
                ) from error
            trail = verify()
            if not trail.is_whole:
                number = {"number": trail.broken_at}
                raise BackupRefused(
                    _("The change trail in the backup was altered at change %(number)s; nothing was restored.") % number
                )
            if connection.vendor != "sqlite":
                swap.put(scratch / ATTACHMENTS, attachments_folder())
        if connection.vendor == "sqlite":
            swap.put(scratch / ATTACHMENTS, attachments_folder())
    return trail


def _fill(archive: Archive, say: Callable[[str], None]) -> None:
    of = archive.manifest.stage
    _migrate(of)
    known = {table.name: table for table in tables(of)}
    parts = {part.table: part for part in archive.manifest.tables}
    if parts.keys() != known.keys():
        raise BackupRefused(_("The backup lacks tables of its release: %(names)s.") % {
            "names": ", ".join(sorted(parts.keys() ^ known.keys()))
        })  # fmt: skip
    with _one_transaction_each():
        _set_constraints("DEFERRED")  # migrations leave some immediate
        for name, table in known.items():
            part = parts[name]
            if list(part.columns) != table.columns:
                raise BackupRefused(_("The columns of %(name)s are not those of its release.") % {"name": name})
            empty(table)  # what a migration put there by itself
            written = write_rows(table, archive.rows(part))
            if written != part.rows:
                said = {"name": name, "found": written, "rows": part.rows}
                raise BackupRefused(_("%(name)s has %(found)d rows, not the %(rows)d that were written.") % said)
            set_last_number(table, part.last_number)
            say(f"{name}: {written}")
        # Checked now and for the rest of the transaction: a table can't be altered while a check is waiting.
        _set_constraints("IMMEDIATE")
    for alias in settings.DATABASES:
        call_command("migrate", database=alias, interactive=False, verbosity=0)


def _set_constraints(when: str) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SET CONSTRAINTS ALL {when}")


def _migrate(to: Stage) -> None:
    for alias in settings.DATABASES:
        executor = MigrationExecutor(connections[alias])
        executor.migrate(last_migrations(to))


@contextmanager
def _one_transaction_each() -> Iterator[None]:
    """References may point to rows that come later; they are checked when a transaction ends."""
    aliases = list(settings.DATABASES)
    with transaction.atomic(using=aliases[0]), transaction.atomic(using=aliases[-1]):
        yield


@contextmanager
def _new_databases(scratch: Path, swap: Swap) -> Iterator[None]:
    """Empty databases in the place of the old ones once the block ends well."""
    if connection.vendor == "postgresql":
        with _emptied_database():
            yield
        return
    places = {alias: Path(connections[alias].settings_dict["NAME"]) for alias in settings.DATABASES}
    files = {alias: scratch / place.name for alias, place in places.items()}
    with pointed_at(files):
        yield
        for alias in files:
            with connections[alias].cursor() as cursor:
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for alias, place in places.items():
        swap.put(files[alias], place)
        for ending in ("-wal", "-shm"):
            swap.put(None, place.with_name(place.name + ending))


@contextmanager
def _emptied_database() -> Iterator[None]:
    """One transaction: other sessions see the old tables until it ends, and for ever when it fails."""
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'")
                for name in _own_tables():
                    cursor.execute(f"DROP TABLE IF EXISTS {connection.ops.quote_name(name)} CASCADE")
            yield
    except OperationalError as error:
        if "lock timeout" not in str(error):
            raise
        raise BackupRefused(_("The product still runs on this database; stop it everywhere first.")) from error


def _own_tables() -> list[str]:
    """Of this release and of what migrations say is there; another program's tables in the same database stay."""
    recorder = MigrationRecorder(connection)
    own = set(connection.introspection.django_table_names(only_existing=True))
    if recorder.has_table():
        known = frozenset(recorder.applied_migrations())
        own |= {table.name for table in tables(known - _unknown(known))} | LEFT_OUT
        own.add(recorder.Migration._meta.db_table)
    return sorted(own)


def _unknown(known: Stage) -> set[tuple[str, str]]:
    missing = set(missing_migrations(known))
    return {key for key in known if f"{key[0]}.{key[1]}" in missing}


def _keys_to_write(archive: Archive) -> dict[Path, str]:
    """Key files that the product reads here; keys that the environment gives stand."""
    found = {}
    for part in archive.manifest.files(KEYS):
        place = Path(settings.DATA_DIR) / Path(part.name).name
        if place.exists():  # without the file, the environment gives the key
            found[place] = archive.content(part).decode()
    return found


def _unreadable(keys: dict[Path, str]) -> tuple[str, ...]:
    if any("credentials" in place.name for place in keys):
        return ()  # they came along, and are used from the next start on
    found = []
    for credential in Credential.objects.order_by("name"):
        try:
            for name in SECRETS:
                getattr(credential, name).reveal()
        except UnreadableSecret:
            found.append(credential.name)
    return tuple(found)
