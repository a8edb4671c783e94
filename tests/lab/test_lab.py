"""The product against real agents: recorded, polled and judged by its own commands."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from collectors import polls, rollups, schedule
from collectors.models import Credential
from collectors.selectors import PortState, Step, device_states, neighbours, port_states, rates
from compliance.models import Finding, LineVerdict, RingVerdict, RuleResult
from inventory.models import BoundInterface
from kernel import writes
from tests.lab.network import (
    COMMUNITY,
    SSH_PASSWORD,
    UDP_FRAME,
    UDP_PAYLOAD,
    V3_AUTH,
    V3_PRIV,
    V3_USER,
    LabNetwork,
    Link,
    Router,
    iperf_report,
    udp_traffic,
)
from tests.lab.records import Recorded, use_ssh

pytestmark = [pytest.mark.root, pytest.mark.django_db(transaction=True, databases="__all__")]

ROOT = Path(__file__).resolve().parents[2]
AGENT_S = 12.0  # net-snmp reads the kernel's ports anew every three seconds
OID_OUT_OCTETS = "1.3.6.1.2.1.31.1.1.1.10"
OID_OPER_STATUS = "1.3.6.1.2.1.2.2.1.8"


def poll(*names: str) -> dict[str, dict[str, Any]]:
    """`manage.py poll`; its rows by device."""
    out = StringIO()
    call_command("poll", *(["--device", *names] if names else []), "--format", "json", stdout=out)
    return {row["device"]: row for row in json.loads(out.getvalue())}


def judge() -> list[dict[str, Any]]:
    out = StringIO()
    call_command("judge", "--format", "json", stdout=out)
    return list(json.loads(out.getvalue()))


def poll_and_judge(times: int = 1) -> None:
    for _time in range(times):
        poll()
        judge()


def verdict(recorded: Recorded, link: Link) -> LineVerdict:
    return LineVerdict.objects.get(circuit=recorded.line(link))


def t08(recorded: Recorded, link: Link) -> RuleResult:
    return RuleResult.objects.get(circuit=recorded.line(link), rule_code="T08")


def ring(recorded: Recorded) -> RingVerdict:
    return RingVerdict.objects.get(ring=recorded.ring)


def if_index(router: Router, port: str) -> int:
    return int(router.run("cat", f"/sys/class/net/{port}/ifindex"))


def await_agents(link: Link, state: str) -> None:
    """Until both ends' agents show the port as the kernel has it: they look every few seconds only."""
    number = {"up": "1", "down": "2"}[state]
    until = time.monotonic() + AGENT_S
    for router, port in ((link.a, link.a_port), (link.z, link.z_port)):
        while not router.ask("snmpget", f"{OID_OPER_STATUS}.{if_index(router, port)}").strip().endswith(f" {number}"):
            assert time.monotonic() < until, f"the agent of {router.name} doesn't show {port} {state}"
            time.sleep(0.2)


def await_fresh_counters(router: Router, port: str) -> None:
    """Until the agent has just read the kernel's counters, so that what it says is not up to three seconds old."""
    oid = f"{OID_OUT_OCTETS}.{if_index(router, port)}"
    before, until = router.ask("snmpget", oid), time.monotonic() + AGENT_S
    while router.ask("snmpget", oid) == before:
        assert time.monotonic() < until, f"the counters of {router.name} {port} stand still"
        time.sleep(0.05)


# Reading -------------------------------------------------------------------------------------------------------------


def test_every_router_is_read_without_error_over_v2c_v3_and_ssh(lab: LabNetwork, recorded: Recorded) -> None:
    by_ssh = [r for r in lab.routers if r.has_ssh][:2]
    for router in by_ssh:
        use_ssh(recorded.device(router))
    by_snmp = [r for r in lab.routers if r not in by_ssh]
    assert {r.snmp_version for r in by_snmp} == {"v2c", "v3"}

    rows = poll()

    assert {name: (row["state"], row["error"]) for name, row in rows.items()} == {
        r.name: ("up", "") for r in lab.routers
    }
    assert {rows[r.name]["interfaces"] for r in lab.routers} == {4}  # lo, mgmt, eth0, eth1
    assert {rows[r.name]["neighbours"] for r in by_snmp} == {2}
    states = device_states()
    assert {states[recorded.device(r).pk].name for r in lab.routers} == {r.name for r in lab.routers}


