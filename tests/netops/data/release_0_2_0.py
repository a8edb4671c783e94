"""Makes the database of release 0.2.0 that the upgrade test starts from.

Run it with that release's own code, in a checkout of its commit, on an empty folder:

    git worktree add /tmp/first 41dc4bb && cd /tmp/first
    NETOPS_DATA_DIR=/tmp/first-data NETOPS_CREDENTIALS_KEY=release-0-2-0-credentials-key \\
        PYTHONPATH=. python THIS/FILE && tar -C /tmp/first-data -cJf release_0_2_0.tar.xz \\
        netops.sqlite3 observed.sqlite3

A small record through the release's own doors: set-up, accounts, log-in, API, write path, judge, sealer. Every table
that the release has holds rows, apart from those nothing in it writes.
"""

from __future__ import annotations

import datetime as dt
import os
import sqlite3
from pathlib import Path

import django
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "netops.settings")
django.setup()

from django.test import Client  # noqa: E402  # Django is set up first
from django.utils import timezone  # noqa: E402

from collectors import models as seen  # noqa: E402
from collectors.schedule import note_runs, sync_targets  # noqa: E402
from compliance.models import Exemption, Rule  # noqa: E402
from inventory.models import Circuit, Site  # noqa: E402
from kernel import writes  # noqa: E402
from kernel.models import Token, User  # noqa: E402
from kernel.registry import registry  # noqa: E402
from kernel.sealing import seal_pending, verify  # noqa: E402
from netops.accounts import open_account  # noqa: E402
from netops.setup import prepare_databases  # noqa: E402
from tests.collectors.record import make_credential, make_devices, make_site  # noqa: E402
from tests.compliance.world import World  # noqa: E402
from tests.samples import SAMPLES, one  # noqa: E402

PASSWORD = "release-0-2-0"  # both as in `tests/netops/data/__init__.py`, which that release doesn't have
TOKEN = "0200" * 10
COUNTER = 2**64 - 5  # the upper half of an unsigned counter
settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "testserver"]


def accounts() -> User:
    for name, role in (
        ("admin", "system-administrator"), ("secadmin", "security-administrator"), ("auditor", "audit-administrator"),
        ("engineer", "network-engineer"),
    ):  # fmt: skip
        open_account(name, PASSWORD, role, shown=f"{name} 甲")
    engineer = User.objects.get(username="engineer")
    Token.objects.create(user=engineer, digest=Token.digest_of(TOKEN), hint=TOKEN[-4:], description="upgrade test")
    client = Client()
    client.post("/login/", {"username": "nobody", "password": "wrong"})
    assert client.post("/login/", {"username": "engineer", "password": PASSWORD}).status_code == 302
    return engineer


def record(engineer: User) -> None:
    for model in SAMPLES:
        if not registry.of(model).read_only:
            one(model)
    program = Client(headers={"Authorization": f"Token {TOKEN}"})
    made = program.post("/api/dcim/sites/", {"name": "中心机房", "slug": "core"}, content_type="application/json")
    assert made.status_code == 201, made.content
    assert program.delete(f"/api/dcim/sites/{made.json()['id']}/").status_code == 204  # its number is never given again
    kept = program.post("/api/dcim/sites/", {"name": "东风渠机房", "slug": "east"}, content_type="application/json")
    site = Site.objects.get(pk=kept.json()["id"])
    site.physical_address = "东风渠路 1 号"
    writes.save(site, actor=engineer, reason="门牌更正")


def observe() -> None:
    world = World()
    world.now = timezone.now() - dt.timedelta(minutes=20)
    _ring, lines = world.ring()
    lines.append(world.bound_line(bandwidth_declared_mbps=100))
    slow = lines[-1]
    for _reading in range(3):
        for line in lines:
            for port in line[1:]:
                world.see(port, speed=10 if line is slow else 1000)
        world.later()
        world.judge()
    exempt = Circuit.objects.get(pk=lines[0][0].pk)
    today = timezone.localdate()
    writes.save(
        Exemption(rule=Rule.objects.get(code="T01"), circuit=exempt, ground="transition", category="mitigated",
                  conditions="到货前按原速率运行", approved_by="网络科", document_no="豁免-1", valid_from=today,
                  expires_on=today + dt.timedelta(days=90)),
        actor=None,
    )  # fmt: skip
    world.join(lines[0][2], lines[1][1])
    world.judge()
    for port in slow[1:]:
        world.see(port, speed=1000)
    for _reading in range(3):
        world.later()
        world.judge()
    collect(slow[1].device_id, world.now)


def collect(device_id: int, now: dt.datetime) -> None:
    site = make_site()
    devices = make_devices(
        {"r1": "127.9.0.1", "r2": "127.9.0.2"}, one(registry.by_type("network.network").model), site=site
    )
    make_credential("v2c", community="the community of 0.2.0")
    make_credential("v3", snmp_version="v3", community="", username="operator", auth_protocol="SHA",
                    auth_secret="the auth secret of 0.2.0", priv_protocol="AES", priv_secret="the priv secret of 0.2.0",
                    device=devices[0])  # fmt: skip
    make_credential("ssh", protocol="ssh", snmp_version="", community="", username="operator", profile="frr",
                    password="the password of 0.2.0", site=site)  # fmt: skip
    sync_targets(now)
    note_runs("worker@first", now, now + dt.timedelta(seconds=3), {devices[0].network_id: (2, 1), None: (5, 5)})
    port = {"device_id": device_id, "port": "gigabitethernet0/0/1"}
    seen.PortSample.objects.create(**port, if_index=1, at=now, uptime_s=12.5, in_octets=COUNTER, out_octets=7)
    for model in (seen.PortRate5m, seen.PortRateHour, seen.PortRateDay):
        model.objects.create(**port, start=now, in_avg=1_000_000, out_avg=0, in_max=2_000_000, samples=3)
    since = {"device_id": device_id, "first_seen_at": now}
    seen.SeenModule.objects.create(**since, index=1, name="主控板", serial="S-1", model="MPU")
    seen.SeenAddress.objects.create(**since, address="10.1.2.3/24", interface="Vlanif10", if_index=10)
    seen.SeenHostKey.objects.create(host="127.9.0.1", port=22, kind="ssh-ed25519", key="AAAA", first_seen_at=now)


def empty_tables() -> list[str]:
    found = []
    for name in ("netops.sqlite3", "observed.sqlite3"):
        database = sqlite3.connect(Path(settings.DATA_DIR) / name)
        for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            if not database.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0]:
                found.append(table)
        database.execute("PRAGMA journal_mode=DELETE")
        database.execute("VACUUM")
        database.close()
    return found


if __name__ == "__main__":
    prepare_databases()
    record(accounts())
    observe()
    while seal_pending(200):
        pass
    site = Site.objects.get(slug="east")
    site.description = "封印之后的修改"
    writes.save(site, actor=None)  # not sealed yet when the upgrade comes
    assert verify().is_whole
    for connection in django.db.connections.all():
        connection.close()
    print("without rows:", ", ".join(empty_tables()))
