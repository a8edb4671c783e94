"""What access lines have in common: speed, price, carrier, age and load, drawn by dice."""

from __future__ import annotations

import datetime as dt
import random

from netops.sample.boxes import join
from netops.sample.parts import RESOURCE, End, Line, Org, Place, Port

CARRIERS = ("电信", "联通", "移动", "广电")
_CARRIER_WEIGHTS = (38, 34, 20, 8)
_MEDIA = ("裸光纤", "MSTP", "PTN", "OTN", "MPLS-VPN")
_SPEEDS = {
    "city": ((20, 50, 100, 200, 500, 1000), (8, 18, 44, 16, 9, 5)),
    RESOURCE: ((10, 20, 50, 100, 200), (10, 28, 34, 24, 4)),
    "county": ((20, 50, 100, 200), (20, 40, 32, 8)),
    "township": ((50, 100, 200), (34, 56, 10)),
    "village": ((10, 20), (58, 42)),
}
_FEES = {10: 320, 20: 480, 50: 880, 100: 1480, 200: 2600, 500: 5200, 1000: 8800, 10_000: 0}
_CARRIER_SHARE = {"电信": 1.0, "联通": 0.96, "移动": 0.9, "广电": 0.84, "自建": 0.0}


def draw_line(
    dice: random.Random, number: str, network: str, org: Org, place: Place, *, kind: str, today: dt.date
) -> Line:
    """A line without a Z end yet; its A end is at the place."""
    speeds, weights = _SPEEDS[kind]
    mbps = dice.choices(speeds, weights)[0]
    carrier = dice.choices(CARRIERS, _CARRIER_WEIGHTS)[0]
    medium = dice.choices(_MEDIA, (30, 26, 22, 8, 14))[0] if mbps > 20 else dice.choices(_MEDIA, (5, 45, 30, 0, 20))[0]
    line = Line(
        number, network, org, place.region, carrier, medium, End(place), End(place),
        grade={"city": 3, RESOURCE: 3, "county": 2, "township": 3, "village": 4}[kind],
        access_class=dice.choices("ABCDEF", (26, 40, 4, 20, 4, 6))[0], declared=mbps, approved=mbps,
        opened_on=_some_day(dice, today),
        mean_mbps=round(mbps * dice.uniform(0.04, 0.36), 3), up_share=round(dice.uniform(0.12, 0.6), 2),
    )  # fmt: skip
    price(line)
    return line


def _some_day(dice: random.Random, today: dt.date) -> dt.date:
    """Between 2016 and 90 days ago. One throw whatever the day is, so that the rest of the city stays the same."""
    first, share = dt.date(2016, 3, 1), dice.random()
    return first + dt.timedelta(days=int(share * max(0, (today - first).days - 90)))


def price(line: Line) -> None:
    line.fee = round(_FEES[line.approved] * _CARRIER_SHARE[line.provider])


def join_line(line: Line, a: Port, z: Port) -> None:
    """Bind both ends; the ports negotiate what such a line is handed over with."""
    line.z = End(z.box.place, z.box.room)
    line.a.room = a.box.room
    join(line, a, z)
    if line.declared <= 100 and len(line.number + line.org.short) % 3 == 0:
        a.mbps = z.mbps = 100  # a carrier's small box with 100M ports