def test_a_wrong_v3_key_is_told_on_that_device_alone(lab: LabNetwork, recorded: Recorded) -> None:
    router = next(r for r in lab.routers if r.snmp_version == "v3")
    credential = Credential.objects.get(device=recorded.device(router))
    credential.auth_secret = "quite-another-key"
    writes.save(credential, actor=None)

    rows = poll()

    assert {name for name, row in rows.items() if row["state"] != "up"} == {router.name}
    state = device_states()[recorded.device(router).pk]
    assert (state.state, state.error_code) == ("unknown", "authentication_failed")
    assert router.address in state.error_message
    assert "quite-another-key" not in state.error_message


def test_the_ssh_door_shows_the_same_port_states_as_snmp(lab: LabNetwork, recorded: Recorded) -> None:
    link = lab.links[0]
    router = next(r for r in (link.a, link.z) if r.has_ssh)
    device = recorded.device(router)
    link.bring("down")
    await_agents(link, "down")
    poll()
    over_snmp = ports_of(device.pk)

    use_ssh(device)
    row = poll(router.name)[router.name]

    assert (row["state"], row["error"], row["neighbours"]) == ("up", "", 0)
    over_ssh = ports_of(device.pk)
    assert {name: shown(port) for name, port in over_ssh.items()} == {n: shown(p) for n, p in over_snmp.items()}
    assert {over_ssh[port].oper for port in ("eth0", "eth1")} == {"up", "down"}
    # One state, whichever door it was seen through: it neither restarts nor loses its count.
    assert {n: p.since for n, p in over_ssh.items()} == {n: p.since for n, p in over_snmp.items()}
    assert {p.observations for p in over_ssh.values()} == {2}
    for name in ("eth0", "eth1"):
        assert over_ssh[name].speed_mbps == over_snmp[name].speed_mbps
        assert over_ssh[name].oper == router.kernel_state(name)


def ports_of(device_id: int) -> dict[str, PortState]:
    return {name: port for (_device, name), port in port_states([device_id]).items()}


def shown(port: PortState) -> tuple[Any, ...]:
    return port.if_index, port.name, port.admin, port.oper, port.mtu


def test_neighbours_are_those_that_lldpd_itself_hears(lab: LabNetwork, recorded: Recorded) -> None:
    poll()

    for router in lab.routers:
        seen = neighbours([recorded.device(router).pk])[recorded.device(router).pk]
        assert {n.local_port: n.remote_name for n in seen} == {
            port: name for port, (name, _description) in router.lldp_neighbours().items()
        }


def test_probe_prints_the_documented_keys_and_the_neighbours(lab: LabNetwork) -> None:
    for router, expected in ((lab.routers[0], {"r2", "r8"}), (lab.routers[2], {"r2", "r4"})):
        said = probe(router)

        assert list(said) == ["system", "interfaces", "neighbours", "modules", "addresses"]
        assert set(said["system"]) == {"name", "description", "object_id", "location", "uptime_s"}
        assert said["system"]["name"] == router.name
        assert all(
            set(row) == {"index", "name", "alias", "type", "mtu", "speed_mbps", "mac", "admin", "oper"}
            for row in said["interfaces"]
        )
        assert {row["name"] for row in said["interfaces"]} == {"lo", "mgmt", "eth0", "eth1"}
        assert all(
            set(row) == {"local_port", "remote_name", "remote_port", "remote_description"} for row in said["neighbours"]
        )
        assert {row["remote_name"] for row in said["neighbours"]} == expected
        assert {(row["local_port"], row["remote_port"]) for row in said["neighbours"]} == {
            ("eth0", "eth1"), ("eth1", "eth0")
        }  # fmt: skip
        assert f"{router.address}/24" in {row["address"] for row in said["addresses"]}


