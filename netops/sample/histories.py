"""Forty days of traffic behind every line: daily waves that run on where the simulated counters begin."""

from __future__ import annotations

import datetime as dt
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from collectors.databases import observed_alias
from collectors.models import CollectorRun, CollectorWatch, SeenInterface
from collectors.ports import normal_port_name
from collectors.series import Row, Step, series_store
from collectors.simulator.traffic import Wave, wave
from inventory.models import Device, Network
from netops.sample.parts import City, Line, Port

DAYS, HOURS, STEPS_5M = 40, 8 * 24, 288
_WORKER = "sample-history"
_MBIT = 1_000_000
# The simulated devices know no weekend, so the last day and a half joins them without a step.
_JOINED = dt.timedelta(hours=36)
_DAY_PEAK, _DAY_P95 = 1.75, 1.68  # of the wave's mean: its highest point, and what a twentieth of the day exceeds


@dataclass(frozen=True, slots=True)
class _Series:
    """One port's traffic."""

    device_id: int
    port: str
    in_bps: float
    out_bps: float
    weekend: float
    wave: Wave
    opened_at: dt.datetime
    noise: int


def is_written() -> bool:
    return CollectorRun.objects.filter(worker=_WORKER, ended_at__isnull=False).exists()


def write_histories(city: City, now: dt.datetime | None = None) -> int:
    """May be cut off and run again: every row is a function of its port and time. Returns the rows."""
    started = timezone.now()
    now = timezone.localtime(now)
    series = list(_series(city))
    hour = now.replace(minute=0, second=0, microsecond=0)
    five = hour + dt.timedelta(minutes=now.minute - now.minute % 5)
    midnight = hour.replace(hour=0)
    store = series_store()
    written = store.write(Step.DAY, _days(series, midnight, now), now, keeps_existing=True)
    hours = _steps(series, hour, dt.timedelta(hours=1), HOURS, now)
    written += store.write(Step.HOUR, hours, now, keeps_existing=True)
    fives = _steps(series, five, dt.timedelta(minutes=5), STEPS_5M, now)
    written += store.write(Step.MINUTES_5, fives, now, keeps_existing=True)
    _remember_broken_lines(city, now)
    _remember_ports(city, now)
    _remember_watches(now)
    CollectorRun.objects.create(
        worker=_WORKER, started_at=started, ended_at=timezone.now(), asked=len(series), answered=len(series),
        is_sample=True,
    )  # fmt: skip
    return written


def _remember_broken_lines(city: City, now: dt.datetime) -> None:
    """A line that is down when the simulation starts was up before, else it would count as never seen working."""
    ids = dict(Device.objects.values_list("name", "pk"))
    first, last = now - dt.timedelta(days=DAYS), now - dt.timedelta(hours=1)
    ports = [end.port for number in city.lines_down for end in city.line(number).ends if end.port is not None]
    rows = [
        SeenInterface(
            device_id=ids[port.box.name], port=normal_port_name(port.name), if_index=port.index, name=port.name,
            description=port.name, alias=port.alias, type=port.kind, mtu=1500, speed_mbps=port.mbps, mac=port.mac,
            admin="up", oper="up", first_seen_at=first, port_seen_at=first, state_since_at=first, state_read=0,
            last_up_at=last, is_sample=True,
        )
        for port in ports
    ]  # fmt: skip
    with transaction.atomic(using=observed_alias()):
        SeenInterface.objects.bulk_create(rows, ignore_conflicts=True)


def _remember_ports(city: City, now: dt.datetime) -> None:
    """Ports that nobody recorded and that were up long before the simulation starts."""
    ids = dict(Device.objects.values_list("name", "pk"))
    first = now - dt.timedelta(days=9)
    with transaction.atomic(using=observed_alias()):
        SeenInterface.objects.bulk_create(
            [
                SeenInterface(
                    device_id=ids[port.box.name], port=normal_port_name(port.name), if_index=port.index,
                    name=port.name, description=port.name, alias=port.alias, type=port.kind, mtu=1500,
                    speed_mbps=port.mbps, mac=port.mac, admin="up", oper="up", first_seen_at=first,
                    port_seen_at=first, state_since_at=first, state_read=0, is_sample=True,
                )
                for port in city.ports_up_long
            ],
            ignore_conflicts=True,
        )  # fmt: skip


