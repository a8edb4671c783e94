"""A planned port with what links and faults make of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from collectors.simulator.faults import Faults
from collectors.simulator.plan import Plan, PlannedDevice, PlannedInterface
from collectors.simulator.traffic import Wave, last_change_at, wave

Lookup: TypeAlias = Mapping[tuple[str, str], PlannedInterface]
"""Interfaces by the names of device and port."""

OCTETS_PER_MBIT = 125_000


@dataclass(frozen=True, slots=True)
class Port:
    plan: PlannedInterface
    oper: str
    speed_mbps: int
    changed_s: float
    """The device's uptime when it last went up or down."""
    wave: Wave
    in_rate: float
    """Octets a second in the mean, zero where the port is down by plan."""
    out_rate: float

    @property
    def is_up(self) -> bool:
        return self.oper == "up"


class Links:
    """Who is at the other end of a port, and which line runs there."""

    def __init__(self, plan: Plan) -> None:
        self.devices = {device.name: device for device in plan.devices}
        self._interfaces: Lookup = {
            (device.name, port.name): port for device in plan.devices for port in device.interfaces
        }
        self.devices_by_line: dict[str, set[str]] = {}
        for device in plan.devices:
            for port in device.interfaces:
                line = self.line(port)
                if line is not None:
                    self.devices_by_line.setdefault(line, set()).add(device.name)

    def far_end(self, port: PlannedInterface) -> PlannedInterface | None:
        """None where the other end is nobody's, or another network's."""
        if port.neighbour is None:
            return None
        return self._interfaces.get((port.neighbour.device, port.neighbour.port))

    def line(self, port: PlannedInterface) -> str | None:
        if port.line is not None:
            return port.line
        far_end = self.far_end(port)
        return far_end.line if far_end is not None else None

    def ports(self, device: PlannedDevice, faults: Faults) -> list[Port]:
        return [self._port(device, port, faults) for port in device.interfaces]

    def _port(self, device: PlannedDevice, port: PlannedInterface, faults: Faults) -> Port:
        line = self.line(port)
        is_cut = line is not None and line in faults.lines_down
        far_end = self.far_end(port)
        is_up = port.admin == "up" and port.oper == "up"
        outages = faults.outages.get(line, ()) if line is not None else ()
        changed_at = last_change_at(outages) or device.booted_at
        speed = faults.speeds.get(line, port.speed_mbps) if line is not None else port.speed_mbps
        carries = is_up and (far_end is None or (far_end.admin == "up" and far_end.oper == "up"))
        return Port(
            plan=port,
            oper="up" if is_up and not is_cut else "down",
            speed_mbps=speed,
            changed_s=max(changed_at - device.booted_at, 0.0),
            wave=wave(line or self._link_name(device, port), started_at=device.booted_at, outages=outages),
            in_rate=port.in_mbps * OCTETS_PER_MBIT if carries else 0.0,
            out_rate=port.out_mbps * OCTETS_PER_MBIT if carries else 0.0,
        )

    @staticmethod
    def _link_name(device: PlannedDevice, port: PlannedInterface) -> str:
        here = f"{device.name} {port.name}"
        if port.neighbour is None:
            return here
        return min(here, f"{port.neighbour.device} {port.neighbour.port}")
