"""An installation of its own: databases, a simulated network of four devices, and cycles run in other processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from collectors.simulator.plan import dump
from tests.collectors.test_simulator import BOOTED_AT, running
from tests.collectors.test_simulator_plan import small_plan

ROOT = Path(__file__).resolve().parents[2]

_SET_UP = """
from netops.setup import prepare_databases
prepare_databases()
from collectors import schedule
from tests.collectors.record import make_credential, make_devices, make_network
from tests.collectors.test_simulator import ACCESS, CORE, MUTE, OLD
from tests.collectors.test_simulator_plan import COMMUNITY, USER
from inventory.models import Device
import sys
port = int(sys.argv[1])
network = make_network()
devices = {d.name: d for d in make_devices({"core": CORE, "access": ACCESS, "old": OLD, "mute": MUTE}, network)}
make_credential("v2c", community=COMMUNITY, port=port)
make_credential(
    "v3", snmp_version="v3", username=USER.name, auth_protocol=USER.auth_protocol, auth_secret=USER.auth_key,
    priv_protocol=USER.priv_protocol, priv_secret=USER.priv_key, port=port, community="", device=devices["access"],
)
schedule.sync_targets()
"""

# What must hold after every fault, as JSON: nothing twice, nothing half, no live device called down.
_STATE = """
import json
from collections import Counter
from collectors.models import *
from inventory.models import Device
names = dict(Device.objects.values_list("pk", "name"))
rows = list(SeenInterface.objects.order_by("device_id", "port", "first_seen_at", "id"))
open_ports = Counter((r.device_id, r.port) for r in rows if r.ended_at is None)
broken = [str(r) for r in rows if r.ended_at is not None and r.ended_at < r.first_seen_at]
samples = Counter(PortSample.objects.values_list("device_id", "if_index", "at"))
negative = PortRate5m.objects.filter(in_avg__lt=0).count()
print(json.dumps({
    "states": {names[t.device_id]: t.state for t in Target.objects.all()},
    "held": Target.objects.exclude(lease_owner="").count(),
    "reads": {names[t.device_id]: t.reads for t in Target.objects.all()},
    "ports_open_twice": [k for k, n in open_ports.items() if n > 1], "ports_open": len(open_ports),
    "intervals_backwards": broken, "samples_twice": [str(k) for k, n in samples.items() if n > 1],
    "samples": sum(samples.values()), "negative_rates": negative,
}))
"""


@dataclass
class Installation:
    environment: dict[str, str]
    port: int

    def run(self, code: str, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        program = f"import django\ndjango.setup()\n{code}"
        return subprocess.run(
            [sys.executable, "-c", program, *arguments], env=self.environment, cwd=ROOT, check=check, timeout=300,
            capture_output=True, text=True,
        )  # fmt: skip

    def state(self) -> dict[str, Any]:
        said: dict[str, Any] = json.loads(self.run(_STATE).stdout)
        return said


@contextmanager
def installation(folder: Path, url: str = "", data: Path | None = None) -> Iterator[Installation]:
    """SQLite in `data`, or the PostgreSQL at `url`; the devices answer until the end."""
    dump(small_plan(BOOTED_AT), folder / "plan.json")
    environment = {
        **os.environ, "DJANGO_SETTINGS_MODULE": "netops.settings", "NETOPS_DATA_DIR": str(data or folder / "data"),
        "NETOPS_LOG_LEVEL": "CRITICAL", "PYTHONPATH": str(ROOT),
    }  # fmt: skip
    environment.pop("NETOPS_DATABASE_URL", None)
    if url:
        environment["NETOPS_DATABASE_URL"] = url
    (data or folder / "data").mkdir(exist_ok=True)
    with running(folder) as (port, _process):
        made = Installation(environment, port)
        made.run(_SET_UP, str(port))
        yield made
