"""IF-MIB's ifTable, and ifXTable for the devices that know it."""

import zlib
from collections.abc import Callable, Sequence

from collectors.simulator import habits
from collectors.simulator.plan import TYPE_NUMBERS, PlannedDevice
from collectors.simulator.ports import Port
from collectors.simulator.tables import (
    Arcs,
    Column,
    Moving,
    Rows,
    counter32,
    counter64,
    fixed,
    gauge,
    integer,
    moving,
    object_id,
    octets,
    scalar,
    ticks,
)

_NUMBER: Arcs = (1, 3, 6, 1, 2, 1, 2, 1)
_IF: Arcs = (1, 3, 6, 1, 2, 1, 2, 2, 1)
_IFX: Arcs = (1, 3, 6, 1, 2, 1, 31, 1, 1, 1)
_STATES = {"up": 1, "down": 2}
_SLOWEST_SATURATED = 4295
_OCTETS_PER_PACKET = 640
_OCTETS_PER_ERROR = 2_000_000_000

Count = Callable[[int, float], int]


def columns(device: PlannedDevice, ports: Sequence[Port]) -> list[Column]:
    rows = Rows([(port.plan.index,) for port in ports])
    made = [scalar(_NUMBER, integer(len(ports))), *_narrow(device, ports, rows)]
    return [*made, *_wide(device, ports, rows)] if habits.of(device).has_wide_table(device.model) else made


def _narrow(device: PlannedDevice, ports: Sequence[Port], rows: Rows) -> list[Column]:
    name = habits.of(device).text
    values: dict[int, list[bytes]] = {
        1: [integer(port.plan.index) for port in ports],
        2: [octets(name(port.plan.name)) for port in ports],
        3: [integer(TYPE_NUMBERS[port.plan.type]) for port in ports],
        4: [integer(1500 if port.plan.type == "ethernetCsmacd" else 65_535) for port in ports],
        5: [gauge(_narrow_speed(port.speed_mbps)) for port in ports],
        6: [octets(bytes.fromhex(port.plan.mac.replace(":", ""))) for port in ports],
        7: [integer(_STATES[port.plan.admin]) for port in ports],
        8: [integer(_STATES[port.oper]) for port in ports],
        9: [ticks(port.changed_s) for port in ports],
        15: [counter32(0)] * len(ports),
        21: [gauge(0)] * len(ports),
        22: [object_id((0, 0))] * len(ports),
    }
    received, sent = _counts(ports)
    counts: dict[int, Count] = {
        10: received,
        11: _packets(received, 0.97),
        12: _packets(received, 0.03),
        13: _faulty(device, ports, received, 11),
        14: _faulty(device, ports, received, 7),
        16: sent,
        17: _packets(sent, 0.97),
        18: _packets(sent, 0.03),
        19: _faulty(device, ports, sent, 13),
        20: _faulty(device, ports, sent, 17),
    }
    return [
        *(fixed((*_IF, number), rows, column) for number, column in values.items()),
        *(moving((*_IF, number), rows, _encoded(counter32, count)) for number, count in counts.items()),
    ]


def _wide(device: PlannedDevice, ports: Sequence[Port], rows: Rows) -> list[Column]:
    written = habits.of(device).text
    values: dict[int, list[bytes]] = {
        1: [octets(written(port.plan.name)) for port in ports],
        14: [integer(1)] * len(ports),
        15: [gauge(port.speed_mbps) for port in ports],
        16: [integer(2)] * len(ports),
        17: [integer(1 if port.plan.type == "ethernetCsmacd" else 2) for port in ports],
        18: [octets(written(port.plan.alias)) for port in ports],
        19: [ticks(0)] * len(ports),
    }
    received, sent = _counts(ports)
    shares = ((received, 0.97), (received, 0.02), (received, 0.01), (sent, 0.97), (sent, 0.02), (sent, 0.01))
    wide: dict[int, Count] = {6: received, 10: sent}
    narrow: dict[int, Count] = {}
    for number, (count, share) in zip((7, 8, 9, 11, 12, 13), shares, strict=True):
        wide[number] = _packets(count, share)
    for number, (count, share) in zip((2, 3, 4, 5), (*shares[1:3], *shares[4:6]), strict=True):
        narrow[number] = _packets(count, share)
    return [
        *(fixed((*_IFX, number), rows, column) for number, column in values.items()),
        *(moving((*_IFX, number), rows, _encoded(counter32, count)) for number, count in narrow.items()),
        *(moving((*_IFX, number), rows, _encoded(counter64, count)) for number, count in wide.items()),
    ]


def _narrow_speed(speed_mbps: int) -> int:
    return 0xFFFFFFFF if speed_mbps >= _SLOWEST_SATURATED else speed_mbps * 1_000_000


# --- counters ---------------------------------------------------------------------------------------------------


def _encoded(encode: Callable[[int], bytes], count: Count) -> Moving:
    return lambda place, now: encode(count(place, now))


def _counts(ports: Sequence[Port]) -> tuple[Count, Count]:
    waves = [port.wave for port in ports]
    received = [port.in_rate for port in ports]
    sent = [port.out_rate for port in ports]
    return (
        lambda place, now: int(received[place] * waves[place].load_s(now)) if received[place] else 0,
        lambda place, now: int(sent[place] * waves[place].load_s(now)) if sent[place] else 0,
    )


def _packets(count: Count, share: float) -> Count:
    return lambda place, now: int(count(place, now) * share / _OCTETS_PER_PACKET)


def _faulty(device: PlannedDevice, ports: Sequence[Port], count: Count, salt: int) -> Count:
    """Errors and discards: a few on every eighth port, none on the others."""
    marks = [zlib.crc32(f"{salt} {device.name} {port.plan.name}".encode()) % 8 == 0 for port in ports]
    return lambda place, now: count(place, now) // _OCTETS_PER_ERROR if marks[place] else 0
