"""Makes a backup, keeps the newest few, and remembers the last one for whoever watches the installation."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from netops.backups.archives import Archive, Manifest, Part, digest_of, write_archive, write_part
from netops.backups.errors import BackupRefused
from netops.backups.snapshots import snapshot
from netops.backups.tables import Table, last_number, missing_migrations, read_rows, stage, tables
from netops.version import product_version

ATTACHMENTS, KEYS, ROWS = "attachments", "keys", "rows"
_PATTERN = "netops-*.tar"


@dataclass(frozen=True)
class BackupReport:
    path: str
    at: str
    seconds: float
    size: int
    tables: int
    rows: int
    has_keys: bool

    @property
    def ended_at(self) -> dt.datetime:
        return dt.datetime.fromisoformat(self.at)


def attachments_folder() -> Path:
    return Path(settings.DATA_DIR) / ATTACHMENTS


def back_up(path: Path, *, with_keys: bool = False, keep: int | None = None) -> BackupReport:
    """Write one new file, or one with the time in its name when `path` is a folder. May run beside the product.

    `keep`: of the backups in that folder only so many newest stay.
    """
    started = time.monotonic()
    now = timezone.now()
    if path.is_dir():
        path = path / f"netops-{timezone.localtime(now):%Y%m%d-%H%M%S}.tar"
    elif keep is not None:
        raise BackupRefused(_("To keep only the newest ones, name a folder, not a file."))
    _refuse_existing(path)
    part = path.with_name(f".{path.name}.part")
    try:
        manifest = _write(part, with_keys=with_keys, now=now)
        _refuse_existing(path)
        part.rename(path)
    except OSError as error:
        raise BackupRefused(
            _("%(path)s can't be written: %(why)s.") % {"path": path, "why": error.strerror or error}
        ) from error
    finally:
        part.unlink(missing_ok=True)
    with Archive(path) as archive:
        archive.verify()  # what was written can be read
    report = BackupReport(
        path=str(path.resolve()), at=now.isoformat(), seconds=round(time.monotonic() - started, 3),
        size=path.stat().st_size, tables=len(manifest.tables), rows=manifest.rows, has_keys=with_keys,
    )  # fmt: skip
    _remember(report)
    if keep is not None:
        _forget_older(path.parent, keep)
    return report


def last_backup() -> BackupReport | None:
    """The last one that ended well, from this data folder."""
    try:
        return BackupReport(**json.loads(_memory().read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _refuse_existing(path: Path) -> None:
    if path.exists():
        raise BackupRefused(_("%(path)s exists; a backup never overwrites a file.") % {"path": path})


def _write(path: Path, *, with_keys: bool, now: dt.datetime) -> Manifest:
    with tempfile.TemporaryDirectory(dir=settings.DATA_DIR, prefix="backup-") as scratch:
        parts_folder, copies = Path(scratch) / "parts", Path(scratch) / "copies"
        for folder in (parts_folder / ROWS, copies):
            folder.mkdir(parents=True)
        with snapshot(copies):
            applied = stage()
            if missing := missing_migrations(applied):
                raise BackupRefused(_newer(missing))
            parts = [_table_part(table, parts_folder) for table in tables(applied)]
        parts += _attachment_parts(parts_folder)
        if with_keys:
            parts += _key_parts(parts_folder)
        manifest = Manifest(
            version=product_version(), engine=connection.vendor, made_at=now.isoformat(),
            migrations=tuple(sorted(applied)), parts=tuple(parts), has_keys=with_keys, is_sample=settings.IS_SAMPLE,
        )  # fmt: skip
        before = os.umask(0o077)  # password digests and encrypted secrets are for the file's owner alone
        try:
            write_archive(path, manifest, parts_folder)
        finally:
            os.umask(before)
    with path.open("rb") as written:
        os.fsync(written.fileno())
    return manifest


def _newer(missing: list[str]) -> str:
    said = {"names": ", ".join(missing[:5])}
    return _("The data is of a newer release than this program; upgrade it first. Unknown to it: %(names)s.") % said


def _table_part(table: Table, folder: Path) -> Part:
    name = f"{ROWS}/{table.name}.jsonl.gz"
    rows = write_part(folder / name, read_rows(table))
    digest, size = _digest(folder / name)
    return Part(name, digest, size, table.name, tuple(table.columns), rows, last_number(table))


def _attachment_parts(folder: Path) -> list[Part]:
    source, found = attachments_folder(), []
    for file in sorted(source.rglob("*")) if source.is_dir() else []:
        if file.is_file() and not file.is_symlink():
            name = f"{ATTACHMENTS}/{file.relative_to(source).as_posix()}"
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, folder / name)
            found.append(Part(name, *_digest(folder / name)))
    return found


def _key_parts(folder: Path) -> list[Part]:
    found = []
    (folder / KEYS).mkdir(mode=0o700)
    for name in ("SECRET_KEY", "CREDENTIALS_KEY"):
        part = f"{KEYS}/netops_{name.lower()}.key"
        (folder / part).write_text(getattr(settings, name), encoding="utf-8")
        found.append(Part(part, *_digest(folder / part)))
    return found


def _digest(path: Path) -> tuple[str, int]:
    with path.open("rb") as file:
        return digest_of(file)


def _memory() -> Path:
    return Path(settings.DATA_DIR) / "last-backup.json"


def _remember(report: BackupReport) -> None:
    part = _memory().with_suffix(".part")
    part.write_text(json.dumps(asdict(report), ensure_ascii=False), encoding="utf-8")
    part.replace(_memory())


def _forget_older(folder: Path, keep: int) -> None:
    """By name, which is by time: a file's own time may be that of a copy."""
    for old in sorted(folder.glob(_PATTERN), reverse=True)[keep:]:
        old.unlink()
