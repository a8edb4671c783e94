"""All devices of a plan, each with its table as the faults of the moment leave it."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from collectors.simulator import addresses, entity, faults, interfaces, lldp, system
from collectors.simulator.faults import Faults, WrongFaults
from collectors.simulator.plan import Plan, PlannedDevice
from collectors.simulator.ports import Links
from collectors.simulator.tables import Table
from collectors.transports.snmp.usm import UsmUser

CHECK_S = 0.5


class Network:
    """Answers who is at an address and what it shows; a fault drops the tables it touches until they are asked for."""

    def __init__(self, plan: Plan, directory: Path, *, warn: Callable[[str], None] | None = None) -> None:
        self.community = plan.community.encode()
        self.users: dict[bytes, UsmUser] = {user.name.encode(): user.usm() for user in plan.users}
        self._devices = {device.address: device for device in plan.devices}
        self._links = Links(plan)
        self._tables: dict[str, Table] = {}
        self._directory = directory
        self._warn = warn or _to_stderr
        self._faults = Faults()
        self._checked_at = float("-inf")
        self._stamp: tuple[int, int, int] | None = None

    def device(self, address: str) -> PlannedDevice | None:
        """None for an address nobody has and for a device that keeps silent."""
        found = self._devices.get(address)
        if found is None or found.snmp == "silent" or found.name in self._faults.devices_silent:
            return None
        return found

    def carries(self, device: str, line: str) -> bool:
        """Whether something behind this line can be heard from this device just now."""
        return line not in self._faults.lines_down and device not in self._faults.devices_silent

    def build(self) -> None:
        """All tables at once (5 ms each): built on demand, the first poll of a whole city would time out."""
        for device in self._devices.values():
            if device.snmp != "silent":
                self.table(device)

    def table(self, device: PlannedDevice) -> Table:
        found = self._tables.get(device.name)
        if found is None:
            found = self._tables[device.name] = self._built(device)
        return found

    def _built(self, device: PlannedDevice) -> Table:
        ports = self._links.ports(device, self._faults)
        entities = entity.rows(device)
        return Table(
            [
                *system.columns(device),
                *system.load_columns(device, entities),
                *interfaces.columns(device, ports),
                *entity.columns(device, entities),
                *addresses.columns(device, ports),
                *lldp.columns(device, ports, self._links),
            ]
        )

    # --- faults -------------------------------------------------------------------------------------------------

    def follow_faults(self, now: float) -> None:
        """Look for a changed file, at most every half second; `now` may be any clock that goes forward."""
        if abs(now - self._checked_at) < CHECK_S:
            return
        self._checked_at = now
        try:
            status = (self._directory / faults.FILE_NAME).stat()
        except FileNotFoundError:
            stamp, changed_at = None, now
        else:
            stamp, changed_at = (status.st_mtime_ns, status.st_ino, status.st_size), status.st_mtime
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            read = faults.faults(self._directory)
        except WrongFaults as error:
            self._warn(f"{error.message} The faults stay as they were.")
            return
        self._take(_with_history(read, self._faults, changed_at))

    def _take(self, new: Faults) -> None:
        """Forget the tables that the difference touches."""
        old, self._faults = self._faults, new
        lines = (old.lines_down ^ new.lines_down) | _differing(old.speeds, new.speeds)
        lines |= _differing(old.outages, new.outages)
        for line in lines:
            for name in self._links.devices_by_line.get(line, ()):
                self._tables.pop(name, None)


def _with_history(read: Faults, known: Faults, changed_at: float) -> Faults:
    """What a file written by hand leaves out: when its lines went down, and that the others came up again."""
    merged = replace(read, outages={**known.outages, **read.outages})
    for line in sorted(read.lines_down):
        merged = faults.with_line_down(merged, line, changed_at)
    for line in [line for line, history in merged.outages.items() if faults.is_open(history)]:
        if line not in read.lines_down:
            merged = faults.with_line_up(merged, line, changed_at)
    return merged


def _differing(one: Mapping[str, object], other: Mapping[str, object]) -> set[str]:
    return {key for key in one.keys() | other.keys() if one.get(key) != other.get(key)}


def _to_stderr(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")
