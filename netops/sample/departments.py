"""The city's departments, their sites and their lines: 82 on 184 lines of the extranet, 160 on 182 of the other."""

from __future__ import annotations

import datetime as dt
import random
from collections import defaultdict

from netops.sample import models, names
from netops.sample.backbone import Backbone
from netops.sample.boxes import Workshop, free_port
from netops.sample.lines import CARRIERS, draw_line, join_line, price
from netops.sample.parts import EXTRANET, LINE_LETTERS, RESOURCE, Box, City, Line, Org, Place

EXTRANET_UNITS, EXTRANET_LINES = 82, 184
RESOURCE_UNITS, RESOURCE_LINES = 160, 182
CONVERTED_THIS_YEAR = 100
STANDBY_LINES = 9

_HOME_AREAS = ("410105000000", "410102000000", "410103000000", "410104000000", "410108000000", names.ZHENGDONG)
_HOME_WEIGHTS = (34, 27, 11, 9, 6, 13)
_WITH_MANY = {"市自然资源和规划局": 7, "市公安局": 9, "市财政局": 3, "市大数据管理局": 4, "市市场监督管理局": 5,
              "市人力资源和社会保障局": 5, "市税务局": 6, "市生态环境局": 4, "市住房保障和房地产管理局": 4,
              "市卫生健康委员会": 5, "市民政局": 3, "市交通运输局": 4, "市城市管理局": 4, "市水利局": 3,
              "市应急管理局": 3, "市中级人民法院": 3}  # fmt: skip
_FIXED_HOMES = {"市自然资源和规划局": "410105000000"}
_SCATTERED = (*names.COUNTIES, *names.ZONES, *names.DISTRICTS, "410106000000", "410183000000")


def city_org(city: City, short: str, kind: str, region: str, parent: Org | None = None) -> Org:
    vertical = {"市税务局": "nation", "市烟草专卖局": "nation", "市气象局": "nation", "市邮政管理局": "nation",
                "市消防救援支队": "nation"}.get(short, parent.vertical if parent else "none")  # fmt: skip
    full = short if short.startswith("共青团") else f"郑州{short}"
    org = Org(full, short, f"city-{len(city.orgs) + 1:03d}", "city", kind, region, parent, vertical)
    city.orgs.append(org)
    return org


def build_orgs(city: City, dice: random.Random) -> None:
    for short, kind in names.EXTRANET:
        home = _FIXED_HOMES.get(short) or dice.choices(_HOME_AREAS, _HOME_WEIGHTS)[0]
        city_org(city, short, kind, home)
    for short, kind, parent, area in names.branches():
        city_org(city, short, kind, area, city.org(parent))


def build_lines(city: City, workshop: Workshop, backbone: Backbone, dice: random.Random) -> None:
    estate = _Estate(city, workshop, dice)
    shorts = [short for short, _kind in names.EXTRANET]
    units = [city.org(short) for short in shorts]
    for org, area in _spread(units, EXTRANET_LINES, dice, _WITH_MANY):
        estate.add(EXTRANET, org, area, backbone)
    own = [org for org in city.orgs if org.short not in shorts]
    on_both = [org for org in units if org.short != "市自然资源和规划局"][: names.BOTH - 1]
    both = [city.org("市自然资源和规划局"), *on_both]
    for org, area in _spread([*both, *own], RESOURCE_LINES, dice, {}):
        estate.add(RESOURCE, org, area, backbone)
    _convert([line for line in city.lines if line.network == RESOURCE], city.today, dice)
    _pair([line for line in city.lines if line.network == EXTRANET], estate.second_lines)


def _spread(units: list[Org], lines: int, dice: random.Random, fixed: dict[str, int]) -> list[tuple[Org, str]]:
    """So many lines over the units, at least one each: the first at home, more there or at branches."""
    counts = {org.short: fixed.get(org.short, 1) for org in units}
    free = [org.short for org in units if org.short not in fixed]
    left = lines - sum(counts.values())
    for short in dice.choices(free, k=left):
        counts[short] += 1
    found = []
    turn = 0
    for org in units:
        found.append((org, org.region))
        for extra in range(1, counts[org.short]):
            if extra == 1 and dice.random() < 0.55:
                found.append((org, org.region))
                continue
            found.append((org, _SCATTERED[turn % len(_SCATTERED)]))
            turn += 1
    return found


