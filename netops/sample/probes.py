"""Which lines of the sample city are probed, and what the record says of them: probes, deduction steps, one window."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.utils import timezone

from collectors.models import Probe
from inventory.models import Circuit, MaintenanceWindow
from netops.sample import planted
from netops.sample.parts import EXTRANET, City, Line
from netops.sample.records import REASON, save

LINES = 36
_PLANTED = tuple(p.line_no for p in planted.PLANTED_T06)


def probe_ports() -> tuple[int, int]:
    """TCP, beside the simulator's UDP port: each probed device answers on both."""
    return settings.SIMULATOR_PORT, settings.SIMULATOR_PORT + 1


def choose(city: City) -> None:
    """Lines of carriers whose user's end answers, the planted ones first; a device stands for one line alone."""
    usable = [line for line in city.lines if _is_usable(city, line)]
    usable.sort(key=lambda line: line.number not in _PLANTED)
    chosen = 0
    for line in usable:
        assert line.a.port is not None
        if line.a.port.box.probed_line is None and chosen < LINES:
            line.a.port.box.probed_line = line
            chosen += 1


def _is_usable(city: City, line: Line) -> bool:
    spoilt = {p.line_no for p in planted.PLANTED} | {*planted.IDLE_LINES, *planted.CONGESTED_LINES, *city.lines_down}
    port = line.a.port
    if port is None or line.contract is None or line.contract.number == planted.EXPIRED_CONTRACT:
        return False
    is_plain = line.network == EXTRANET and line.role == "access" and line.number not in spoilt
    return is_plain and port.oper == "up" and port.box.snmp != "silent" and port.box.name not in city.devices_silent


def probed_lines(city: City) -> list[Line]:
    return [box.probed_line for box in city.boxes if box.probed_line is not None]


def past_month(today: dt.date) -> dt.date:
    """The first day of the month before."""
    return (today.replace(day=1) - dt.timedelta(days=1)).replace(day=1)


def planted_outage(today: dt.date) -> tuple[dt.datetime, dt.datetime]:
    first = past_month(today)
    start = dt.datetime(first.year, first.month, 12, 8, 20, tzinfo=timezone.get_default_timezone())
    return start, start + dt.timedelta(hours=5)


def write(city: City) -> None:
    lines = probed_lines(city)
    circuits = {c.line_no: c for c in Circuit.objects.filter(line_no__in=[line.number for line in lines])}
    save(
        [
            Probe(
                circuit=circuits[line.number], name=name, kind="tcp", target=line.a.port.box.address, port=port,
                packets=5, interval_s=60, description=REASON,
            )
            for line in lines if line.a.port is not None
            for name, port in zip(("探测一", "探测二"), probe_ports(), strict=True)
        ]
    )  # fmt: skip
    start, end = planted_outage(city.today)
    window = MaintenanceWindow(
        name="示例:光缆割接", document_no="示例割接-07", circuit=circuits[planted.ANNOUNCED_WORK],
        starts_at=start - dt.timedelta(minutes=20), ends_at=end + dt.timedelta(minutes=40), description=REASON,
    )  # fmt: skip
    save([window])
