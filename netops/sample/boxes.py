"""Devices with their ports, and the joining of two ports by a line or a patch cable."""

from __future__ import annotations

import datetime as dt
import random
import zlib
from collections import Counter

from collectors.simulator.habits import first_port_index, port_name
from netops.sample.parts import EXTRANET, INTERNET, RESOURCE, Box, City, End, Line, Model, Org, Place, Port, Rack, Room

# Management addresses are in 127/8 because that is where the simulated devices live.
_AREAS = {EXTRANET: 16, RESOURCE: 20, INTERNET: 24}
_LINK_AREAS = {EXTRANET: 10, RESOURCE: 172}


class Workshop:
    """Makes devices one after the other; names, addresses and serials follow from the order."""

    def __init__(self, city: City, dice: random.Random) -> None:
        self.city = city
        self.dice = dice
        self._made: Counter[str] = Counter()
        self._links: Counter[str] = Counter()

    def box(
        self, name: str, model: Model, role: str, place: Place, network: str, *, room: Room | None = None,
        org: Org | None = None, bought_on: dt.date | None = None,
    ) -> Box:  # fmt: skip
        self._made[network] += 1
        count = self._made[network]
        total = sum(self._made.values())
        box = Box(
            name, model, role, place, network, address=_address(_AREAS[network], count), room=room, org=org,
            serial=_serial(model, total), asset_tag=f"SL-{total:05d}",
            bought_on=bought_on or dt.date(2017 + total % 8, 1 + total % 12, 1 + total % 28),
            booted_days=round(self.dice.uniform(20, 700), 3),
        )  # fmt: skip
        _add_ports(box)
        if room is not None:
            self._mount(box, room)
        self.city.boxes.append(box)
        return box

    def link_address(self, network: str) -> tuple[str, str]:
        """Two addresses of a /30, of 10/8 on the extranet and of 172.16/12 on the resource network."""
        number = self._links[network]
        self._links[network] += 1
        third, fourth = divmod(number * 4, 256)
        head = "10.41" if _LINK_AREAS.get(network, 10) == 10 else "172.20"
        return f"{head}.{third}.{fourth + 1}/30", f"{head}.{third}.{fourth + 2}/30"

    def _mount(self, box: Box, room: Room) -> None:
        """In the rack with most room left: first the lower units."""
        rack = min(room.racks, key=lambda r: r.next_u)
        if rack.next_u + box.model.u_height > 41:
            raise ValueError(f"The racks of {room.name} are full.")
        box.rack, box.position = rack, rack.next_u
        rack.next_u += box.model.u_height + 1


def add_racks(room: Room, count: int) -> None:
    room.racks.extend(Rack(room, f"{chr(65 + i // 4)}{i % 4 + 1:02d}") for i in range(count))


def free_port(box: Box, mbps: int) -> Port:
    """The box's next free port of at least this speed, the slower ones first."""
    for port in box.ports:
        if not port.is_taken and port.is_physical and port.mbps >= min(mbps, 10_000):
            port.is_taken = True
            return port
    raise ValueError(f"{box.name} has no free port of {mbps} Mbit/s.")


def connect(one: Port, other: Port, *, mbps: int | None = None) -> None:
    """Both up, and each hears the other."""
    one.heard, other.heard = other, one
    for port in (one, other):
        port.oper, port.is_recorded, port.is_taken = "up", True, True
        if mbps is not None:
            port.mbps = mbps


def patch(one: Box, other: Box, mbps: int = 10_000) -> tuple[Port, Port]:
    """A cable within a room: recorded ports, no line."""
    a, z = free_port(one, mbps), free_port(other, mbps)
    connect(a, z)
    a.alias, z.alias = f"TO-{other.name}", f"TO-{one.name}"
    return a, z


def join(line: Line, a: Port, z: Port) -> None:
    """Bind a line's two ends, each to its own port."""
    connect(a, z)
    for end, port in ((line.a, a), (line.z, z)):
        end.port = port
        port.line, port.alias = line, f"{line.number} {line.org.short}"


def sub_port(port: Port, tag: int) -> Port:
    """A logical port on a physical one."""
    name = f"{port.name}.{tag}"
    sub = Port(
        port.box, name, 4000 + tag, port.mbps, port.mac, kind="l2vlan", oper=port.oper, parent=port, is_recorded=True,
        is_taken=True,
    )  # fmt: skip
    port.box.ports.append(sub)
    return sub


def end_of(box: Box) -> End:
    return End(box.place, box.room)


def _add_ports(box: Box) -> None:
    model = box.model
    index = first_port_index(model.vendor)
    number = 0
    for count, mbps, slot in ((model.gigabit, 1000, 0), (model.ten_gigabit, 10_000, 1)):
        for port in range(1 if model.vendor != "huawei_vrp" else 0, count + (model.vendor != "huawei_vrp")):
            name = port_name(model.vendor, slot=slot, port=port, speed_mbps=mbps)
            box.ports.append(Port(box, name, index, mbps, _mac(box.name, number)))
            index, number = index + 1, number + 1
    box.ports.append(
        Port(box, "LoopBack0" if model.vendor != "ruijie" else "Loopback 0", 3000, 0, "00:00:00:00:00:00",
             kind="softwareLoopback", oper="up", is_recorded=True, is_taken=True, address=f"{box.address}/32")
    )  # fmt: skip


def _address(area: int, number: int) -> str:
    third, fourth = divmod(number, 250)
    return f"127.{area}.{third}.{fourth + 1}"


def _mac(name: str, number: int) -> str:
    """Locally administered, so it is no maker's."""
    digest = zlib.crc32(f"{name} {number}".encode())
    return "02:4e:" + ":".join(f"{digest >> shift & 0xFF:02x}" for shift in (24, 16, 8, 0))


def _serial(model: Model, number: int) -> str:
    head = {"huawei": "2102SL", "h3c": "219801SL", "zte": "ZSL", "ruijie": "G1SL"}[model.maker]
    return f"{head}{zlib.crc32(model.slug.encode()) % 10_000:04d}{number:06d}"
