"""Forty days of traffic behind every line: daily waves that run on where the simulated counters begin."""

from __future__ import annotations

import datetime as dt
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from django.db import transaction
from django.utils import timezone

from collectors.databases import observed_alias
from collectors.models import CollectorRun, PortRate5m, PortRateDay, PortRateHour
from collectors.models.counters import PortRate
from collectors.ports import normal_port_name
from collectors.simulator.traffic import Wave, wave
from inventory.models import Device
from netops.sample.parts import City, Line, Port

DAYS, HOURS, STEPS_5M = 40, 8 * 24, 288
_ROWS_A_TRANSACTION = 2000
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
    written = _write(PortRateDay, _days(series, midnight, now))
    written += _write(PortRateHour, _steps(PortRateHour, series, hour, dt.timedelta(hours=1), HOURS, now))
    written += _write(PortRate5m, _steps(PortRate5m, series, five, dt.timedelta(minutes=5), STEPS_5M, now))
    CollectorRun.objects.create(
        worker=_WORKER, started_at=started, ended_at=timezone.now(), asked=len(series), answered=len(series),
        is_sample=True,
    )  # fmt: skip
    return written


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


def _days(series: list[_Series], midnight: dt.datetime, now: dt.datetime) -> Iterator[PortRate]:
    for one in series:
        for back in range(DAYS):
            start = midnight - dt.timedelta(days=back)
            if start < one.opened_at:
                break
            level = _weekly(one, start, now) * _noise(one, start)
            samples = STEPS_5M if back else max(1, int((now - start).total_seconds() // 300))
            yield _row(PortRateDay, one, start, level, peak=_DAY_PEAK, p95=_DAY_P95, samples=samples)


def _steps(
    model: type[PortRate], series: list[_Series], last: dt.datetime, step: dt.timedelta, count: int, now: dt.datetime
) -> Iterator[PortRate]:
    """Finished steps alone, the newest one first."""
    starts = [last - step * back for back in range(1, count + 1)]
    middles = [(start + step / 2).timestamp() for start in starts]
    samples = max(1, int(step.total_seconds() // 300)) if model is PortRateHour else 1
    for one in series:
        for start, middle in zip(starts, middles, strict=True):
            if start < one.opened_at:
                break
            level = one.wave.level(middle) * _weekly(one, start, now) * _noise(one, start)
            yield _row(model, one, start, level, peak=1.06, p95=1.04, samples=samples)


def _row(
    model: type[PortRate], one: _Series, start: dt.datetime, level: float, *, peak: float, p95: float, samples: int
) -> PortRate:
    received, sent = one.in_bps * level, one.out_bps * level
    return model(
        device_id=one.device_id, port=one.port, start=start, in_avg=round(received), out_avg=round(sent),
        in_max=round(received * peak), out_max=round(sent * peak), in_p95=round(received * p95),
        out_p95=round(sent * p95), samples=samples, is_sample=True,
    )  # fmt: skip


def _weekly(one: _Series, start: dt.datetime, now: dt.datetime) -> float:
    return one.weekend if start.weekday() >= 5 and now - start > _JOINED else 1.0


def _noise(one: _Series, start: dt.datetime) -> float:
    """Within 6 per cent, the same for the same port and time."""
    mixed = (one.noise ^ int(start.timestamp() // 300)) * 2_654_435_761 & 0xFFFFFFFF
    return 0.94 + (mixed >> 16) / 65_535 * 0.12


def _write(model: type[PortRate], rows: Iterable[PortRate]) -> int:
    written, left = 0, iter(rows)
    while batch := list(islice(left, _ROWS_A_TRANSACTION)):
        with transaction.atomic(using=observed_alias()):
            model._default_manager.bulk_create(batch, ignore_conflicts=True)
        written += len(batch)
    return written
