"""The two ends of lines as recorded, with their bound ports: one query for any number of lines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from collectors.selectors import normal_port_name
from inventory.models import CircuitTermination

PortKey = tuple[int, str]


@dataclass(frozen=True, slots=True)
class BoundPort:
    interface_id: int
    interface: str
    device_id: int
    device: str
    model: str
    is_shared: bool
    speed_kbps: int | None

    @property
    def key(self) -> PortKey:
        return self.device_id, normal_port_name(self.interface)


@dataclass(slots=True)
class End:
    side: str
    site: str = ""
    room: str = ""
    location_id: int | None = None
    patch_panel: str = ""
    ports: list[BoundPort] = field(default_factory=list)

    @property
    def place(self) -> str:
        return " · ".join(part for part in (self.site, self.room) if part)

    @property
    def own_port(self) -> BoundPort | None:
        """The port that carries this line alone."""
        return next((port for port in self.ports if not port.is_shared), None)


_COLUMNS = (
    "circuit_id",
    "term_side",
    "site__name",
    "location__name",
    "location_id",
    "pp_info",
    "bound_interfaces__is_shared",
    "bound_interfaces__interface_id",
    "bound_interfaces__interface__name",
    "bound_interfaces__interface__speed",
    "bound_interfaces__interface__device_id",
    "bound_interfaces__interface__device__name",
    "bound_interfaces__interface__device__device_type__model",
)


def ends_of(circuit_ids: Iterable[int]) -> dict[int, dict[str, End]]:
    """By line, then by side."""
    rows = CircuitTermination.objects.filter(circuit_id__in=list(circuit_ids)).order_by(
        "circuit_id", "term_side", "bound_interfaces__id"
    )
    found: dict[int, dict[str, End]] = defaultdict(dict)
    for row in rows.values_list(*_COLUMNS):
        circuit_id, side, site, room, location_id, panel, is_shared, interface_id, interface, speed, device_id = row[
            :11
        ]
        end = found[circuit_id].setdefault(side, End(side, site or "", room or "", location_id, panel))
        if interface_id is not None:
            end.ports.append(BoundPort(interface_id, interface, device_id, row[11], row[12] or "", is_shared, speed))
    return dict(found)


def own_ports(ends: dict[str, End]) -> list[tuple[str, BoundPort]]:
    """Where a line's own traffic can be read, the department's end first."""
    return [(side, port) for side in ("A", "Z") if side in ends and (port := ends[side].own_port) is not None]
