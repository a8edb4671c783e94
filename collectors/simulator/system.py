"""The system group, the SNMP engine's own numbers, and the vendor's load figures."""

import zlib
from collections.abc import Callable

from collectors.simulator import habits
from collectors.simulator.plan import PlannedDevice
from collectors.simulator.tables import (
    Arcs,
    Column,
    Rows,
    gauge,
    integer,
    moving,
    moving_scalar,
    object_id,
    octets,
    scalar,
    text,
    ticks,
)
from collectors.simulator.traffic import wave

_SYSTEM: Arcs = (1, 3, 6, 1, 2, 1, 1)
_ENGINE: Arcs = (1, 3, 6, 1, 6, 3, 10, 2, 1)
_SERVICES = 78


def engine_id(device: PlannedDevice) -> bytes:
    """Vendor and address: two devices never share one."""
    enterprise = 0x80000000 | habits.of(device).enterprise
    return enterprise.to_bytes(4, "big") + b"\x01" + bytes(map(int, device.address.split(".")))


def engine_boots(device: PlannedDevice) -> int:
    return 1 + zlib.crc32(device.serial.encode()) % 30


def engine_time(device: PlannedDevice, now: float) -> int:
    """Counted from the device's start, so that a restart of the simulator is not seen here either."""
    return min(max(int(now - device.booted_at), 0), 0x7FFFFFFF)


def columns(device: PlannedDevice) -> list[Column]:
    manner = habits.of(device)
    return [
        scalar((*_SYSTEM, 1), text(habits.description(device))),
        scalar((*_SYSTEM, 2), object_id(manner.object_id(device.model))),
        moving_scalar((*_SYSTEM, 3), lambda now: ticks(now - device.booted_at)),
        scalar((*_SYSTEM, 4), text("")),
        scalar((*_SYSTEM, 5), octets(manner.text(device.name))),
        scalar((*_SYSTEM, 6), octets(manner.text(device.location))),
        scalar((*_SYSTEM, 7), integer(_SERVICES)),
        scalar((*_ENGINE, 1), octets(engine_id(device))),
        scalar((*_ENGINE, 2), integer(engine_boots(device))),
        moving_scalar((*_ENGINE, 3), lambda now: integer(engine_time(device, now))),
        scalar((*_ENGINE, 4), integer(65_507)),
    ]


def load_columns(device: PlannedDevice, entities: Rows) -> list[Column]:
    """Processor, memory and temperature where this vendor keeps them; most count them by module."""
    swing = wave(device.name, started_at=device.booted_at)
    share = zlib.crc32(device.name.encode()) % 20

    def by_module(base: int, span: int, encode: Callable[[int], bytes]) -> Callable[[int, float], bytes]:
        return lambda place, now: encode(base + share // 2 + (place * 3) % 7 + int(span * swing.level(now)))

    def alone(base: int, span: int) -> Callable[[float], bytes]:
        return lambda now: gauge(base + share // 2 + int(span * swing.level(now)))

    root = (*habits.ENTERPRISES, habits.of(device).enterprise)
    if device.vendor == "huawei_vrp":
        state = (*root, 5, 25, 31, 1, 1, 1, 1)
        figures = ((5, by_module(3, 9, integer)), (7, by_module(25, 6, integer)), (11, by_module(30, 3, integer)))
        return [moving((*state, number), entities, value) for number, value in figures]
    if device.vendor == "h3c_comware":
        state = (*root, 2, 6, 1, 1, 1, 1)
        figures = ((6, by_module(4, 8, integer)), (8, by_module(30, 5, integer)), (12, by_module(28, 3, integer)))
        return [moving((*state, number), entities, value) for number, value in figures]
    if device.vendor == "zte":
        return [moving_scalar((*root, 3, 3, 1, 1, 5), alone(6, 7)), moving_scalar((*root, 3, 3, 1, 1, 4), alone(35, 5))]
    cpu = (*root, 1, 1, 10, 2, 36, 1, 1)
    return [moving_scalar((*cpu, number), alone(5, 8)) for number in (1, 2, 3)]
