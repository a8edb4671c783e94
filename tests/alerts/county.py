"""A city's core, a county behind one uplink, and as many offices behind the county's router as a test wants."""

from __future__ import annotations

import datetime as dt
from typing import Any

from alerts.evaluation import Evaluated, evaluate
from alerts.models import Alert, AlertChannel, AlertPolicy, EscalationStep
from collectors.models import SeenInterface, Target
from collectors.ports import normal_port_name
from inventory.models import Device, Interface
from kernel import writes
from tests.compliance.world import World, saved


class County(World):
    def __init__(self, offices: int = 3) -> None:
        super().__init__()
        self.core, self.router = self.port("10GE1/0/1"), self.port("10GE1/0/1")
        self.uplink = self.line(role="uplink")
        self.bind(self.uplink, "A", self.router)
        self.bind(self.uplink, "Z", self.core)
        self.network.poll_allowed = True
        saved(self.network)
        self.offices = self._offices(offices)
        for device in self.devices:
            self.ask(device, "up")

    def _offices(self, count: int) -> list[Device]:
        near = [Device(name=f"office-{n}", device_type=self.model, role=self.role, site=self.site, status="active",
                       network=self.network) for n in range(count)]  # fmt: skip
        devices = writes.save_many(near, actor=None, approval="test") if near else []
        for n, device in enumerate(devices):
            line = self.line()
            self.bind(line, "A", saved(Interface(device=device, name="GE0/0/1", type="1000base-t")))
            self.bind(line, "Z", self.port(f"GE0/1/{n}", self.router.device))
        return list(devices)

    @property
    def devices(self) -> list[Device]:
        return [self.core.device, self.router.device, *self.offices]

    def ask(self, device: Device, state: str) -> None:
        """The next asking of a device ended so."""
        target, is_new = Target.objects.get_or_create(
            device_id=device.pk, defaults={"next_due_at": self.now, "network_id": self.network.pk}
        )
        if is_new or target.state != state:
            target.state, target.state_since_at = state, self.now
        target.last_try_at = self.now
        if state == "up":
            target.last_ok_at = self.now
        target.save()

    def ask_all(self, *, down: list[Device] | None = None) -> None:
        for device in self.devices:
            self.ask(device, "down" if down and device in down else "up")

    def show(self, port: Interface, oper: str) -> None:
        name = normal_port_name(port.name)
        SeenInterface.objects.filter(device_id=port.device_id, port=name, ended_at=None).update(ended_at=self.now)
        SeenInterface.objects.create(
            device_id=port.device_id, port=name, if_index=1, name=port.name, admin="up", oper=oper, speed_mbps=1000,
            first_seen_at=self.now, port_seen_at=self.now, state_since_at=self.now, state_read=1,
        )  # fmt: skip

    def evaluate(self) -> Evaluated:
        return evaluate(self.now)

    def after(self, minutes: int, *, down: list[Device] | None = None) -> Evaluated:
        """So much later everybody is asked again, and alerts are evaluated."""
        self.now += dt.timedelta(minutes=minutes)
        self.ask_all(down=down)
        return self.evaluate()


def policy(**values: Any) -> AlertPolicy:
    return saved(AlertPolicy(**{"name": f"policy {AlertPolicy.objects.count()}", "after_min": 5, **values}))


def channel(**values: Any) -> AlertChannel:
    given = {"name": f"channel {AlertChannel.objects.count()}", "kind": "webhook", "address": "http://127.0.0.1:9/",
             "group_s": 0, "language": "en"}  # fmt: skip
    return saved(AlertChannel(**{**given, **values}))


def step(of: AlertPolicy, to: AlertChannel, **values: Any) -> EscalationStep:
    order = EscalationStep.objects.filter(policy=of).count() + 1
    return saved(EscalationStep(policy=of, channel=to, order=order, **values))


def open_alert(**conditions: Any) -> Alert:
    return Alert.objects.get(resolved_at=None, **conditions)
