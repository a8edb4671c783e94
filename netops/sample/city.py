"""The sample city as a whole, drawn in memory: the same dice give the same city."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterable

from netops.sample import backbone, contracts, counties, departments, loads, probes
from netops.sample.boxes import Workshop
from netops.sample.counties import Division
from netops.sample.parts import City
from netops.sample.plants import plant

_SEED = 20190613  # the day of the reply whose figures it follows


def draw(today: dt.date, divisions: Iterable[Division]) -> City:
    city = City(today)
    dice = random.Random(_SEED)
    workshop = Workshop(city, dice)
    departments.build_orgs(city, dice)
    ring = backbone.build(city, workshop, city.org("市大数据管理局"))
    departments.build_lines(city, workshop, ring, dice)
    counties.build(city, workshop, ring, dice, {division.code: division for division in divisions})
    plant(city)
    contracts.sign(city)
    loads.spread(city, workshop)
    probes.choose(city)
    return city
