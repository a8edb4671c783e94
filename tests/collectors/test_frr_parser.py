"""Output recorded from FRRouting 8.4.4 on Debian 12."""

from pathlib import Path

import pytest

from collectors.errors import BadAnswer
from collectors.parsers import frr

RECORDED = Path(__file__).parent / "recordings" / "frr"
VERSION = (RECORDED / "show_version.txt").read_text(encoding="utf-8")
INTERFACES = (RECORDED / "show_interface.txt").read_text(encoding="utf-8")


def read():
    return frr.device_reading(VERSION, INTERFACES)


def test_the_name_and_the_version_are_read():
    assert read().system.name == "core-r1"
    assert read().system.description.startswith("FRRouting 8.4.4 on Linux(")


def test_every_port_is_read_with_its_state():
    states = {port.name: (port.index, port.admin, port.oper) for port in read().interfaces}
    assert states == {
        "br0": (6, "down", "down"), "eth0": (3, "up", "up"), "eth0p": (2, "up", "up"), "eth1": (5, "up", "down"),
        "eth1p": (4, "down", "down"), "lo": (1, "up", "up"),
    }  # fmt: skip


def test_a_port_carries_its_facts():
    (port,) = [p for p in read().interfaces if p.name == "eth0"]
    assert (port.mtu, port.speed_mbps, port.type) == (1500, 10_000, "ethernetCsmacd")
    assert port.alias == "郑州-to-xinzheng fibre"
    assert port.description == "to r2 eth0"
    assert port.mac is not None


def test_a_speed_that_the_kernel_does_not_tell_is_unknown():
    speeds = {port.name: port.speed_mbps for port in read().interfaces}
    assert speeds["br0"] is None
    assert speeds["lo"] is None


def test_addresses_keep_their_prefix_length():
    found = {(a.address, a.interface) for a in read().addresses}
    assert {
        ("10.1.1.1/30", "eth0"),
        ("10.1.1.5/30", "eth0"),
        ("2001:db8:1::1/64", "eth0"),
        ("10.255.0.1/32", "lo"),
    } <= found


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Cisco IOS Software, C2960 Software",
        INTERFACES.replace("line protocol is up", "line protocol is dreaming"),
        INTERFACES.replace("index 3 metric", "index three metric"),
        INTERFACES.replace("inet 10.1.1.1/30", "inet 10.1.1.999/30"),
        INTERFACES[: INTERFACES.rindex("  index")],
        "  index 3 metric 0 mtu 1500 speed 10000\n",
    ],
)
def test_output_that_is_not_understood_is_an_error(text):
    with pytest.raises(BadAnswer):
        frr.device_reading(VERSION, text)


def test_another_products_version_is_an_error():
    with pytest.raises(BadAnswer, match="Huawei Versatile"):
        frr.system_facts("Huawei Versatile Routing Platform Software\n")
