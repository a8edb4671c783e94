"""Two counties down to their villages: node, offices, townships, villages, and a small ring in 中牟."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass

from netops.sample import models, names
from netops.sample.backbone import Backbone
from netops.sample.boxes import Workshop, add_racks, end_of, free_port, join, patch
from netops.sample.lines import CARRIERS, draw_line, join_line, price
from netops.sample.parts import EXTRANET, Box, City, Line, Model, Org, Place, RingPlan, Room, Segment


@dataclass(frozen=True, slots=True)
class Division:
    """What of a division is needed here; its children are below it by law."""

    code: str
    name: str
    level: int
    parent: str
    is_zone: bool = False


@dataclass(frozen=True, slots=True)
class _County:
    code: str
    name: str
    letters: str
    rooms_at: tuple[int, int]
    """Where its two uplinks end, by number of the backbone's room."""


_COUNTIES = (
    _County("410184000000", "新郑市", "XZ", (5, 4)),
    _County("410122000000", "中牟县", "ZM", (1, 5)),
)


def build(
    city: City, workshop: Workshop, backbone: Backbone, dice: random.Random, divisions: dict[str, Division]
) -> None:
    for county in _COUNTIES:
        _Builder(city, workshop, backbone, dice, divisions, county).build()


class _Builder:
    def __init__(
        self, city: City, workshop: Workshop, backbone: Backbone, dice: random.Random,
        divisions: dict[str, Division], county: _County,
    ) -> None:  # fmt: skip
        self._city, self._workshop, self._backbone, self._dice = city, workshop, backbone, dice
        self._divisions, self._county = divisions, county
        self._number = 1000  # below are the city departments' own lines here
        self._gathered: list[Box] = []
        self._turn = 0

    def build(self) -> None:
        county = self._county
        self._government = self._org(f"{county.name}人民政府", "county", county.code, None)
        place = self._place(f"{county.name}政务信息中心", county.code, self._government)
        room = Room("县级节点机房", f"{county.letters.lower()}-node", place, "county", self._government, 140, "C", 60,
                    dt.date(2016, 9, 1))  # fmt: skip
        add_racks(room, 3)
        self._city.rooms.append(room)
        router = self._box(f"{county.letters}-NR01", models.COUNTY_ROUTER, "county", place, room)
        for number in (1, 2):
            switch = self._box(f"{county.letters}-AG{number:02d}", models.AGGREGATION[number], "county", place, room)
            down, up = patch(switch, router)
            down.in_mbps = up.out_mbps = 260.0
            down.out_mbps = up.in_mbps = 90.0
            self._gathered.append(switch)
        self._uplinks(router)
        self._offices()
        self._townships()
        if county.letters == "ZM":
            self._small_ring(room)

    def _uplinks(self, router: Box) -> None:
        main: Line | None = None
        for number, at in enumerate(self._county.rooms_at, start=1):
            core = self._backbone.cores[at]
            self._number += 1
            line = Line(
                f"{self._county.code[:6]}-WW-{self._number:04d}", EXTRANET, self._government, self._county.code,
                CARRIERS[number - 1], "OTN", end_of(router), end_of(core), role="uplink" if main is None else "standby",
                grade=2, declared=1000, approved=1000, opened_on=dt.date(2018, 9, number), main=main,
                mean_mbps=310.0 if main is None else 0.0,
                description=f"示例数据:{self._county.name}{'主用' if main is None else '备用'}上联",
            )  # fmt: skip
            price(line)
            join(line, free_port(router, 1000), free_port(core, 1000))
            self._city.lines.append(line)
            main = line

    def _offices(self) -> None:
        for office in names.COUNTY_OFFICES:
            org = self._org(f"{self._county.name}{office}", "county", self._county.code, self._government)
            self._line(org, self._place(org.short, self._county.code, org), "county")

    def _townships(self) -> None:
        below = [d for d in self._divisions.values() if d.parent == self._county.code and d.level == 4]
        for township in sorted(below, key=lambda d: d.code):
            if township.is_zone:
                continue
            suffix = "办事处" if township.name.endswith("街道") else "人民政府"
            org = self._org(f"{self._county.name}{township.name}{suffix}", "township", township.code, self._government)
            self._line(org, self._place(f"{township.name}政务服务站", township.code, org), "township")
            for village in self._villages(township):
                plain = village.name.removesuffix("居委会").removesuffix("村委会").removesuffix("社区")
                name = f"{plain}社区" if "居委会" in village.name else f"{plain}村"
                below_org = self._org(f"{township.name}{name}", "village", village.code, org)
                place = self._place(f"{township.name}{name}便民服务点", village.code, below_org)
                self._line(below_org, place, "village")

    def _villages(self, township: Division) -> list[Division]:
        count = names.VILLAGES.get(township.code[:9], 0)
        below = sorted((d for d in self._divisions.values() if d.parent == township.code), key=lambda d: d.code)
        # 付李庄 is named in the city's reply of 2019, so it is always among them.
        return sorted(below, key=lambda d: (d.code != names.FULIZHUANG, d.code))[:count]

    def _line(self, org: Org, place: Place, kind: str) -> Line:
        self._number += 1
        number = f"{self._county.code[:6]}-WW-{self._number:04d}"
        line = draw_line(self._dice, number, EXTRANET, org, place, kind=kind, today=self._city.today)
        model = self._dice.choice(models.VILLAGE_CPE if kind == "village" else models.CPE)
        box = self._workshop.box(
            f"{self._county.letters}-WW-CE{self._number:03d}", model, "cpe", place, EXTRANET, org=org
        )
        switch = self._gathered[self._turn % len(self._gathered)]
        self._turn += 1
        join_line(line, free_port(box, 1000), free_port(switch, 1000))
        self._city.lines.append(line)
        return line

    def _small_ring(self, first_room: Room) -> None:
        """Three nodes; the lines are the county's own."""
        nodes = [self._city.box("ZM-NR01")]
        for code, letters in (("410122102000", "GD"), ("410122208000", "DJ")):
            township = self._divisions[code]
            org = next(o for o in self._city.orgs if o.region == code and o.tier == "township")
            place = self._place(f"{township.name}汇聚点", code, org)
            room = Room("汇聚间", f"zm-{letters.lower()}", place, "county", self._government, 30, "C", 12,
                        dt.date(2020, 6, 1))  # fmt: skip
            add_racks(room, 1)
            self._city.rooms.append(room)
            nodes.append(self._box(f"ZM-{letters}-NR01", models.COUNTY_ROUTER, "county", place, room))
        segments = []
        for number, node in enumerate(nodes, start=1):
            following = nodes[number % len(nodes)]
            line = Line(
                f"410122-WW-R{number:03d}", EXTRANET, self._government, self._county.code, "自建", "裸光纤",
                end_of(node), end_of(following), role="ring", grade=2, declared=1000, approved=1000,
                opened_on=dt.date(2021, 4, number), mean_mbps=90.0 + 40 * number, up_share=0.7,
                description=f"示例数据:县级环 {node.place.name}–{following.place.name}",
            )  # fmt: skip
            join(line, free_port(node, 1000), free_port(following, 1000))
            self._city.lines.append(line)
            assert node.room is not None
            assert following.room is not None
            segments.append(Segment(line, node.room, following.room))
        self._city.rings.append(RingPlan("中牟县级环", "ospf_bfd", 1, segments))

    def _org(self, name: str, tier: str, region: str, parent: Org | None) -> Org:
        count = sum(1 for org in self._city.orgs if org.tier != "city") + 1
        org = Org(name, name.removesuffix("人民政府"), f"county-{count:03d}", tier, "government", region, parent)
        self._city.orgs.append(org)
        return org

    def _place(self, name: str, region: str, org: Org) -> Place:
        longitude, latitude = names.CENTRES[self._county.code]
        number = len(self._city.places) + 1
        place = Place(
            name, f"site-{number:04d}", region, org, f"{self._county.name}{names.STREETS[number % 12]}示例{number}号",
            round(longitude + self._dice.uniform(-0.12, 0.12), 6), round(latitude + self._dice.uniform(-0.1, 0.1), 6),
        )  # fmt: skip
        self._city.places.append(place)
        return place

    def _box(self, name: str, model: Model, role: str, place: Place, room: Room) -> Box:
        return self._workshop.box(name, model, role, place, EXTRANET, room=room, org=self._government)
