"""The smallest city a judge can look at: lines recorded through the write path, ports as the collectors store them."""

from __future__ import annotations

import datetime as dt
from itertools import count
from typing import Any

from collectors.models import SeenInterface, SeenNeighbour, SeenSystem, Target
from collectors.ports import normal_port_name
from compliance.judge import judge
from compliance.models import LineVerdict, Rule, RuleResult
from compliance.reports import JudgeReport
from inventory.models import (
    BoundInterface,
    Circuit,
    CircuitTermination,
    CircuitType,
    Device,
    DeviceRole,
    DeviceType,
    Interface,
    Location,
    Manufacturer,
    Network,
    Provider,
    Region,
    Ring,
    RingSegment,
    Site,
    Tenant,
)
from kernel import writes

NOW = dt.datetime(2026, 11, 23, 9, 2, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)
_numbers = count(1)


def saved(row: Any, **kwargs: Any) -> Any:
    return writes.save(row, actor=None, approval="test", **kwargs)


class World:
    def __init__(self) -> None:
        self.now = NOW
        self.region = self.county("410105")
        self.tenant = saved(Tenant(name="Resources bureau", slug="resources", region=self.region))
        self.network = saved(Network(name="Extranet", slug="extranet", kind="extranet", operator=self.tenant))
        self.provider = saved(Provider(name="Unicom", slug="unicom", is_own=True))
        self.type = saved(CircuitType(name="MSTP", slug="mstp"))
        self.site = saved(Site(name="City hall", slug="hall", region=self.region))
        maker = saved(Manufacturer(name="Huawei", slug="huawei"))
        self.role = saved(DeviceRole(name="Access", slug="access"))
        self.model = saved(DeviceType(manufacturer=maker, model="AR", slug="ar"))

    @staticmethod
    def county(code: str) -> Region:
        return saved(Region(code=f"{code}000000", name=code, level=3, kind="district"))

    def line(self, **values: Any) -> Circuit:
        n = next(_numbers)
        defaults = {
            "line_no": f"410105-WW-{n:04d}", "cid": f"C{n}", "provider": self.provider, "type": self.type,
            "status": "active", "tenant": self.tenant, "region": self.region, "network": self.network,
            "bandwidth_declared_mbps": 100, "install_date": dt.date(2026, 1, 1),
        }  # fmt: skip
        return saved(Circuit(**{**defaults, **values}))

    def port(self, name: str = "GigabitEthernet0/0/1", device: Device | None = None) -> Interface:
        device = device or saved(
            Device(
                name=f"dev-{next(_numbers)}", device_type=self.model, role=self.role, site=self.site, status="active"
            )
        )
        return saved(Interface(device=device, name=name, type="1000base-t"))

    def bind(self, line: Circuit, side: str, port: Interface, **values: Any) -> BoundInterface:
        termination = CircuitTermination.objects.filter(circuit=line, term_side=side).first()
        termination = termination or saved(CircuitTermination(circuit=line, term_side=side))
        return saved(BoundInterface(termination=termination, interface=port, **values))

    def bound_line(self, **values: Any) -> tuple[Circuit, Interface, Interface]:
        line, near, far = self.line(**values), self.port(), self.port()
        self.bind(line, "A", near)
        self.bind(line, "Z", far)
        return line, near, far

    def ring(self, segments: int = 3) -> tuple[Ring, list[tuple[Circuit, Interface, Interface]]]:
        ring = saved(Ring(name="City ring", network=self.network))
        rooms = [saved(Location(name=f"IDC {n}", slug=f"idc-{n}", site=self.site)) for n in range(segments)]
        lines = [self.bound_line(role="ring") for _ in range(segments)]
        rows = [
            RingSegment(
                ring=ring, sequence=n + 1, circuit=lines[n][0], from_location=rooms[n],
                to_location=rooms[(n + 1) % segments],
            )
            for n in range(segments)
        ]  # fmt: skip
        writes.save_many(rows, actor=None)
        return ring, lines

    def see(self, port: Interface, speed: int | None = 1000, oper: str = "up", **values: Any) -> None:
        """The next reading of a device shows the port like this; the same again confirms what was seen."""
        target = self.answer(port.device)
        name = normal_port_name(port.name)
        row = SeenInterface.objects.filter(device_id=port.device_id, port=name, ended_at=None).first()
        if row is not None and (row.speed_mbps, row.oper) == (speed, oper):
            return
        started = {"port_seen_at": self.now, "state_since_at": self.now, "state_read": target.reads, "last_up_at": None}
        if row is not None:
            row.ended_at = self.now
            row.save()
            started["port_seen_at"] = row.port_seen_at
            started["last_up_at"] = self.now if row.oper == "up" else row.last_up_at
            if row.oper == oper:
                started["state_since_at"], started["state_read"] = row.state_since_at, row.state_read
        SeenInterface.objects.create(
            device_id=port.device_id, port=name, if_index=1, name=port.name, admin="up", oper=oper, speed_mbps=speed,
            first_seen_at=self.now, **{**started, **values},
        )  # fmt: skip

    def answer(self, device: Device) -> Target:
        target, is_new = Target.objects.get_or_create(device_id=device.pk, defaults={"next_due_at": self.now})
        if is_new:
            SeenSystem.objects.create(device_id=device.pk, name=device.name, first_seen_at=self.now)
        if target.last_ok_at != self.now:
            target.reads += 1
        target.state, target.last_ok_at = "up", self.now
        target.save()
        return target

    def silence(self, device: Device) -> None:
        Target.objects.filter(device_id=device.pk).update(state="down")

    def hear(self, mine: Interface, device: str, port: str) -> None:
        SeenNeighbour.objects.create(
            device_id=mine.device_id, port=normal_port_name(mine.name), local_port=mine.name, remote_name=device,
            remote_port=port, first_seen_at=self.now,
        )  # fmt: skip

    def join(self, near: Interface, far: Interface) -> None:
        self.hear(near, far.device.name, far.name)
        self.hear(far, near.device.name, near.name)

    def later(self, **span: int) -> None:
        self.now += dt.timedelta(**(span or {"minutes": 5}))

    def judge(self, *rules: str, **kwargs: Any) -> JudgeReport:
        return judge(rules=rules or None, at=self.now, **kwargs)


def result(line: Circuit, code: str) -> RuleResult:
    return RuleResult.objects.get(circuit=line, rule_code=code)


def verdict(line: Circuit) -> LineVerdict:
    return LineVerdict.objects.get(circuit=line)


def change_rule(code: str, **values: Any) -> Rule:
    rule = Rule.objects.get(code=code)
    for name, value in values.items():
        setattr(rule, name, value)
    return saved(rule)
