import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from collectors.simulator.plan import (
    Plan,
    PlannedDevice,
    PlannedInterface,
    PlannedModule,
    PlannedNeighbour,
    PlannedUser,
    WrongPlan,
    dump,
    from_json,
    load,
    to_json,
)

BOOTED_AT = 1_790_000_000.0
COMMUNITY = "a-community"
USER = PlannedUser("reader", "SHA", "an-auth-key", "AES", "a-priv-key")


def small_plan(booted_at: float = BOOTED_AT) -> Plan:
    """A core, an access switch on line L1, an old switch on line L2, and one that never answers."""
    core = PlannedDevice(
        name="ZZ-CORE-1",
        address="127.16.0.1",
        vendor="huawei_vrp",
        model="NE40E-X8",
        serial="SN-CORE",
        booted_at=booted_at,
        location="政务中心3F",
        interfaces=(
            PlannedInterface(
                3, "GigabitEthernet0/0/1", 1000, "00:e0:fc:00:01:01", "至办公室", in_mbps=12.0, out_mbps=3.0,
                address="10.1.1.1/30", neighbour=PlannedNeighbour("ZZ-ACC-1", "GigabitEthernet1/0/1"), line="L1",
            ),
            PlannedInterface(
                4, "GigabitEthernet0/0/2", 1000, "00:e0:fc:00:01:02", in_mbps=100.0, out_mbps=40.0,
                neighbour=PlannedNeighbour("ZZ-OLD-1", "gei-0/1/0/1"), line="L2",
            ),
            PlannedInterface(5, "GigabitEthernet0/0/3", 1000, "00:e0:fc:00:01:03", admin="down", oper="down"),
            PlannedInterface(
                6, "100GE0/0/4", 100_000, "00:e0:fc:00:01:04", neighbour=PlannedNeighbour("ISP", "eth7"), in_mbps=9000.0
            ),
        ),
        modules=(
            PlannedModule("NE40E-X8 frame", "chassis", "NE40E-X8", "SN-CORE", "V800R021"),
            PlannedModule("LPU 1", "module", "CR5D", "SN-LPU", "350"),
            PlannedModule("PWR 1", "power", "PDC", "SN-PWR", ""),
        ),
    )  # fmt: skip
    access = PlannedDevice(
        name="ZZ-ACC-1",
        address="127.16.0.2",
        vendor="h3c_comware",
        model="S6520X-30QC-EI",
        serial="SN-ACC",
        booted_at=booted_at,
        snmp="v3",
        interfaces=(
            # The line is known at the other end alone.
            PlannedInterface(
                1, "GigabitEthernet1/0/1", 1000, "3c:8c:40:00:02:01", "上联核心", in_mbps=3.0, out_mbps=12.0,
                address="10.1.1.2/30", neighbour=PlannedNeighbour("ZZ-CORE-1", "GigabitEthernet0/0/1"),
            ),
        ),
    )  # fmt: skip
    old = PlannedDevice(
        name="ZZ-OLD-1",
        address="127.16.0.3",
        vendor="zte",
        model="ZXR10 5928",
        serial="SN-OLD",
        booted_at=booted_at,
        interfaces=(
            PlannedInterface(
                7, "gei-0/1/0/1", 1000, "00:19:c6:00:03:01", in_mbps=40.0, out_mbps=100.0,
                neighbour=PlannedNeighbour("ZZ-CORE-1", "GigabitEthernet0/0/2"), line="L2",
            ),
        ),
    )  # fmt: skip
    mute = PlannedDevice(
        "ZZ-MUTE-1", "127.16.0.4", "ruijie", "RG-S6510", "SN-MUTE", booted_at, snmp="silent", interfaces=()
    )
    return Plan(booted_at, COMMUNITY, (core, access, old, mute), (USER,))


def test_a_plan_is_the_same_after_writing_and_reading_it(tmp_path: Path) -> None:
    plan = small_plan()

    dump(plan, tmp_path / "plan.json")

    assert load(tmp_path / "plan.json") == plan


def test_a_plan_with_secrets_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    dump(small_plan(), tmp_path / "plan.json")

    assert (tmp_path / "plan.json").stat().st_mode & 0o077 == 0
    assert COMMUNITY not in repr(small_plan())
    assert USER.auth_key not in repr(small_plan())


def test_a_module_says_its_class_under_that_name() -> None:
    written = to_json(small_plan())

    assert written["devices"][0]["modules"][0]["class"] == "chassis"


def test_what_may_be_left_out_may_be_left_out() -> None:
    written = to_json(small_plan())
    del written["devices"][0]["interfaces"][2]["neighbour"], written["devices"][1]["location"]

    assert from_json(written) == small_plan()


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        (("devices", 0, "vendor"), "cisco", "vendor of device 'ZZ-CORE-1'"),
        (("devices", 0, "address"), "10.0.0.1", "not in 127.0.0.0/8"),
        (("devices", 1, "address"), "127.16.0.1", "Two devices have the address '127.16.0.1'"),
        (("devices", 1, "snmp"), "v1", "choose one of v2c, v3, silent"),
        (("devices", 0, "interfaces", 1, "index"), 3, "have the index '3'"),
        (("devices", 0, "interfaces", 1, "index"), "3", "type int"),
        (("devices", 0, "interfaces", 0, "mac"), "00:e0", "MAC address '00:e0'"),
        (("devices", 0, "interfaces", 0, "type"), "ethernet", "not a name of IANAifType"),
        (("devices", 0, "interfaces", 0, "address"), "10.1.1.1", "has no prefix"),
        (("devices", 0, "interfaces", 0, "in_mbps"), -1, "traffic of interface"),
        (("devices", 0, "interfaces", 0, "colour"), "red", "unknown key 'colour'"),
        (("users", 0, "auth_key"), "short", "at least 8 characters"),
        (("version",), 2, "version 2"),
        (("devices",), {}, "A list belongs"),
    ],
)
def test_an_impossible_plan_is_refused_in_words(place: tuple[Any, ...], value: object, said: str) -> None:
    written = to_json(small_plan())
    part: Any = written
    for step in place[:-1]:
        part = part[step]
    part[place[-1]] = value

    with pytest.raises(WrongPlan) as refused:
        from_json(json.loads(json.dumps(written)))

    assert said in refused.value.message


def test_a_plan_that_could_not_be_read_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(WrongPlan):
        dump(replace(small_plan(), community=""), tmp_path / "plan.json")

    assert list(tmp_path.iterdir()) == []


def test_a_missing_key_is_named() -> None:
    written = to_json(small_plan())
    del written["devices"][1]["serial"]

    with pytest.raises(WrongPlan, match="'serial' is missing in item 1 in 'devices' of the plan 'ZZ-ACC-1'"):
        from_json(written)
