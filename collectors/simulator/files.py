"""Writing a file so that a reader sees the old one or the new one, never a part."""

import os
import tempfile
from pathlib import Path


def replace_file(path: Path, text: str) -> None:
    """The file is readable by its owner alone: plans hold communities and keys."""
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
