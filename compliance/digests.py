"""A short name for a content: equal digests mean that nothing has to be written."""

from __future__ import annotations

import hashlib
import json


def digest_of(*parts: object) -> str:
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False, default=str, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
