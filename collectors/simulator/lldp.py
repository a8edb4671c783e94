"""LLDP-MIB: the device's own ports, and who is heard on them."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from collectors.simulator import habits
from collectors.simulator.plan import PlannedDevice, PlannedInterface, PlannedNeighbour
from collectors.simulator.ports import Links, Port
from collectors.simulator.tables import Arcs, Column, Rows, fixed, integer, object_id, octets, scalar, text

_LOCAL: Arcs = (1, 0, 8802, 1, 1, 2, 1, 3)
_REMOTE: Arcs = (1, 0, 8802, 1, 1, 2, 1, 4)
_CHASSIS_BY_MAC = 4
_BRIDGE_AND_ROUTER = b"\x28"


@dataclass(frozen=True, slots=True)
class _Heard:
    """One neighbour as its own vendor announces it."""

    index: Arcs
    chassis: bytes
    port_kind: int
    port: bytes
    port_description: bytes
    name: bytes
    description: bytes
    address: str


def columns(device: PlannedDevice, ports: Sequence[Port], links: Links) -> list[Column]:
    wired = [port for port in ports if port.plan.type == "ethernetCsmacd"]
    heard = [
        _heard(device, place, port.plan.neighbour, links)
        for place, port in enumerate(wired, start=1)
        if port.plan.neighbour is not None and port.is_up and _is_sending(links.far_end(port.plan))
    ]
    return [*_local(device, wired), *_remote(heard), *_management(heard)]


def chassis_mac(device: PlannedDevice) -> bytes:
    if device.interfaces:
        return bytes.fromhex(device.interfaces[0].mac.replace(":", ""))
    return _made_up_mac(device.name)


def _made_up_mac(name: str) -> bytes:
    return b"\x02\x00" + zlib.crc32(name.encode()).to_bytes(4, "big")


def _is_sending(far_end: PlannedInterface | None) -> bool:
    """The far end of another network's device is taken to be up."""
    return far_end is None or (far_end.admin == "up" and far_end.oper == "up")


def _local(device: PlannedDevice, ports: Sequence[Port]) -> list[Column]:
    manner = habits.of(device)
    rows = Rows([(place,) for place in range(1, len(ports) + 1)])
    values = {
        2: [integer(manner.port_id_kind)] * len(ports),
        3: [octets(_port_id(manner, port.plan, place)) for place, port in enumerate(ports, start=1)],
        4: [octets(_port_description(manner, port.plan)) for port in ports],
    }
    return [
        scalar((*_LOCAL, 1), integer(_CHASSIS_BY_MAC)),
        scalar((*_LOCAL, 2), octets(chassis_mac(device))),
        scalar((*_LOCAL, 3), octets(manner.text(device.name))),
        scalar((*_LOCAL, 4), text(habits.description(device))),
        *(fixed((*_LOCAL, 7, 1, number), rows, column) for number, column in values.items()),
    ]


def _port_id(manner: habits.Habits, port: PlannedInterface, place: int) -> bytes:
    return str(place).encode() if manner.port_id_kind == habits.PORT_LOCAL else manner.text(port.name)


def _port_description(manner: habits.Habits, port: PlannedInterface) -> bytes:
    # A port known by a number alone is described by its name, else nobody could tell which it is.
    if manner.port_id_kind == habits.PORT_LOCAL or not port.alias:
        return manner.text(manner.port_description.format(name=port.name))
    return manner.text(port.alias)


def _heard(device: PlannedDevice, place: int, neighbour: PlannedNeighbour, links: Links) -> _Heard:
    mark = 0
    if habits.of(device).lldp_time_mark:
        mark = 1000 + zlib.crc32(f"{device.name} {place}".encode()) % 1_000_000
    index = (mark, place, 1)
    remote = links.devices.get(neighbour.device)
    if remote is None:
        name, port = neighbour.device.encode(), neighbour.port.encode()
        return _Heard(index, _made_up_mac(neighbour.device), habits.PORT_BY_NAME, port, port, name, b"", "")
    manner = habits.of(remote)
    wired = [port for port in remote.interfaces if port.type == "ethernetCsmacd"]
    found = next(((number, port) for number, port in enumerate(wired, start=1) if port.name == neighbour.port), None)
    return _Heard(
        index=index,
        chassis=chassis_mac(remote),
        port_kind=manner.port_id_kind if found else habits.PORT_BY_NAME,
        port=_port_id(manner, found[1], found[0]) if found else manner.text(neighbour.port),
        port_description=_port_description(manner, found[1]) if found else b"",
        name=manner.text(remote.name),
        description=habits.description(remote).encode(),
        address=remote.address,
    )


def _remote(heard: Sequence[_Heard]) -> list[Column]:
    rows = Rows([one.index for one in heard])
    values = {
        4: [integer(_CHASSIS_BY_MAC)] * len(heard),
        5: [octets(one.chassis) for one in heard],
        6: [integer(one.port_kind) for one in heard],
        7: [octets(one.port) for one in heard],
        8: [octets(one.port_description) for one in heard],
        9: [octets(one.name) for one in heard],
        10: [octets(one.description) for one in heard],
        11: [octets(_BRIDGE_AND_ROUTER)] * len(heard),
        12: [octets(_BRIDGE_AND_ROUTER)] * len(heard),
    }
    return [fixed((*_REMOTE, 1, 1, number), rows, column) for number, column in values.items()]


def _management(heard: Sequence[_Heard]) -> list[Column]:
    managed = [one for one in heard if one.address]
    rows = Rows([(*one.index, 1, 4, *map(int, one.address.split("."))) for one in managed])
    values = {
        3: [integer(2)] * len(managed),
        4: [integer(1)] * len(managed),
        5: [object_id((0, 0))] * len(managed),
    }
    return [fixed((*_REMOTE, 2, 1, number), rows, column) for number, column in values.items()]
