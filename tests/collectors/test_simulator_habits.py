"""What tells the vendors' devices apart, read from their tables."""

from dataclasses import replace
from pathlib import Path

import pytest

from collectors.parsers.lldp import is_port_name
from collectors.parsers.values import text
from collectors.simulator import habits
from collectors.simulator.network import Network
from collectors.simulator.plan import VENDORS, PlannedDevice
from collectors.transports.snmp import ber
from tests.collectors.test_simulator_plan import small_plan

NOW = 1_795_000_000.0
WIDE_OCTETS, ENTITY_NAMES = "1.3.6.1.2.1.31.1.1.1.6", "1.3.6.1.2.1.47.1.1.1.1.7"
LOAD = {
    "huawei_vrp": "1.3.6.1.4.1.2011.5.25.31.1.1.1.1.5",
    "h3c_comware": "1.3.6.1.4.1.25506.2.6.1.1.1.1.6",
    "zte": "1.3.6.1.4.1.3902.3.3.1.1.5",
    "ruijie": "1.3.6.1.4.1.4881.1.1.10.2.36.1.1.1",
}


def device(vendor: str, model: str) -> PlannedDevice:
    return replace(small_plan().devices[0], vendor=vendor, model=model, modules=(), snmp="v2c")


def below(device: PlannedDevice, root: str) -> list[ber.VarBind]:
    """The device's varbinds below an OID."""
    network = Network(replace(small_plan(), devices=(device,)), Path("/nonexistent"))
    data = b"".join(network.table(device).after(ber.oid(root), 100, NOW))
    return [varbind for varbind in ber.varbinds(data, 0, len(data)) if varbind[0].startswith(ber.oid(root))]


@pytest.mark.parametrize(
    ("vendor", "model", "enterprise", "said"),
    [
        ("huawei_vrp", "NE40E-X8", 2011, "VRP (R) software"),
        ("h3c_comware", "S6520X-30QC-EI", 25506, "Comware Platform Software"),
        ("zte", "ZXR10 M6000-8S", 3902, "ZXR10"),
        ("ruijie", "RG-S6510-48VS8CQ", 4881, "Ruijie Networks"),
    ],
)
def test_a_device_describes_itself_in_its_makers_manner(vendor: str, model: str, enterprise: int, said: str) -> None:
    system = {ber.dotted(name): value for name, _, value in below(device(vendor, model), "1.3.6.1.2.1.1")}
    description = text(system["1.3.6.1.2.1.1.1.0"])

    assert said in description
    assert model in description
    assert str(system["1.3.6.1.2.1.1.2.0"]).startswith(f"1.3.6.1.4.1.{enterprise}.")


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_device_tells_its_load_in_its_makers_mib(vendor: str) -> None:
    loads = [value for _, _, value in below(device(vendor, "X"), LOAD[vendor])]

    assert loads
    assert all(isinstance(value, int) and 0 < value <= 100 for value in loads)


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_device_without_planned_modules_is_its_own_chassis(vendor: str) -> None:
    assert [value for _, _, value in below(device(vendor, "S5735"), ENTITY_NAMES)] == [b"S5735"]


def test_old_switches_alone_lack_wide_counters() -> None:
    assert below(device("zte", "ZXR10 5928"), WIDE_OCTETS) == []
    assert len(below(device("zte", "ZXR10 M6000-8S"), WIDE_OCTETS)) == 4
    assert len(below(device("ruijie", "RG-S6510"), WIDE_OCTETS)) == 4


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("speed_mbps", [1000, 10_000])
def test_port_names_read_like_port_names(vendor: str, speed_mbps: int) -> None:
    names = [habits.port_name(vendor, slot=0, port=port, speed_mbps=speed_mbps) for port in (1, 24)]

    assert len(set(names)) == 2
    assert all(is_port_name(name) for name in names)


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize(
    "written", ["联通", "隆", "至政务中心3F", "主用", "上联核心", "移动专线", "plain", "", "Straße", "㎡"]
)
def test_texts_are_read_back_as_they_were_typed(vendor: str, written: str) -> None:
    switch = replace(device(vendor, "S5735"), location=written)

    (location,) = [value for _, _, value in below(switch, "1.3.6.1.2.1.1.6")]

    assert text(location) == written
