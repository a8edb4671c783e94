"""Vendors, labels and people abbreviate one port in many ways."""

import pytest

from collectors.ports import normal_port_name

SAME = [
    ("GigabitEthernet0/0/1", "GE0/0/1", "ge 0/0/1", "Gi0/0/1", "gei-0/0/1", "gei_0/0/1", "ge-0/0/1", "ＧＥ０／０／１"),
    ("gei-0/1/0/1", "GigabitEthernet0/1/0/1", "GE 0/1/0/1"),
    ("XGigabitEthernet0/0/1", "XGE0/0/1", "Te0/0/1", "Ten-GigabitEthernet0/0/1", "TenGigabitEthernet 0/0/1",
     "TenGigE0/0/1", "10GE0/0/1", "xgei-0/0/1"),
    ("25GE1/0/1", "TwentyFiveGigE1/0/1", "Twenty-FiveGigE1/0/1", "Twe1/0/1", "TFGigabitEthernet 1/0/1"),
    ("40GE1/0/1", "FortyGigE1/0/1", "Fo1/0/1", "FortyGigabitEthernet1/0/1"),
    ("100GE1/0/1", "HundredGigE1/0/1", "Hu1/0/1", "HundredGigabitEthernet1/0/1", "cgei-1/0/1"),
    ("400GE1/0/1", "FourHundredGigE1/0/1"),
    ("Eth-Trunk1", "eth-trunk 1", "EthTrunk1", "ETH-TRUNK1"),
    ("Bridge-Aggregation1", "BAGG1"),
    ("Port-channel10", "Po10", "port-channel 10"),
    ("AggregatePort 1", "Ag1"),
    ("Ethernet0/0/1", "Eth0/0/1"),
    ("FastEthernet0/1", "Fa0/1", "FE0/1"),
    ("Vlanif100", "Vlan-interface100", "Vlan-int100"),
    ("LoopBack0", "Loopback0", "lo0"),
    ("M-GigabitEthernet0/0/0", "MGE0/0/0"),
    ("GigabitEthernet0/0/1.100", "GE0/0/1.100"),
]  # fmt: skip


@pytest.mark.parametrize("spellings", SAME, ids=lambda s: s[0])
def test_all_spellings_of_a_port_are_one_port(spellings):
    assert len({normal_port_name(s) for s in spellings}) == 1


def test_ports_of_other_kinds_stay_apart():
    names = [normal_port_name(spellings[0]) for spellings in SAME]
    assert len(set(names)) == len(SAME)


@pytest.mark.parametrize(
    "name", ["GE0/0/1", "GE0/0/10", "GE0/1/1", "MEth0/0/1", "NULL0", "br-lan", "eth0", "bond0", "lo"]
)
def test_a_normal_name_is_its_own_normal_name(name):
    assert normal_port_name(normal_port_name(name)) == normal_port_name(name)


def test_an_unknown_word_is_kept_whole():
    assert normal_port_name(" BR-LAN ") == "br-lan"
    assert normal_port_name("InLoopBack0") != normal_port_name("NULL0")