class _Estate:
    """Sites and access devices as lines need them: one device for each department, site and network."""

    def __init__(self, city: City, workshop: Workshop, dice: random.Random) -> None:
        self._city, self._workshop, self._dice = city, workshop, dice
        self._places: dict[tuple[str, str], Place] = {}
        self._boxes: dict[tuple[str, str, str], Box] = {}
        self._numbers: dict[tuple[str, str], int] = defaultdict(int)
        self._turn = {EXTRANET: 0, RESOURCE: 0}
        self._lines: dict[Box, list[Line]] = defaultdict(list)
        self.second_lines: list[tuple[Line, Line]] = []

    def add(self, network: str, org: Org, area: str, backbone: Backbone) -> Line:
        place = self._place(org, area)
        head = area[:6] if area.isdigit() else area.removeprefix("LOCAL-")
        self._numbers[head, network] += 1
        number = f"{head}-{LINE_LETTERS[network]}-{self._numbers[head, network]:04d}"
        kind = "city" if network == EXTRANET else RESOURCE
        line = draw_line(self._dice, number, network, org, place, kind=kind, today=self._city.today)
        box = self._box(org, place, network)
        gathered = backbone.aggregation[network]
        join_line(line, free_port(box, 1000), free_port(gathered[self._turn[network] % len(gathered)], 1000))
        self._turn[network] += 1
        self._city.lines.append(line)
        if self._lines[box]:
            self.second_lines.append((self._lines[box][0], line))
        self._lines[box].append(line)
        return line

    def _place(self, org: Org, area: str) -> Place:
        key = (org.short, area)
        if key not in self._places:
            at_home = area == org.region
            name = org.short if at_home else f"{org.short}{names.AREAS[area]}办事点"
            number = len(self._city.places) + 1
            longitude, latitude = names.CENTRES[area]
            street = names.STREETS[number % len(names.STREETS)]
            self._places[key] = Place(
                name, f"site-{number:04d}", area, org, f"{names.AREAS[area]}{street}示例{number}号",
                round(longitude + self._dice.uniform(-0.04, 0.04), 6),
                round(latitude + self._dice.uniform(-0.03, 0.03), 6),
            )  # fmt: skip
            self._city.places.append(self._places[key])
        return self._places[key]

    def _box(self, org: Org, place: Place, network: str) -> Box:
        key = (org.short, place.name, network)
        if key not in self._boxes:
            head = place.region[:6] if place.region.isdigit() else place.region.removeprefix("LOCAL-")
            name = f"{head}-{LINE_LETTERS[network]}-CE{len(self._boxes) + 1:03d}"
            model = self._dice.choice(models.CPE)
            self._boxes[key] = self._workshop.box(name, model, "cpe", place, network, org=org)
        return self._boxes[key]


def _convert(lines: list[Line], today: dt.date, dice: random.Random) -> None:
    """The ones moved onto the resource network this year; the others were there before."""
    passed = max(0, (today - dt.date(today.year, 1, 1)).days)
    for line in dice.sample(lines, CONVERTED_THIS_YEAR):
        line.is_converted = True
        line.opened_on = dt.date(today.year, 1, 1) + dt.timedelta(days=int(dice.random() * passed))
        line.description = "示例数据:本年度由部门专网改造接入"


def _pair(lines: list[Line], second: list[tuple[Line, Line]]) -> None:
    """A department's second line at a site stands by for the first, with another carrier where there is a choice."""
    chosen = [pair for pair in second if pair[1] in lines and pair[0].role == "access"][:STANDBY_LINES]
    for first, other in chosen:
        other.role, other.main = "standby", first
        other.declared = other.approved = first.approved
        if other.provider == first.provider:
            other.provider = next(carrier for carrier in CARRIERS if carrier != first.provider)
        if other.approved > 100 and other.a.port is not None and other.z.port is not None:
            other.a.port.mbps = other.z.port.mbps = 1000
        price(other)
        other.mean_mbps = 0.0
        other.description = f"示例数据:{first.number} 的备用线路"
