"""The address of a web service with the account to use there."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class WebAddress:
    """`url` has no trailing slash, no account and no password, so it may be shown and logged."""

    url: str
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
