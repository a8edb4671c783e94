"""How busy each port is, what stands behind an access device, and the addresses of the links."""

from __future__ import annotations

from netops.sample.boxes import Workshop
from netops.sample.parts import Box, City, Port


def spread(city: City, workshop: Workshop) -> None:
    for line in city.lines:
        a, z = line.a.port, line.z.port
        if a is not None and a.line is line:
            _carry(a, received=line.mean_mbps, sent=line.mean_mbps * line.up_share)
        if z is not None and z.line is line:
            _carry(z, received=line.mean_mbps * line.up_share, sent=line.mean_mbps)
        if a is not None and z is not None and a.line is line and a.is_physical:
            a.address, z.address = workshop.link_address(line.network)
    for box in city.boxes:
        if box.role == "cpe":
            _office_side(box)


def _carry(port: Port, *, received: float, sent: float) -> None:
    port.in_mbps, port.out_mbps = round(received, 4), round(sent, 4)
    if port.parent is not None:
        port.parent.in_mbps, port.parent.out_mbps = port.in_mbps, port.out_mbps


def _office_side(box: Box) -> None:
    """The department's own network hangs on the last copper port and takes what the lines bring."""
    port = next((p for p in reversed(box.ports) if p.is_physical and p.mbps <= 1000 and not p.is_taken), None)
    if port is None:
        return
    port.is_taken = port.is_recorded = True
    port.oper, port.alias = "up", "LAN"
    port.in_mbps = round(sum(p.out_mbps for p in box.ports if p.line is not None and p.parent is None), 4)
    port.out_mbps = round(sum(p.in_mbps for p in box.ports if p.line is not None and p.parent is None), 4)
