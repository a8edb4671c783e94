"""Whole passes over simulated devices: asked, stored, noted and freed."""

import datetime as dt
import io
import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.management import call_command
from django.utils import timezone

from collectors import polls, rollups, schedule, selectors, tasks
from collectors.drivers import snmp
from collectors.models import CollectorRun, PortRate5m, PortSample, SeenHostKey, SeenInterface, Target
from collectors.simulator.plan import dump
from inventory.models import Device
from kernel import writes
from tests.collectors import shells
from tests.collectors.record import make_credential, make_device, make_devices, make_network
from tests.collectors.test_simulator import ACCESS, BOOTED_AT, CORE, MUTE, OLD, running
from tests.collectors.test_simulator_plan import COMMUNITY, USER, small_plan

pytestmark = pytest.mark.django_db(databases="__all__")

NAMES = {"core": CORE, "access": ACCESS, "old": OLD, "mute": MUTE}


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    folder = tmp_path_factory.mktemp("simulator")
    dump(small_plan(BOOTED_AT), folder / "plan.json")
    with running(folder) as (number, _process):
        yield number


@pytest.fixture
def city(port):
    """Four recorded devices with their credentials; the last one never answers."""
    network = make_network()
    devices = {d.name: d for d in make_devices(NAMES, network)}
    make_credential("v2c", community=COMMUNITY, port=port)
    make_credential(
        "v3", snmp_version="v3", username=USER.name, auth_protocol=USER.auth_protocol, auth_secret=USER.auth_key,
        priv_protocol=USER.priv_protocol, priv_secret=USER.priv_key, port=port, community="", device=devices["access"],
    )  # fmt: skip
    schedule.sync_targets()
    return devices


def poll(*arguments):
    out, err, code = io.StringIO(), io.StringIO(), 0
    try:
        call_command("poll", *arguments, "--format", "json", stdout=out, stderr=err)
    except SystemExit as left:
        code = left.code
    return code, json.loads(out.getvalue() or "null"), err.getvalue()


def test_one_pass_reads_every_device_and_tells_of_the_silent_one(city):
    code, rows, said = poll()
    assert (code, said) == (0, "")
    assert set(rows[0]) == {"device", "address", "state", "error", "interfaces", "neighbours", "seconds"}
    found = {r["device"]: r for r in rows}
    assert {name: r["state"] for name, r in found.items()} == {
        "core": "up",
        "access": "up",
        "old": "up",
        "mute": "down",
    }
    assert found["core"]["interfaces"] == 4
    assert found["core"]["neighbours"] == 3
    assert found["mute"]["error"].endswith(".")


def test_what_a_pass_saw_is_in_the_selectors(city):
    poll()
    core = city["core"].pk
    ports = selectors.port_states([core])
    assert ports[core, "ge0/0/1"].alias == "至办公室"
    assert ports[core, "ge0/0/3"].admin == "down"
    assert {n.remote_name for n in selectors.neighbours([core])[core]} >= {"ZZ-ACC-1", "ZZ-OLD-1"}
    assert "SN-LPU" in {m.serial for m in selectors.modules([core])[core]}
    assert "10.1.1.1/30" in {a.address for a in selectors.addresses([core])[core]}
    state = selectors.device_states([core])[core]
    assert (state.state, state.name) == ("up", "ZZ-CORE-1")
    assert CollectorRun.objects.get().asked == 4
    assert CollectorRun.objects.get().answered == 3


def test_only_the_named_devices_are_asked(city):
    code, rows, _said = poll("--device", "old", "core")
    assert code == 0
    assert {r["device"] for r in rows} == {"old", "core"}
    assert Target.objects.filter(last_try_at=None).count() == 2


def test_an_unknown_name_is_one_sentence_and_code_2(city):
    code, rows, said = poll("--device", "nobody")
    assert (code, rows) == (2, None)
    assert said.strip() == "No device is recorded under the name nobody."


def test_nothing_to_ask_is_code_1():
    code, rows, said = poll()
    assert (code, rows) == (1, [])
    assert len(said.strip().splitlines()) == 1


def test_only_silent_devices_are_no_failure_of_the_command(city):
    code, rows, _said = poll("--device", "mute")
    assert (code, rows[0]["state"]) == (0, "down")


def test_a_network_closed_after_the_claim_is_not_asked(city, monkeypatch):
    claimed = schedule.claim("w", 10)
    network = city["core"].network
    network.poll_allowed = False
    writes.save(network, actor=None)
    asked = []
    monkeypatch.setattr(polls.sources, "open_source", lambda *a: asked.append(a))
    answers = polls.run_pass(claimed, "w")
    assert asked == []
    assert {a.error.code for a in answers} == {"not_allowed"}


def test_between_full_readings_only_counters_are_asked(city, monkeypatch):
    tasks.poll_due()
    before = PortSample.objects.filter(device_id=city["core"].pk).count()
    Target.objects.update(next_due_at=timezone.now())
    whole = []
    monkeypatch.setattr(snmp, "read_device", lambda session: whole.append(session.host))
    tasks.poll_due()
    assert CORE not in whole
    assert PortSample.objects.filter(device_id=city["core"].pk).count() == 2 * before
    row = Target.objects.get(device_id=city["core"].pk)
    assert (row.reads, row.state) == (2, "up")