def probe(router: Router) -> dict[str, Any]:
    keys = ["--community", COMMUNITY]
    if router.snmp_version == "v3":
        keys = ["--user", V3_USER, "--auth", f"SHA:{V3_AUTH}", "--priv", f"AES:{V3_PRIV}"]
    done = subprocess.run(
        [sys.executable, "manage.py", "probe", router.address, *keys, "--format", "json"],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    return said


# Judging -------------------------------------------------------------------------------------------------------------


def test_every_line_is_proved_from_both_ends_and_passes(lab: LabNetwork, recorded: Recorded) -> None:
    poll_and_judge(2)

    found = {link.number: (verdict(recorded, link).verdict, verdict(recorded, link).proof) for link in lab.links}
    assert found == {link.number: ("PASS", "both") for link in lab.links}
    assert (ring(recorded).verdict, ring(recorded).state) == ("PASS", "closed")
    assert not Finding.objects.exists()


def test_a_line_bound_to_the_wrong_port_is_not_proved(lab: LabNetwork, recorded: Recorded) -> None:
    """The cable of a line leads elsewhere than recorded: the ends contradict the record."""
    first, second = recorded.line(lab.links[0]), recorded.line(lab.links[4])
    ends = [line.terminations.get(term_side="Z").bound_interfaces.get() for line in (first, second)]
    swapped = [
        BoundInterface(termination=end.termination, interface=other.interface)
        for end, other in zip(ends, reversed(ends), strict=True)
    ]
    writes.delete_many(ends, actor=None)
    writes.save_many(swapped, actor=None)

    poll_and_judge(2)

    for line in (first, second):
        said = LineVerdict.objects.get(circuit=line)
        assert (said.proof, said.verdict) == ("none", "WARN")
        assert RuleResult.objects.get(circuit=line, rule_code="P01").explanation["code"] == "p01_sees_another"


def test_one_broken_link_leaves_the_ring_protected_and_warns_of_its_line_alone(
    lab: LabNetwork, recorded: Recorded
) -> None:
    broken = lab.links[3]
    poll_and_judge(2)
    broken.bring("down")
    await_agents(broken, "down")

    poll_and_judge()
    assert t08(recorded, broken).verdict == "UNKNOWN"  # seen down once may be a passing glitch
    poll_and_judge()

    assert t08(recorded, broken).explanation["code"] == "t08_segment_down"
    assert (verdict(recorded, broken).verdict, verdict(recorded, broken).rule_code) == ("WARN", "T08")
    assert (ring(recorded).verdict, ring(recorded).state) == ("WARN", "protected")
    others = [verdict(recorded, link).verdict for link in lab.links if link is not broken]
    assert set(others) == {"PASS"}
    finding = Finding.objects.get()
    assert (finding.rule.code, finding.ring_id, finding.severity) == ("T08", recorded.ring.pk, "major")

    broken.bring("up")
    await_agents(broken, "up")
    lab.await_neighbours()
    poll_and_judge(2)

    assert (verdict(recorded, broken).verdict, verdict(recorded, broken).proof) == ("PASS", "both")
    assert ring(recorded).state == "closed"
    finding.refresh_from_db()
    assert finding.state == "closed"
    assert finding.closed_by_evidence["evidence"]


def test_a_split_ring_is_a_finding_that_evidence_alone_closes(lab: LabNetwork, recorded: Recorded) -> None:
    broken = [lab.links[1], lab.links[5]]
    poll_and_judge(2)
    for link in broken:
        link.bring("down")
    for link in broken:
        await_agents(link, "down")
    poll_and_judge(2)

    finding = Finding.objects.get(rule__code="T08")
    assert (finding.state, finding.ring_id, finding.severity) == ("open", recorded.ring.pk, "severe")
    assert ring(recorded).state == "split"
    assert {verdict(recorded, link).verdict for link in broken} == {"FINDING"}
    down = {(e["device"], e["port"]) for e in finding.evidence if e["what"] == "state" and e["raw"] == "down"}
    assert down == {(end.name, port) for link in broken for end, port in
                    ((link.a, link.a_port), (link.z, link.z_port))}  # fmt: skip

    for link in broken:
        link.bring("up")
    for link in broken:
        await_agents(link, "up")
    lab.await_neighbours()
    poll_and_judge()
    finding.refresh_from_db()
    assert finding.state == "open"  # one good reading is not yet evidence
    poll_and_judge()

    finding.refresh_from_db()
    assert finding.state == "closed"
    assert finding.closed_by_evidence["observations"] == 2
    raw = {(e["device"], e["port"]): e["raw"] for e in finding.closed_by_evidence["evidence"] if e["what"] == "state"}
    assert {raw[link.a.name, link.a_port] for link in broken} == {"up"}
    assert {verdict(recorded, link).verdict for link in lab.links} == {"PASS"}


@pytest.mark.slow
@pytest.mark.parametrize("way", ["its agent is killed", "its requests are dropped"])
def test_a_silent_router_is_an_error_of_its_own_and_never_a_broken_line(
    way: str, lab: LabNetwork, recorded: Recorded
) -> None:
    silent = lab.routers[4]
    poll_and_judge(2)
    if way == "its agent is killed":
        silent.stop_agent()
    else:
        silent.drop_requests()

    rows = poll()
    judge()
    poll_and_judge()

    assert {name for name, row in rows.items() if row["state"] != "up"} == {silent.name}
    state = device_states()[recorded.device(silent).pk]
    assert state.state == "down"
    assert state.error_code == ("refused" if way == "its agent is killed" else "unreachable")
    for link in lab.links:
        touched = silent in (link.a, link.z)
        assert verdict(recorded, link).verdict == ("UNKNOWN" if touched else "PASS")
        assert t08(recorded, link).explanation["code"] != "t08_segment_down"
    assert ring(recorded).state in ("closed", "unknown")
    assert not Finding.objects.exists()

    lab.mend()
    poll_and_judge(2)

    assert {verdict(recorded, link).verdict for link in lab.links} == {"PASS"}


def test_a_line_between_two_silent_routers_is_unknown(lab: LabNetwork, recorded: Recorded) -> None:
    """Even while its link is down: nobody was there to see it."""
    link = lab.links[4]
    poll_and_judge(2)
    link.a.stop_agent()
    link.z.stop_agent()
    link.bring("down")

    poll_and_judge(2)

    assert verdict(recorded, link).verdict == "UNKNOWN"
    assert (t08(recorded, link).verdict, t08(recorded, link).explanation["code"]) == ("UNKNOWN", "device_silent")
    assert (ring(recorded).verdict, ring(recorded).state) == ("UNKNOWN", "unknown")
    assert not Finding.objects.exists()


def test_a_collector_that_is_cut_off_blames_itself_and_no_line(lab: LabNetwork, recorded: Recorded) -> None:
    poll_and_judge(2)
    lab.join_management("down")

    rows = poll()
    judge()

    assert "up" not in {row["state"] for row in rows.values()}
    assert {(s.state, s.error_code) for s in device_states().values()} == {("unknown", "network_silent")}
    for link in lab.links:
        assert t08(recorded, link).explanation["code"] != "t08_segment_down"
        assert verdict(recorded, link).verdict not in ("WARN", "FINDING")
    assert not Finding.objects.exists()


# The worker's own pace -----------------------------------------------------------------------------------------------


def pass_of_a_worker(recorded: Recorded) -> dict[str, polls.Answer]:
    """What a worker does when devices are due: counters and states alone between two full readings."""
    schedule.sync_targets()
    owner = polls.new_owner()
    claimed = schedule.claim(owner, len(recorded.devices), device_ids=[d.pk for d in recorded.devices.values()])
    return {a.claimed.device.name: a for a in polls.run_pass(claimed, owner)}


def test_a_pass_between_full_readings_sees_a_broken_link_too(lab: LabNetwork, recorded: Recorded) -> None:
    broken = lab.links[6]
    first = pass_of_a_worker(recorded)
    assert {a.is_full for a in first.values()} == {True}
    broken.bring("down")
    await_agents(broken, "down")

    for _time in range(2):
        answers = pass_of_a_worker(recorded)
        judge()

    assert {(a.error, a.is_full) for a in answers.values()} == {(None, False)}
    assert t08(recorded, broken).explanation["code"] == "t08_segment_down"
    assert (verdict(recorded, broken).verdict, ring(recorded).state) == ("WARN", "protected")
    assert {verdict(recorded, link).verdict for link in lab.links if link is not broken} == {"PASS"}


def test_a_restarted_agent_is_read_in_full_and_gives_no_rate_across_its_restart(
    lab: LabNetwork, recorded: Recorded
) -> None:
    restarted, other = lab.routers[3], lab.routers[4]
    pass_of_a_worker(recorded)
    restarted.stop_agent()
    restarted.start_agent()
    lab.await_agents()

    answers = pass_of_a_worker(recorded)
    rollups.roll_up()

    assert {name for name, answer in answers.items() if answer.is_full} == {restarted.name}
    assert all(answer.error is None for answer in answers.values())
    now = timezone.now()
    keys = [(recorded.device(router).pk, "eth0") for router in (restarted, other)]
    assert set(rates(keys, now - Step.HOUR.length, now)) == {keys[1]}


def test_another_host_key_is_refused_until_somebody_looks(lab: LabNetwork, recorded: Recorded) -> None:
    router = lab.routers[0]
    use_ssh(recorded.device(router))
    assert poll(router.name)[router.name]["state"] == "up"
    router.change_host_key()

    row = poll(router.name)[router.name]

    assert row["state"] == "unknown"
    assert device_states()[recorded.device(router).pk].error_code == "host_key_changed"


def test_a_wrong_ssh_password_is_told_on_that_device_alone(lab: LabNetwork, recorded: Recorded) -> None:
    router = lab.routers[1]
    use_ssh(recorded.device(router), password="not-the-password")

    rows = poll()

    assert {name for name, row in rows.items() if row["state"] != "up"} == {router.name}
    assert device_states()[recorded.device(router).pk].error_code == "authentication_failed"
    assert "not-the-password" not in rows[router.name]["error"]


def test_a_password_that_was_put_right_is_used_at_the_next_poll(lab: LabNetwork, recorded: Recorded) -> None:
    router = lab.routers[1]
    use_ssh(recorded.device(router), password="mistyped")
    credential = Credential.objects.get(device=recorded.device(router))
    credential.password = SSH_PASSWORD
    writes.save(credential, actor=None)

    row = poll(router.name)[router.name]

    assert (row["state"], row["error"]) == ("up", "")


# Traffic -------------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_rates_agree_with_the_kernels_counters_and_with_what_was_sent(lab: LabNetwork, recorded: Recorded) -> None:
    link, sent_mbps, window_s = lab.links[0], 20.0, 20.0
    since = timezone.now()
    with udp_traffic(link, sent_mbps, seconds=window_s + 14) as client:
        time.sleep(2)
        readings = []
        for wait_s in (0.0, window_s):
            time.sleep(wait_s)
            await_fresh_counters(link.a, link.a_port)
            readings.append((time.monotonic(), link.a.kernel_octets(link.a_port), link.z.kernel_octets(link.z_port)))
            poll(link.a.name)
            await_fresh_counters(link.z, link.z_port)
            poll(link.z.name)
        assert client.poll() is None, "the traffic ended before the window did"
        report = iperf_report(client)
    rollups.roll_up()

    seconds = readings[1][0] - readings[0][0]
    kernel_sent = (readings[1][1][1] - readings[0][1][1]) * 8 / seconds
    kernel_received = (readings[1][2][0] - readings[0][2][0]) * 8 / seconds
    on_the_wire = report["end"]["sum"]["bits_per_second"] * UDP_FRAME / UDP_PAYLOAD
    out_bps = average(recorded, link.a, link.a_port, since, "out_avg")
    in_bps = average(recorded, link.z, link.z_port, since, "in_avg")
    print(f"sent {out_bps / 1e6:.3f}, kernel {kernel_sent / 1e6:.3f}, iperf3 {on_the_wire / 1e6:.3f} Mbit/s; "
          f"received {in_bps / 1e6:.3f}, kernel {kernel_received / 1e6:.3f} Mbit/s")  # fmt: skip
    assert out_bps == pytest.approx(kernel_sent, rel=0.05)
    assert in_bps == pytest.approx(kernel_received, rel=0.05)
    assert out_bps == pytest.approx(on_the_wire, rel=0.05)
    assert in_bps == pytest.approx(on_the_wire, rel=0.05)


def average(recorded: Recorded, router: Router, port: str, since: Any, column: str) -> float:
    """Over the 5-minute steps that the window touched: one, or two when it lies across a border."""
    key = (recorded.device(router).pk, port)
    points = rates([key], since - Step.MINUTES_5.length, timezone.now(), Step.MINUTES_5)[key]
    assert 1 <= len(points) <= 2
    values = [getattr(point, column) for point in points]
    return sum(values) / len(values)
