"""`manage.py poll`: read every device that may be read, or some, now."""

from __future__ import annotations

import json
import sys
from typing import Any, TextIO

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from collectors import polls, schedule
from collectors.devices import PolledDevice, forbidden_addresses, polled_devices, unknown_names
from collectors.polls import Answer
from collectors.tabulation import table

_SHARD = 250
# The longest column last, and what needs somebody at the end: 500 rows scroll past.
_COLUMNS = ("device", "address", "state", "interfaces", "neighbours", "seconds", "error")


class _Progress:
    """A bar on a terminal; silent anywhere else."""

    def __init__(self, total: int, out: TextIO) -> None:
        self._total, self._done, self._silent, self._out = total, 0, 0, out
        self._is_shown = total > 0 and out.isatty()

    def step(self, answer: Answer) -> None:
        self._done += 1
        self._silent += answer.error is not None
        if self._is_shown:
            filled = 30 * self._done // self._total
            self._out.write(f"\r[{'#' * filled:30}] {self._done}/{self._total}, {self._silent} not read ")
            self._out.flush()

    def end(self) -> None:
        if self._is_shown:
            self._out.write("\n")


class Command(BaseCommand):
    help = "Read every device that may be polled, or those named, once and now."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--device", nargs="+", action="extend", metavar="NAME", help="only these")
        parser.add_argument("--format", choices=("text", "json"), default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        names = options["device"]
        if names and (unknown := unknown_names(names)):
            self.stderr.write(f"No device is recorded under the name {', '.join(unknown)}.")
            sys.exit(2)
        schedule.sync_targets()
        devices = polled_devices(names=names or None)
        rows = self._poll(devices) if devices else []
        allowed = {d.name for d in devices}
        refused = [name for name in dict.fromkeys(names or ()) if name not in allowed]
        forbidden = forbidden_addresses(refused)
        rows += [
            _row(name, "", "not_asked", error=_FORBIDDEN.format(forbidden[name]) if name in forbidden else _NOT_ALLOWED)
            for name in refused
        ]
        if options["format"] == "json":
            self.stdout.write(json.dumps(rows, ensure_ascii=False, indent=2))
        else:
            listed = sorted(rows, key=lambda row: (row["state"] != "up", row["device"]))
            for line in table([[row[name] for name in _COLUMNS] for row in listed], _COLUMNS):
                self.stdout.write(line)
        if not any(row["state"] not in ("not_asked", "busy") for row in rows):
            self.stderr.write(
                "Nothing could be asked: no device in use has an address in a network where polling is allowed."
                if not devices
                else "Nothing could be asked: other workers are reading these devices just now; try again in a minute."
            )
            sys.exit(1)

    def _poll(self, devices: list[PolledDevice]) -> list[dict[str, Any]]:
        progress = _Progress(len(devices), sys.stderr)
        rows = {d.device_id: _row(d.name, d.host, "busy", error=_BUSY) for d in devices}
        for start in range(0, len(devices), _SHARD):
            owner = polls.new_owner()
            ids = [d.device_id for d in devices[start : start + _SHARD]]
            claimed = schedule.claim(owner, _SHARD, device_ids=ids)
            try:
                answers = polls.run_pass(
                    claimed, owner, is_full=True, is_sample=settings.IS_SAMPLE, on_answer=progress.step
                )
            finally:
                schedule.release(owner)
            rows.update({a.claimed.device.device_id: _answered(a) for a in answers})
        progress.end()
        return list(rows.values())


_NOT_ALLOWED = "It may not be polled: look at its status, its address and its network."
_FORBIDDEN = "Blocked by rule T13: its address lies in {}, where polling is forbidden."
_BUSY = "Another worker is reading it just now."


def _row(
    device: str, address: str, state: str, *, error: str = "", interfaces: int = 0, neighbours: int = 0,
    seconds: float = 0.0,
) -> dict[str, Any]:  # fmt: skip
    return {
        "device": device, "address": address, "state": state, "error": error, "interfaces": interfaces,
        "neighbours": neighbours, "seconds": round(seconds, 3),
    }  # fmt: skip


def _answered(answer: Answer) -> dict[str, Any]:
    device = answer.claimed.device
    if answer.error is not None or answer.observation is None:
        state = "down" if answer.error is not None and answer.error.transient else "unknown"
        return _row(device.name, device.host, state, error=str(answer.error or ""), seconds=answer.seconds)
    reading = answer.observation.reading
    return _row(
        device.name, device.host, "up", error="; ".join(reading.warnings), interfaces=len(reading.interfaces),
        neighbours=len(reading.neighbours), seconds=answer.seconds,
    )  # fmt: skip
