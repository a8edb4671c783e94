"""Faults on command: a file beside the plan that the simulator follows while it runs.

A line that was down leaves the times of it behind in the file, so that its counters, which stood still meanwhile,
go on from there after a restart of the simulator too. A file written by hand may leave `outages` out; its lines
then go down and up at the time the file was changed.
"""

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias

from collectors.errors import CollectError
from collectors.simulator.files import replace_file

FILE_NAME = "faults.json"
Outage: TypeAlias = tuple[float, float | None]
"""From and until when; None while it lasts."""


class WrongFaults(CollectError):
    code = "wrong_faults"


@dataclass(frozen=True, slots=True)
class Faults:
    lines_down: frozenset[str] = frozenset()
    devices_silent: frozenset[str] = frozenset()
    speeds: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    """What the ports of a line negotiated, in Mbit/s, where that is not what is planned."""
    outages: Mapping[str, tuple[Outage, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """By line, in order of time."""


def faults(directory: Path) -> Faults:
    """No file means no faults; raises WrongFaults for one that can not be understood."""
    path = directory / FILE_NAME
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return _read(data)
    except FileNotFoundError:
        return Faults()
    except OSError as error:
        raise WrongFaults(f"The file {path} can not be read ({error.strerror}).") from error
    except (ValueError, TypeError, AttributeError) as error:
        raise WrongFaults(
            f"The file {path} does not list faults; write lines_down, devices_silent and speeds."
        ) from error


def break_line(directory: Path, line_no: str, *, at: float | None = None) -> Faults:
    """`at` is for histories written before the simulator runs: a past time takes back what was counted since."""
    return _change(directory, lambda known: with_line_down(known, line_no, _instant(at)))


def mend_line(directory: Path, line_no: str, *, at: float | None = None) -> Faults:
    return _change(directory, lambda known: with_line_up(known, line_no, _instant(at)))


def silence_device(directory: Path, name: str) -> Faults:
    """The device stops answering; its ports and lines stay up."""
    return _change(directory, lambda known: replace(known, devices_silent=known.devices_silent | {name}))


def wake_device(directory: Path, name: str) -> Faults:
    return _change(directory, lambda known: replace(known, devices_silent=known.devices_silent - {name}))


def set_speed(directory: Path, line_no: str, speed_mbps: int | None) -> Faults:
    """None gives the line its planned speed back. Traffic is not held to the speed."""
    if speed_mbps is not None and not 0 < speed_mbps <= 10_000_000:
        raise WrongFaults("The speed of a line is between 1 and 10,000,000 Mbit/s.")

    def changed(known: Faults) -> Faults:
        speeds = {line: speed for line, speed in known.speeds.items() if line != line_no}
        return replace(known, speeds=speeds if speed_mbps is None else speeds | {line_no: speed_mbps})

    return _change(directory, changed)


# --- changes without a file -------------------------------------------------------------------------------------


def with_line_down(known: Faults, line_no: str, at: float) -> Faults:
    history = known.outages.get(line_no, ())
    if not is_open(history):
        history = (*history, (at, None))
    return replace(
        known, lines_down=known.lines_down | {line_no}, outages={**known.outages, line_no: history}
    )  # fmt: skip


def with_line_up(known: Faults, line_no: str, at: float) -> Faults:
    history = known.outages.get(line_no, ())
    if is_open(history):
        started_at = history[-1][0]
        history = (*history[:-1], (started_at, max(at, started_at)))
    outages = {**known.outages, line_no: history} if history else known.outages
    return replace(known, lines_down=known.lines_down - {line_no}, outages=outages)


def is_open(history: tuple[Outage, ...]) -> bool:
    return bool(history) and history[-1][1] is None


# --- the file ---------------------------------------------------------------------------------------------------


def _instant(at: float | None) -> float:
    return time.time() if at is None else at


def _change(directory: Path, change: Callable[[Faults], Faults]) -> Faults:
    with _alone(directory):
        changed = change(faults(directory))
        written = {
            "lines_down": sorted(changed.lines_down),
            "devices_silent": sorted(changed.devices_silent),
            "speeds": dict(sorted(changed.speeds.items())),
            "outages": {line: [list(outage) for outage in changed.outages[line]] for line in sorted(changed.outages)},
        }
        replace_file(directory / FILE_NAME, json.dumps(written, ensure_ascii=False, indent=1) + "\n")
    return changed


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """Two people who break lines at the same moment must not lose each other's change."""
    try:
        handle = os.open(directory, os.O_RDONLY)
    except OSError as error:
        raise WrongFaults(f"The folder {directory} can not be opened ({error.strerror}).") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _read(data: Any) -> Faults:
    if set(data) - {"lines_down", "devices_silent", "speeds", "outages"}:
        raise ValueError("There is an unknown key.")
    speeds = {_text(line): int(speed) for line, speed in data.get("speeds", {}).items()}
    if any(not 0 < speed <= 10_000_000 for speed in speeds.values()):
        raise ValueError("A speed is out of bounds.")
    return Faults(
        lines_down=frozenset(_text(line) for line in _list(data.get("lines_down", []))),
        devices_silent=frozenset(_text(name) for name in _list(data.get("devices_silent", []))),
        speeds=speeds,
        outages={_text(line): _history(items) for line, items in data.get("outages", {}).items()},
    )


def _history(items: object) -> tuple[Outage, ...]:
    """Outages that overlap, or that follow one without an end, would make counters fall."""
    history = tuple((float(first), None if last is None else float(last)) for first, last in _list(items))
    edges = [edge for outage in history for edge in outage]
    instants = [edge for edge in edges if edge is not None]
    is_ordered = instants == sorted(instants) and all(0 <= edge < 2**33 for edge in instants)
    if None in edges[:-1] or not is_ordered:
        raise ValueError("Outages are in order and only the last may lack its end.")
    return history


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("A name is text.")
    return value


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError("A list belongs here.")
    return value