def _remember_watches(now: dt.datetime) -> None:
    """Somebody was asking all the time that the histories tell of."""
    if CollectorWatch.objects.filter(worker=_WORKER).exists():
        return
    first = now - dt.timedelta(days=DAYS)
    for network_id in Network.objects.filter(poll_allowed=True).values_list("pk", flat=True):
        CollectorWatch.objects.create(
            network_id=network_id, worker=_WORKER, first_at=first, last_at=now, is_sample=True
        )


def _series(city: City) -> Iterator[_Series]:
    """One end of each line is enough: the Z end, where there is one that answers."""
    ids = dict(Device.objects.values_list("name", "pk"))
    seen: set[tuple[str, str]] = set()
    for line in city.lines:
        port = _watched(line)
        if port is None or (port.box.name, port.name) in seen:
            continue
        seen.add((port.box.name, port.name))
        opened = dt.datetime.combine(line.opened_on, dt.time(), tzinfo=timezone.get_current_timezone())
        yield _Series(
            ids[port.box.name], normal_port_name(port.name), port.in_mbps * _MBIT, port.out_mbps * _MBIT,
            0.7 if line.role in ("ring", "egress") or line.org.tier == "village" else 0.38,
            wave(line.number, started_at=0.0), opened, zlib.crc32(line.number.encode()),
        )  # fmt: skip


def _watched(line: Line) -> Port | None:
    ports = [end.port for end in (line.z, line.a) if end.port is not None and end.port.box.snmp != "silent"]
    return ports[0] if ports else None


def _days(series: list[_Series], midnight: dt.datetime, now: dt.datetime) -> Iterator[Row]:
    starts = _Starts([midnight - dt.timedelta(days=back) for back in range(DAYS)], now)
    for one in series:
        for place, start in enumerate(starts.instants):
            if start < one.opened_at:
                break
            samples = STEPS_5M if place else max(1, int((now - start).total_seconds() // 300))
            level = starts.factor(one, place)
            yield _values(one, starts.instants[place], level, peak=_DAY_PEAK, p95=_DAY_P95, samples=samples)


def _steps(series: list[_Series], last: dt.datetime, step: dt.timedelta, count: int, now: dt.datetime) -> Iterator[Row]:
    """Finished steps alone, the newest one first."""
    starts = _Starts([last - step * back for back in range(1, count + 1)], now)
    middles = [(start + step / 2).timestamp() for start in starts.instants]
    samples = int(step.total_seconds() // 300)
    for one in series:
        for place, middle in enumerate(middles):
            if starts.instants[place] < one.opened_at:
                break
            level = one.wave.level(middle) * starts.factor(one, place)
            yield _values(one, starts.instants[place], level, peak=1.06, p95=1.04, samples=samples)


class _Starts:
    """The beginnings of the steps, with what the calendar does to them."""

    def __init__(self, instants: list[dt.datetime], now: dt.datetime) -> None:
        self.instants = instants
        self._numbers = [int(instant.timestamp() // 300) for instant in instants]
        self._is_weekend = [instant.weekday() >= 5 and now - instant > _JOINED for instant in instants]

    def factor(self, one: _Series, place: int) -> float:
        """Quiet weekends, and a noise of 6 per cent that is the same for the same port and time."""
        mixed = (one.noise ^ self._numbers[place]) * 2_654_435_761 & 0xFFFFFFFF
        noise = 0.94 + (mixed >> 16) / 65_535 * 0.12
        return noise * one.weekend if self._is_weekend[place] else noise


def _values(one: _Series, start: dt.datetime, level: float, *, peak: float, p95: float, samples: int) -> Row:
    """In the order of the store's columns."""
    received, sent = one.in_bps * level, one.out_bps * level
    return (
        one.device_id, one.port, start, int(received), int(sent), int(received * peak), int(sent * peak),
        int(received * p95), int(sent * p95), samples, True,
    )  # fmt: skip
