"""The plan of the simulated network: every device of the city with all its ports, consistent with the record."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.utils import timezone

from collectors.simulator import faults
from collectors.simulator.plan import (
    Plan,
    PlannedDevice,
    PlannedInterface,
    PlannedListener,
    PlannedModule,
    PlannedNeighbour,
    PlannedUser,
    dump,
)
from netops.sample.parts import Box, City, Port
from netops.sample.probes import probe_ports

# Of the simulated devices on this machine's loopback alone.
COMMUNITY = "sample-city"
V3_USER = "netops-sample"
V3_AUTH_KEY = "sample-auth-2026"
V3_PRIV_KEY = "sample-priv-2026"


def folder() -> Path:
    return Path(settings.DATA_DIR) / "simulator"


def plan_of(city: City, *, started_at: float) -> Plan:
    return Plan(
        started_at=started_at, community=COMMUNITY,
        devices=tuple(_device(box, started_at) for box in city.boxes),
        users=(PlannedUser(V3_USER, "SHA", V3_AUTH_KEY, "AES", V3_PRIV_KEY),),
    )  # fmt: skip


def write_plan(city: City) -> None:
    """Also breaks what is planted as broken; the plan is written last, so that it vouches for both."""
    folder().mkdir(parents=True, exist_ok=True)
    (folder() / faults.FILE_NAME).unlink(missing_ok=True)
    for line_no in city.lines_down:
        faults.break_line(folder(), line_no)
    for name in city.devices_silent:
        faults.silence_device(folder(), name)
    dump(plan_of(city, started_at=timezone.now().timestamp()), folder() / "plan.json")


def has_plan() -> bool:
    return (folder() / "plan.json").exists()


def _device(box: Box, started_at: float) -> PlannedDevice:
    room = f" {box.room.name}" if box.room else ""
    return PlannedDevice(
        name=box.name, address=box.address, vendor=box.model.vendor, model=box.model.name, serial=box.serial,
        booted_at=started_at - box.booted_days * 86_400, location=f"{box.place.name}{room}", snmp=box.snmp,
        interfaces=tuple(_interface(port) for port in box.ports), modules=_modules(box),
        listeners=_listeners(box),
    )  # fmt: skip


def _listeners(box: Box) -> tuple[PlannedListener, ...]:
    if box.probed_line is None:
        return ()
    return tuple(PlannedListener(port, box.probed_line.number) for port in probe_ports())


def _interface(port: Port) -> PlannedInterface:
    return PlannedInterface(
        index=port.index, name=port.name, speed_mbps=port.mbps, mac=port.mac, alias=port.alias, admin=port.admin,
        oper=port.oper, type=port.kind, in_mbps=port.in_mbps, out_mbps=port.out_mbps, address=port.address or None,
        neighbour=PlannedNeighbour(port.heard.box.name, port.heard.name) if port.heard else None,
        line=port.line.number if port.line else None,
    )  # fmt: skip


def _modules(box: Box) -> tuple[PlannedModule, ...]:
    chassis = PlannedModule(box.model.name, "chassis", box.model.name, box.serial)
    boards = [
        PlannedModule(f"{box.model.name} slot {slot}", "module", f"{box.model.name}-LPU", f"{box.serial}B{slot}")
        for slot in range(1, box.model.boards + 1)
    ]
    power = [
        PlannedModule(f"power {number}", "power", f"{box.model.name}-PWR", f"{box.serial}P{number}")
        for number in range(1, 3 if box.room else 2)
    ]
    return (chassis, *boards, *power)
