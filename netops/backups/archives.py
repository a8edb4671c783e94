"""The file itself: a tar of compressed parts, its manifest first. A part that doesn't give its digest is named."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any

from django.utils.translation import gettext as _

from netops.backups.errors import BackupRefused
from netops.backups.tables import Stage

FORMAT = 1
MANIFEST, SEAL = "manifest.json", "manifest.sha256"
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Part:
    """One member of the file. Tables say their columns, rows and last key; other files only what they are."""

    name: str
    sha256: str
    size: int
    table: str = ""
    columns: tuple[str, ...] = ()
    rows: int = 0
    last_number: int | None = None


@dataclass(frozen=True)
class Manifest:
    version: str
    engine: str
    made_at: str
    migrations: tuple[tuple[str, str], ...]
    parts: tuple[Part, ...]
    has_keys: bool = False
    is_sample: bool = False
    format: int = field(default=FORMAT)

    @property
    def stage(self) -> Stage:
        return frozenset(self.migrations)

    @property
    def tables(self) -> list[Part]:
        return [part for part in self.parts if part.table]

    @property
    def rows(self) -> int:
        return sum(part.rows for part in self.parts)

    def files(self, folder: str) -> list[Part]:
        return [part for part in self.parts if part.name.startswith(f"{folder}/")]

    def to_bytes(self) -> bytes:
        return json.dumps(asdict(self), ensure_ascii=False, indent=1).encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> Manifest:
        said = json.loads(content)
        parts = tuple(Part(**{**part, "columns": tuple(part["columns"])}) for part in said.pop("parts"))
        migrations = tuple((app, name) for app, name in said.pop("migrations"))
        return cls(parts=parts, migrations=migrations, **said)


def write_part(path: Path, rows: Iterable[list[Any]]) -> int:
    """Rows as compressed JSON lines; returns how many."""
    count = 0
    with path.open("xb") as raw, gzip.GzipFile("", "wb", 6, raw, mtime=0) as packed:
        for row in rows:
            packed.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
            count += 1
    return count


def digest_of(file: IO[bytes]) -> tuple[str, int]:
    """(SHA-256, length) of what is left in an open file."""
    digest, size = hashlib.sha256(), 0
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
        size += len(chunk)
    return digest.hexdigest(), size


def write_archive(path: Path, manifest: Manifest, folder: Path) -> None:
    """`path` is new; the parts lie in `folder` under their names."""
    content = manifest.to_bytes()
    with tarfile.open(path, "x:", format=tarfile.PAX_FORMAT) as archive:
        for name, said in ((MANIFEST, content), (SEAL, hashlib.sha256(content).hexdigest().encode())):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(said), 0o600
            archive.addfile(entry, io.BytesIO(said))
        for part in manifest.parts:
            archive.add(folder / part.name, part.name, recursive=False)


class Archive:
    """An open backup. Opening reads the manifest; `verify` reads everything."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._tar = tarfile.open(path, "r:")  # noqa: SIM115  # closed by __exit__
            self.manifest = self._manifest()
        except FileNotFoundError as error:
            raise BackupRefused(_("There is no file %(path)s.") % {"path": path}) from error
        except (OSError, tarfile.TarError) as error:
            raise BackupRefused(_("%(path)s is no backup, or its beginning is damaged.") % {"path": path}) from error

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *exc: object) -> None:
        self._tar.close()

    def _manifest(self) -> Manifest:
        content, seal = self._next(MANIFEST).read(), self._next(SEAL).read()
        if hashlib.sha256(content).hexdigest().encode() != seal:
            raise self._damaged(MANIFEST)
        try:
            manifest = Manifest.from_bytes(content)
        except (ValueError, TypeError, KeyError) as error:
            raise BackupRefused(_("This backup was made by a newer release; upgrade first.")) from error
        if manifest.format != FORMAT:
            raise BackupRefused(_("This backup was made by a newer release; upgrade first."))
        for part in manifest.parts:
            steps = PurePosixPath(part.name)
            if steps.is_absolute() or ".." in steps.parts:
                raise self._damaged(MANIFEST)
        return manifest

    def verify(self) -> None:
        """Refuses, by name, the first part that is missing or isn't what was written."""
        for part in self.manifest.parts:
            with self._next(part.name) as file:
                try:
                    digest, size = digest_of(file)
                except (OSError, tarfile.TarError) as error:
                    raise self._damaged(part.name) from error
            if (digest, size) != (part.sha256, part.size):
                raise self._damaged(part.name)

    def rows(self, part: Part) -> Iterator[list[Any]]:
        with self._open(part.name) as file, gzip.GzipFile(fileobj=file) as lines:
            for line in lines:
                yield json.loads(line)

    def content(self, part: Part) -> bytes:
        return self._read(part.name)

    def extract(self, part: Part, to: Path) -> None:
        to.parent.mkdir(parents=True, exist_ok=True)
        with self._open(part.name) as file, to.open("xb") as target:
            while chunk := file.read(_CHUNK):
                target.write(chunk)

    def _read(self, name: str) -> bytes:
        with self._open(name) as file:
            return file.read()

    def _next(self, name: str) -> IO[bytes]:
        """The next member in the file, which must be this one: so the first damage is what is named."""
        try:
            entry = self._tar.next()
        except (OSError, tarfile.TarError) as error:
            raise self._damaged(name) from error
        if entry is None or entry.name != name:
            raise self._damaged(name)
        return self._open(entry)

    def _open(self, member: str | tarfile.TarInfo) -> IO[bytes]:
        name = member if isinstance(member, str) else member.name
        try:
            file = self._tar.extractfile(member)
        except (KeyError, OSError, tarfile.TarError) as error:
            raise self._damaged(name) from error
        if file is None:
            raise self._damaged(name)
        return file

    def _damaged(self, name: str) -> BackupRefused:
        said = {"path": self.path, "part": name}
        return BackupRefused(_("%(path)s is damaged: its part %(part)s is not what was written.") % said)
