"""What one command line's dialect looks like; a YAML file each in collectors/profiles/."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).resolve().parents[2] / "profiles"


class UnknownProfile(ValueError):
    """No file has this name; the message lists those that exist."""


@dataclass(frozen=True)
class Profile:
    name: str
    prompt: re.Pattern[str]
    """Matches the whole last line when the device waits for a command."""
    failures: re.Pattern[str] | None
    """Matches where the device says that it didn't take a command."""
    encodings: tuple[str, ...]
    paging_off: tuple[str, ...] = ()
    pager: re.Pattern[str] | None = None
    """Matches the last line when the device waits for a key all the same."""
    commands: dict[str, str] = field(default_factory=dict)
    leave: str = "exit"
    has_weak_algorithms: bool = False
    """Old gear that knows nothing better than SHA-1 key exchange and ssh-rsa keys."""


def profile_names() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


@cache
def profile(name: str) -> Profile:
    """Raises UnknownProfile, and ValueError for a file with a key that isn't known."""
    if name not in profile_names():
        raise UnknownProfile(f"There is no profile “{name}”. Choose one of: {', '.join(profile_names())}.")
    said: dict[str, Any] = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    known = {"prompt", "failures", "encodings", "paging_off", "pager", "commands", "leave", "has_weak_algorithms"}
    if unknown := set(said) - known:
        raise ValueError(f"The profile {name} has unknown keys: {', '.join(sorted(unknown))}.")
    failures = said.get("failures", [])
    return Profile(
        name=name,
        prompt=re.compile(said["prompt"]),
        failures=re.compile("|".join(f"(?:{mark})" for mark in failures), re.MULTILINE) if failures else None,
        encodings=tuple(said.get("encodings", ["utf-8"])),
        paging_off=tuple(said.get("paging_off", ())),
        pager=re.compile(said["pager"]) if "pager" in said else None,
        commands=dict(said.get("commands", {})),
        leave=said.get("leave", "exit"),
        has_weak_algorithms=bool(said.get("has_weak_algorithms", False)),
    )
