"""A made-up city to measure the judge on: recorded through the write path, observed as the collectors would have it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.utils import timezone

from collectors.models import (
    CollectorWatch,
    PortRateDay,
    SeenAddress,
    SeenInterface,
    SeenNeighbour,
    SeenSystem,
    Target,
)
from collectors.ports import normal_port_name
from inventory.models import (
    BoundInterface,
    Circuit,
    CircuitTermination,
    CircuitType,
    Device,
    DeviceRole,
    DeviceType,
    Interface,
    LineContract,
    Location,
    Manufacturer,
    Network,
    Prefix,
    Provider,
    Region,
    Ring,
    RingSegment,
    Site,
    Tenant,
)
from kernel import writes

PORTS_A_SWITCH = 48
RING_NODES = 6
COUNTIES = 12
DEPARTMENTS = 60
PREFIXES = 250
_READS = 100
# One line in so many is like this; the rest is as it should be.
_SLOW, _UNBOUND, _SILENT, _NEVER_UP, _DEAF, _IDLE, _FULL = 50, 97, 53, 101, 5, 61, 67
_DAYS = 45


@dataclass(frozen=True, slots=True)
class City:
    lines: list[Circuit]
    ring: Ring


def build(lines: int, at: dt.datetime, other_ports: int = 0) -> City:
    """`other_ports` more ports on each device are seen and carry no line: they cost room, and must cost no time."""
    net = _Basics()
    circuits = _circuits(net, lines, at)
    customer = _devices(net, "cpe", lines)
    switches = _devices(net, "sw", -(-lines // PORTS_A_SWITCH))
    ends = _ports(customer, switches, lines)
    _bind(circuits, ends)
    ring = _ring(net, circuits)
    _observe(circuits, ends, at, other_ports)
    _watch(net, at)
    _use(ends, at)
    return City(circuits, ring)


class _Basics:
    """What every device and line refers to."""

    def __init__(self) -> None:
        city = writes.save(Region(code="990100000000", name="Bench city", level=2, kind="city"), actor=None)
        self.regions = writes.save_many(
            [
                Region(code=f"9901{n:02d}000000", name=f"County {n}", level=3, kind="county", parent=city)
                for n in range(1, COUNTIES + 1)
            ],
            actor=None,
        )
        self.tenants = writes.save_many(
            [
                Tenant(name=f"Bench department {n}", slug=f"bench-{n}", region=self.regions[n % COUNTIES])
                for n in range(DEPARTMENTS)
            ],
            actor=None,
        )
        self.network = writes.save(Network(name="Bench extranet", slug="bench", kind="extranet"), actor=None)
        self.provider = writes.save(Provider(name="Bench carrier", slug="bench"), actor=None)
        self.contracts = writes.save_many(
            [
                LineContract(
                    contract_no=f"BENCH-{n}", provider=self.provider, payer=self.tenants[n],
                    start_on=dt.date(2024, 1, 1), end_on=dt.date(2035, 1, 1),
                )
                for n in range(COUNTIES)
            ],
            actor=None,
        )  # fmt: skip
        writes.save_many(
            [Prefix(prefix=f"10.{60 + n // 250}.{n % 250}.0/24", network=self.network) for n in range(PREFIXES)],
            actor=None,
        )
        self.type = writes.save(CircuitType(name="Bench MSTP", slug="bench-mstp"), actor=None)
        self.site = writes.save(Site(name="Bench site", slug="bench", region=city), actor=None)
        maker = writes.save(Manufacturer(name="Bench maker", slug="bench"), actor=None)
        self.role = writes.save(DeviceRole(name="Bench access", slug="bench"), actor=None)
        self.model = writes.save(DeviceType(manufacturer=maker, model="Bench 1", slug="bench-1"), actor=None)


def _circuits(net: _Basics, lines: int, at: dt.datetime) -> list[Circuit]:
    opened_on = (at - dt.timedelta(days=200)).date()
    rows = [
        Circuit(
            line_no=f"9901-WW-{n:05d}", cid=f"BENCH-{n:05d}", provider=net.provider, type=net.type, status="active",
            tenant=net.tenants[n % DEPARTMENTS], region=net.regions[n % COUNTIES], network=net.network,
            role="ring" if n < RING_NODES else "access", bandwidth_declared_mbps=100, install_date=opened_on,
            contract=net.contracts[n % COUNTIES], monthly_fee=800,
        )
        for n in range(lines)
    ]  # fmt: skip
    return writes.save_many(rows, actor=None, approval="bench")


def _devices(net: _Basics, name: str, number: int) -> list[Device]:
    rows = [
        Device(
            name=f"bench-{name}-{n}", device_type=net.model, role=net.role, site=net.site, network=net.network,
            status="active",
        )
        for n in range(number)
    ]  # fmt: skip
    return writes.save_many(rows, actor=None)


def _ports(customer: list[Device], switches: list[Device], lines: int) -> list[tuple[Interface, Interface]]:
    near = [Interface(device=device, name="GigabitEthernet0/0/1", type="1000base-t") for device in customer]
    far = [
        Interface(
            device=switches[n // PORTS_A_SWITCH], name=f"GigabitEthernet1/0/{n % PORTS_A_SWITCH + 1}", type="1000base-t"
        )
        for n in range(lines)
    ]
    writes.save_many([*near, *far], actor=None)
    return list(zip(near, far, strict=True))


def _bind(circuits: list[Circuit], ends: list[tuple[Interface, Interface]]) -> None:
    sides = [CircuitTermination(circuit=c, term_side=side) for c in circuits for side in "AZ"]
    writes.save_many(sides, actor=None)
    bound = [
        BoundInterface(termination=termination, interface=ends[n // 2][n % 2])
        for n, termination in enumerate(sides)
        if not _is(n // 2, _UNBOUND)
    ]
    writes.save_many(bound, actor=None)


def _ring(net: _Basics, circuits: list[Circuit]) -> Ring:
    rooms = writes.save_many(
        [Location(name=f"Bench room {n}", slug=f"bench-{n}", site=net.site) for n in range(RING_NODES)], actor=None
    )
    ring = writes.save(Ring(name="Bench ring", network=net.network), actor=None)
    segments = [
        RingSegment(
            ring=ring, sequence=n + 1, circuit=circuits[n], from_location=rooms[n],
            to_location=rooms[(n + 1) % RING_NODES],
        )
        for n in range(min(RING_NODES, len(circuits)))
    ]  # fmt: skip
    writes.save_many(segments, actor=None)
    return ring


def _observe(
    circuits: list[Circuit], ends: list[tuple[Interface, Interface]], at: dt.datetime, other_ports: int
) -> None:
    earlier = at - dt.timedelta(days=100)
    devices = {port.device_id: port.device for pair in ends for port in pair}
    silent = {pair[0].device_id for n, pair in enumerate(ends) if _is(n, _SILENT)}
    Target.objects.bulk_create(
        Target(
            device_id=pk, state="down" if pk in silent else "up", reads=_READS, next_due_at=at,
            last_ok_at=earlier if pk in silent else at, last_try_at=at,
        )
        for pk in devices
    )  # fmt: skip
    SeenSystem.objects.bulk_create(
        SeenSystem(device_id=pk, name=device.name, first_seen_at=earlier) for pk, device in devices.items()
    )
    seen: list[SeenInterface] = []
    for n, pair in enumerate(ends):
        is_up = not _is(n, _NEVER_UP)
        speed = 10 if _is(n, _SLOW) else 1000
        seen += [_seen(port, earlier, index=n, speed=speed if is_up else 0, is_up=is_up) for port in pair]
    for pk in devices:
        seen += [_other(pk, n, earlier) for n in range(other_ports)]
    SeenInterface.objects.bulk_create(seen)
    SeenNeighbour.objects.bulk_create(
        _heard(mine, other, earlier)
        for n, (near, far) in enumerate(ends)
        if not _is(n, _DEAF)
        for mine, other in ((near, far), (far, near))
    )


def _watch(net: _Basics, at: dt.datetime) -> None:
    """Somebody was there for all of the days that the rules over time look at."""
    CollectorWatch.objects.create(
        network_id=net.network.pk, worker="bench", first_at=at - dt.timedelta(days=_DAYS + 1), last_at=at
    )


def _use(ends: list[tuple[Interface, Interface]], at: dt.datetime) -> None:
    """A month of days at each port: mostly busy, some idle, some full. One address at each user's port."""
    midnight = timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    days = [midnight - dt.timedelta(days=back) for back in range(_DAYS, 0, -1)]
    rows = []
    for n, pair in enumerate(ends):
        bps = 2_000 if _is(n, _IDLE) else 95_000_000 if _is(n, _FULL) else 12_000_000
        for port in pair:
            name = normal_port_name(port.name)
            rows += [
                PortRateDay(
                    device_id=port.device_id, port=name, start=day, in_avg=bps // 2, out_avg=bps // 3, in_max=bps,
                    out_max=bps, in_p95=bps, out_p95=bps // 2, samples=288,
                )
                for day in days
            ]  # fmt: skip
    PortRateDay.objects.bulk_create(rows, batch_size=5000)
    SeenAddress.objects.bulk_create(
        SeenAddress(
            device_id=near.device_id, address=f"10.{60 + n // 62_500}.{n // 250 % 250}.{n % 250 + 1}/24",
            interface=near.name, if_index=n + 1, first_seen_at=at - dt.timedelta(days=100),
        )
        for n, (near, _far) in enumerate(ends)
    )  # fmt: skip


def _is(n: int, every: int) -> bool:
    return n % every == every - 1


def _seen(port: Interface, first: dt.datetime, *, index: int, speed: int, is_up: bool) -> SeenInterface:
    return SeenInterface(
        device_id=port.device_id, port=normal_port_name(port.name), if_index=index + 1, name=port.name, admin="up",
        oper="up" if is_up else "down", speed_mbps=speed, type="ethernetCsmacd", first_seen_at=first,
        port_seen_at=first, state_since_at=first, state_read=1,
    )  # fmt: skip


def _other(device_id: int, n: int, first: dt.datetime) -> SeenInterface:
    return SeenInterface(
        device_id=device_id, port=f"ge9/0/{n}", if_index=10_000 + n, name=f"GigabitEthernet9/0/{n}", admin="up",
        oper="down", speed_mbps=0, first_seen_at=first, port_seen_at=first, state_since_at=first, state_read=1,
    )  # fmt: skip


def _heard(mine: Interface, other: Interface, first: dt.datetime) -> SeenNeighbour:
    return SeenNeighbour(
        device_id=mine.device_id, port=normal_port_name(mine.name), local_port=mine.name,
        remote_name=other.device.name, remote_port=other.name, first_seen_at=first,
    )  # fmt: skip
