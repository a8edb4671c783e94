"""Files by the digest of their content, in the data folder: two equal files are kept once."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import time
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from django.conf import settings

_DIGEST = re.compile(r"[0-9a-f]{64}")


def folder() -> Path:
    return Path(settings.DATA_DIR) / "attachments"


def path_of(digest: str) -> Path:
    if not _DIGEST.fullmatch(digest):
        raise ValueError("not a digest")
    return folder() / digest[:2] / digest


def put(content: bytes) -> str:
    """Keep the content, whole or not at all, readable by the product alone and executable by nobody."""
    digest = hashlib.sha256(content).hexdigest()
    path = path_of(digest)
    for made in (folder(), path.parent):
        made.mkdir(mode=0o700, exist_ok=True)
    if path.exists():
        os.utime(path)  # a file that was just asked for again is no orphan
        return digest
    handle, temporary = tempfile.mkstemp(dir=path.parent)  # mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return digest


def clean(is_kept: Callable[[Collection[str]], Collection[str]], *, older_than_s: float, now: float = 0.0) -> int:
    """Delete files that no record refers to, unless they are young: their record may be on its way. Returns how many.

    `is_kept` tells which of some digests a record refers to.
    """
    before = (now or time.time()) - older_than_s
    gone = 0
    for old in _batches(before):
        kept = is_kept([path.name for path in old])
        for path in old:
            if path.name not in kept and _is_older(path, before):
                path.unlink(missing_ok=True)
                gone += 1
    return gone


def _batches(before: float) -> Iterator[list[Path]]:
    if not folder().is_dir():
        return
    for part in sorted(folder().iterdir()):
        if part.is_dir():
            yield [path for path in part.iterdir() if _is_older(path, before)]


def _is_older(path: Path, before: float) -> bool:
    try:
        return path.stat().st_mtime < before
    except FileNotFoundError:
        return False
