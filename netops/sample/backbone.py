"""Six rooms on a ring, their core routers and aggregation switches, and the two ways out to the Internet."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from netops.sample import models, names
from netops.sample.boxes import Workshop, add_racks, end_of, free_port, join, patch
from netops.sample.parts import (
    EXTRANET,
    INTERNET,
    RESOURCE,
    Box,
    City,
    EgressPlan,
    Line,
    Org,
    Place,
    Port,
    RingPlan,
    Room,
    Segment,
)

# Room, letters in device names, area, street, longitude and latitude.
_ROOMS = (
    ("政务中心IDC", "ZWZX", "410102000000", "中原区中原路示例1号", 113.598, 34.747),
    ("郑东IDC", "ZHD", names.ZHENGDONG, "郑东新区商都路示例2号", 113.738, 34.768),
    ("高新IDC", "GX", "410172000000", "高新区科学大道示例3号", 113.560, 34.803),
    ("中原IDC", "ZY", "410102000000", "中原区建设路示例4号", 113.571, 34.757),
    ("二七IDC", "EQ", "410103000000", "二七区嵩山路示例5号", 113.637, 34.715),
    ("经开IDC", "JK", "410171000000", "经开区航海路示例6号", 113.745, 34.722),
)


@dataclass(slots=True)
class Backbone:
    """Where lines end: the aggregation switches of each network, in the order of the rooms."""

    rooms: list[Room] = field(default_factory=list)
    cores: list[Box] = field(default_factory=list)
    aggregation: dict[str, list[Box]] = field(default_factory=lambda: {EXTRANET: [], RESOURCE: []})


def build(city: City, workshop: Workshop, operator: Org) -> Backbone:
    backbone = Backbone()
    for number, (name, letters, area, street, longitude, latitude) in enumerate(_ROOMS, start=1):
        place = Place(name, f"idc-{number}", area, operator, street, longitude, latitude)
        room = Room(
            "一号机房", f"idc-{number}-1", place, "idc", operator, 320 + 80 * number, "B" if number > 2 else "A",
            200 + 60 * number, dt.date(2012 + number, 3, 1),
        )  # fmt: skip
        add_racks(room, 3 + number % 2)
        city.places.append(place)
        city.rooms.append(room)
        backbone.rooms.append(room)
        _equip(backbone, workshop, room, letters, operator)
    _resource_cores(backbone, workshop, operator)
    _ring(city, backbone, operator)
    _egresses(city, workshop, backbone, operator)
    return backbone


def _equip(backbone: Backbone, workshop: Workshop, room: Room, letters: str, operator: Org) -> None:
    core = workshop.box(f"{letters}-CR01", models.CORE, "core", room.place, EXTRANET, room=room, org=operator)
    core.snmp = "v3"
    backbone.cores.append(core)
    for network, mark, count in ((EXTRANET, "AG", 2), (RESOURCE, "RA", 1)):
        for number in range(1, count + 1):
            model = models.AGGREGATION[(len(backbone.aggregation[network]) + number) % len(models.AGGREGATION)]
            name = f"{letters}-{mark}{number:02d}"
            box = workshop.box(name, model, "aggregation", room.place, network, room=room, org=operator)
            backbone.aggregation[network].append(box)
            if network == EXTRANET:
                _load(patch(box, core), 900.0)


def _resource_cores(backbone: Backbone, workshop: Workshop, operator: Org) -> None:
    """The resource network has routers of its own in two rooms; no cable joins it to the extranet."""
    cores = [
        workshop.box(f"{letters}-RC01", models.CORE, "core", room.place, RESOURCE, room=room, org=operator)
        for (_name, letters, *_rest), room in zip(_ROOMS[:2], backbone.rooms[:2], strict=True)
    ]
    _load(patch(cores[0], cores[1]), 700.0)
    for number, box in enumerate(backbone.aggregation[RESOURCE]):
        _load(patch(box, cores[number % 2]), 240.0)


def _ring(city: City, backbone: Backbone, operator: Org) -> None:
    segments = []
    for number, core in enumerate(backbone.cores, start=1):
        following = backbone.cores[number % len(backbone.cores)]
        line = Line(
            f"410100-WW-R{number:03d}", EXTRANET, operator, names.CITY, "自建", "裸光纤", end_of(core),
            end_of(following), role="ring", grade=1, declared=10_000, approved=10_000,
            opened_on=dt.date(2018, 5, 10 + number), mean_mbps=1200.0 + 190 * number, up_share=0.8,
            description=f"示例数据:骨干环 {core.place.name}–{following.place.name}",
        )  # fmt: skip
        join(line, free_port(core, 10_000), free_port(following, 10_000))
        city.lines.append(line)
        assert core.room is not None
        assert following.room is not None
        segments.append(Segment(line, core.room, following.room))
    city.rings.append(RingPlan("政务骨干环网", "erps", 10, segments))


def _egresses(city: City, workshop: Workshop, backbone: Backbone, operator: Org) -> None:
    chosen = (
        (0, "ZWZX", "电信", models.EGRESS_ONE, models.FIREWALL_ONE, 4000),
        (1, "ZHD", "联通", models.EGRESS_TWO, models.FIREWALL_TWO, 4000),
    )
    for number, (at, letters, carrier, router_model, wall_model, mbps) in enumerate(chosen, start=1):
        room = backbone.rooms[at]
        router = workshop.box(f"{letters}-ER01", router_model, "egress", room.place, INTERNET, room=room, org=operator)
        router.snmp = "v3"
        wall = workshop.box(f"{letters}-FW01", wall_model, "firewall", room.place, EXTRANET, room=room, org=operator)
        _load(patch(wall, backbone.cores[at]), 1500.0)
        _load(patch(router, wall), 1500.0)
        # The carrier's own gear is not the city's: this line has one end of ours.
        carrier_side = Place(f"{carrier}郑州核心局(示例)", f"carrier-{number}", names.CITY, None, "", *_near(room))
        city.places.append(carrier_side)
        line = Line(
            f"410100-HL-{number:04d}", INTERNET, operator, names.CITY, carrier, "裸光纤", end_of(router),
            end_of(router), role="egress", grade=1, declared=mbps, approved=mbps, opened_on=dt.date(2018, 6, number),
            fee=62_000 - 3000 * number, mean_mbps=1500.0, description=f"示例数据:互联网出口({carrier})",
        )  # fmt: skip
        line.z.place, line.z.room = carrier_side, None
        port = free_port(router, 10_000)
        port.oper, port.is_recorded, port.line, port.alias = "up", True, line, f"{line.number} {carrier}"
        line.a.port = port
        city.lines.append(line)
        city.egresses.append(EgressPlan(f"互联网{'一二'[number - 1]}号出口({carrier})", line, router, wall))


def _load(ports: tuple[Port, Port], mean_mbps: float) -> None:
    down, up = ports
    down.in_mbps = up.out_mbps = mean_mbps
    down.out_mbps = up.in_mbps = round(mean_mbps * 0.4, 2)


def _near(room: Room) -> tuple[float, float]:
    return room.place.longitude + 0.01, room.place.latitude + 0.01