def test_counters_become_rates_of_about_the_simulated_size(city):
    tasks.poll_due()
    first = PortSample.objects.filter(device_id=city["core"].pk, port="ge0/0/2").get()
    time.sleep(2.1)
    Target.objects.update(next_due_at=timezone.now())
    tasks.poll_due()
    rollups.roll_up(timezone.now())
    rates = PortRate5m.objects.filter(device_id=city["core"].pk, port="ge0/0/2")
    second = PortSample.objects.filter(device_id=city["core"].pk, port="ge0/0/2").latest("at")
    bps = (second.in_octets - first.in_octets) * 8 / (second.at - first.at).total_seconds()
    assert bps > 0
    for rate in rates:
        assert rate.in_avg == pytest.approx(bps, rel=0.001)
    assert rates


def test_a_restart_is_followed_by_a_full_reading(city):
    tasks.poll_due()
    facts_at = Target.objects.get(device_id=city["core"].pk).last_facts_at
    # As if the device had been up for longer than it says now.
    Target.objects.filter(device_id=city["core"].pk).update(uptime_s=10**8, next_due_at=timezone.now())
    tasks.poll_due()
    assert Target.objects.get(device_id=city["core"].pk).last_facts_at > facts_at


def test_a_defect_at_one_device_stops_no_other(city, monkeypatch, caplog):
    read = snmp.read_device

    async def broken(session):
        if session.host == CORE:
            raise RuntimeError("boom 4711")
        return await read(session)

    monkeypatch.setattr(snmp, "read_device", broken)
    _code, rows, _said = poll()
    found = {r["device"]: r for r in rows}
    assert found["core"]["state"] == "unknown"
    assert "boom 4711" not in found["core"]["error"]
    assert "boom 4711" in caplog.text
    assert (found["access"]["state"], found["old"]["state"]) == ("up", "up")


def test_a_device_without_credential_says_so(port):
    make_device("alone", CORE)
    _code, rows, _said = poll()
    assert rows[0]["state"] == "unknown"
    assert "No credential fits alone" in rows[0]["error"]


def test_a_device_is_read_over_ssh_into_the_same_rows():
    device = make_device("frr", "127.0.0.1")
    with shells.in_process() as shell:
        make_credential(
            "cli", protocol="ssh", snmp_version="", community="", username=shells.USER, password=shells.PASSWORD,
            port=shell.port, profile="frr",
        )  # fmt: skip
        code, rows, _said = poll()
        assert (code, rows[0]["state"], rows[0]["interfaces"]) == (0, "up", 6), rows
        assert selectors.port_states([device.pk])[device.pk, "eth1"].oper == "down"
        assert SeenHostKey.objects.get().port == shell.port
        SeenHostKey.objects.update(key="AAAA")
        _code, rows, _said = poll()
    assert f"127.0.0.1:{shell.port}" in rows[0]["error"]
    assert Target.objects.get().error_code == "host_key_changed"
    assert SeenInterface.objects.filter(ended_at=None).count() == 6


def test_a_wrong_ssh_password_is_an_authentication_failure():
    make_device("frr", "127.0.0.1")
    with shells.in_process() as shell:
        make_credential(
            "cli", protocol="ssh", snmp_version="", community="", username=shells.USER, password="wrong-password",
            port=shell.port, profile="frr",
        )  # fmt: skip
        _code, rows, _said = poll()
    assert Target.objects.get().error_code == "authentication_failed"
    assert "wrong-password" not in json.dumps(rows)


def test_a_device_that_another_worker_reads_is_left_to_it(city):
    schedule.claim("other", 10)
    code, rows, said = poll("--device", "core")
    assert (code, rows[0]["state"]) == (1, "busy")
    assert len(said.strip().splitlines()) == 1


def test_the_beat_names_tasks_that_exist():
    from celery import current_app

    for entry in tasks.BEAT.values():
        assert entry["task"] in current_app.tasks


_DYING = """
import django, os, sys, json
django.setup()
from django.conf import settings
for alias, name in json.loads(sys.argv[1]).items():
    settings.DATABASES[alias]["NAME"] = name
from collectors import observe, tasks
write, batches = observe._write_changes, []
def dying(changes):
    write(changes[: len(changes) // 2])
    os._exit(9)
observe._write_changes = dying
tasks.poll_due()
"""


@pytest.mark.django_db(databases="__all__", transaction=True)
def test_a_killed_worker_leaves_whole_rows_and_the_next_one_goes_on(city):
    from django.db import connections

    names = {alias: str(connections[alias].settings_dict["NAME"]) for alias in connections}
    if any("memory" in name for name in names.values()):
        pytest.skip("the test database is in memory, where other processes can't reach it")
    done = subprocess.run([sys.executable, "-c", _DYING, json.dumps(names)], env=dict(os.environ), timeout=60)
    assert done.returncode == 9
    assert SeenInterface.objects.exists() or Target.objects.exclude(lease_owner="").exists()
    assert Target.objects.filter(last_ok_at__isnull=False).count() == 0
    assert schedule.claim("next", 10) == []
    Target.objects.update(lease_until=timezone.now() - dt.timedelta(seconds=1))
    assert tasks.poll_due() == 4
    assert Target.objects.filter(state="up", lease_owner="").count() == 3
    core = Device.objects.get(name="core")
    assert SeenInterface.objects.filter(device_id=core.pk, ended_at=None).count() == 4
    assert SeenInterface.objects.filter(device_id=core.pk).count() == 4


def test_the_engine_and_the_threads_share_one_pass(city):
    """SSH must not hold up SNMP: a pass takes as long as its slowest device."""
    begun = time.monotonic()
    with ThreadPoolExecutor(1):
        poll()
    assert time.monotonic() - begun < 15
