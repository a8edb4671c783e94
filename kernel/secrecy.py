"""Keeps secrets out of what is logged: values this process knows to be secret, and what looks like one.

Known values are the settings' own, those that a stored secret was opened to, and what the present request shows
(its token, cookies and passwords). The patterns are for what only passes by.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

MASK = "***"
_SHORTEST = 4  # masking shorter ones would blank out ordinary words
_MOST = 20_000  # one a device of a large city, twice over

_known: dict[str, None] = {}
_sources: list[Callable[[], Iterable[str]]] = []

_NAMES = (
    r"pass(?:word|wd|phrase)?|pwd|community|secret|token|cookie|session(?:id)?|csrf\w*|api[_-]?key|"
    r"auth[_-]?key|priv[_-]?key|credentials?[_-]?key"
)
_PATTERNS = (
    # scheme://user:password@host; a password may hold a slash, so all up to the last @ is taken for one
    (re.compile(r"(\b[a-z][a-z0-9+.-]*://[^\s/:@]*):\S*@", re.IGNORECASE), rf"\1:{MASK}@"),
    (re.compile(r"\b(bearer|token|basic)\s+[a-z0-9._~+/=-]{8,}", re.IGNORECASE), rf"\1 {MASK}"),
    (re.compile(r"((?:proxy-)?authorization['\"]?\s*[:=]\s*)[^\r\n,}]+", re.IGNORECASE), rf"\1{MASK}"),
    (re.compile(r"((?:set-)?cookie['\"]?\s*:\s*)[^\r\n}]+", re.IGNORECASE), rf"\1{MASK}"),
    # 'password': ['value'], password=value, auth_secret: "value"; a name that was masked itself counts too
    (
        re.compile(rf"((?:\b\w*(?:{_NAMES})\w*|\w*\*{{3}})['\"]?\s*[:=]\s*[\[(]?\s*)('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|[^\s,;&)\]}}]+)",
                   re.IGNORECASE),
        rf"\1{MASK}",
    ),
)  # fmt: skip


def remember(value: str) -> None:
    """A secret that this process holds in the open from now on."""
    if len(value) >= _SHORTEST and value not in _known:
        if len(_known) >= _MOST:
            del _known[next(iter(_known))]
        _known[value] = None


def ask_also(source: Callable[[], Iterable[str]]) -> None:
    """Secrets that are known for a while, such as those of the present request."""
    _sources.append(source)


def redact(text: str) -> str:
    known = [*_known, *(value for source in _sources for value in source() if len(value) >= _SHORTEST)]
    for value in sorted((value for value in known if value in text), key=len, reverse=True):
        text = text.replace(value, MASK)
    for pattern, kept in _PATTERNS:
        text = pattern.sub(kept, text)
    return text
