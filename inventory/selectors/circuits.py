from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from inventory.models import CircuitTermination


@dataclass(frozen=True, slots=True)
class LineEnd:
    """One end of a line with one port bound to it; an end without a port has None for device and port."""

    circuit_id: int
    side: str
    site_id: int | None
    site: str
    location_id: int | None
    location: str
    device_id: int | None
    device: str
    interface_id: int | None
    interface: str
    is_shared: bool

    @property
    def is_bound(self) -> bool:
        return self.interface_id is not None


_COLUMNS = (
    "circuit_id",
    "term_side",
    "site_id",
    "site__name",
    "location_id",
    "location__name",
    "bound_interfaces__interface__device_id",
    "bound_interfaces__interface__device__name",
    "bound_interfaces__interface_id",
    "bound_interfaces__interface__name",
    "bound_interfaces__is_shared",
)
_CHUNK = 1000


def line_ends(circuit_ids: Iterable[int]) -> list[LineEnd]:
    """The ends of the lines, A before Z, one entry for each bound port. One query for each thousand lines."""
    wanted = sorted(set(circuit_ids))
    found: list[LineEnd] = []
    for start in range(0, len(wanted), _CHUNK):
        rows = (
            CircuitTermination.objects.filter(circuit_id__in=wanted[start : start + _CHUNK])
            .order_by("circuit_id", "term_side", "bound_interfaces__pk")
            .values_list(*_COLUMNS)
        )
        for circuit, side, site_id, site, room_id, room, device_id, device, port_id, port, is_shared in rows:
            found.append(
                LineEnd(
                    circuit,
                    side,
                    site_id,
                    site or "",
                    room_id,
                    room or "",
                    device_id,
                    device or "",
                    port_id,
                    port or "",
                    bool(is_shared),
                )
            )
    return found
