"""What vendors write into the standard tables, and what we make of it."""

from dataclasses import replace
from typing import Any

import pytest

from collectors.parsers import addresses, cdp, entity, interfaces, lldp
from collectors.parsers.iftypes import interface_type
from collectors.parsers.values import mac, number, text
from collectors.records import InterfaceFacts, Neighbour
from collectors.transports.snmp.ber import Table

MAC = b"\x00\xe0\xfc\x01\x02\x03"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("政务中心3F".encode(), "政务中心3F"),
        ("政务中心".encode("gbk"), "政务中心"),
        ("政务中心".encode()[:-1], "政务中"),
        ("Gi0/1 政务".encode("gbk")[:-1], "Gi0/1 政"),
        (b"eth0\x00\x00", "eth0"),
        (b"core-1 \r\n\x07", "core-1"),
        (b"caf\xe9", "café"),
        (b"CHASSIS\x00\x00left over", "CHASSIS"),
        (b" to the roof", "to the roof"),
        (b'"SN2210\n"', "SN2210"),
        (b'""', ""),
        (b'"', '"'),
        (b'"old" and "new"', '"old" and "new"'),
        (b"", ""),
        (None, ""),
    ],
)
def test_text_is_read_in_the_encoding_it_was_typed_in(data: bytes | None, expected: str) -> None:
    assert text(data) == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (MAC, "00:e0:fc:01:02:03"),
        (b"00:E0:FC:01:02:03", "00:e0:fc:01:02:03"),
        (b"00e0fc010203", "00:e0:fc:01:02:03"),
        (b"0:e0:fc:1:2:3", "00:e0:fc:01:02:03"),
        (b"", None),
        (b"not-a-mac-addr", None),
        (None, None),
    ],
)
def test_a_mac_address_is_read_from_octets_and_from_text(data: bytes | None, expected: str | None) -> None:
    assert mac(data) == expected


@pytest.mark.parametrize(
    ("value", "expected"), [(7, 7), (b"1000000000", 1_000_000_000), (b"7 ports", None), (b"", None), (None, None)]
)
def test_a_number_is_read_from_its_digits_too(value: int | bytes | None, expected: int | None) -> None:
    assert number(value) == expected


@pytest.mark.parametrize(
    ("high_speed", "speed", "expected"),
    [
        (10_000, 4_294_967_295, 10_000),
        (0, 100_000_000, 100),
        (None, 1_000_000_000, 1000),
        (None, 4_294_967_295, None),
        (0, 64_000, 1),
        (None, 1_544_000, 2),
        (0, 0, None),
        (None, None, None),
        (1_000_000_000, 1_000_000_000, 1000),
        (220_000_000, None, 220),
        (195_000_000, 123_000_000, 123),
        (4_294_901_759, None, None),
        (10_000, 4_294_901_759, 10_000),
    ],
)
def test_a_speed_is_what_the_two_columns_mean_together(
    high_speed: int | None, speed: int | None, expected: int | None
) -> None:
    assert interfaces.speed_mbps(high_speed, speed) == expected


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (6, "ethernetCsmacd"), (24, "softwareLoopback"), (53, "propVirtual"), (117, "gigabitEthernet"),
        (131, "tunnel"), (135, "l2vlan"), (136, "l3ipvlan"), (161, "ieee8023adLag"), (209, "bridge"),
        (272, "vmwareNicTeam"), (277, "docsOfdmDownstream"), (290, "ghn"), (4000, "4000"), (None, "other"),
    ],
)  # fmt: skip
def test_an_interface_type_has_ianas_name(number: int | None, expected: str) -> None:
    assert interface_type(number) == expected


def facts(*rows: tuple[int, bytes, bytes | None]) -> tuple[InterfaceFacts, ...]:
    table: Table = {
        (index,): [description, 6, 1500, 1_000_000_000, MAC, 1, 2, 4200, name, 1000, b"uplink"]
        for index, description, name in rows
    }
    return interfaces.interface_facts(table)


def test_a_port_is_told_in_full() -> None:
    assert facts((5, b"GigabitEthernet0/1", b"Gi0/1")) == (
        InterfaceFacts(
            index=5, name="Gi0/1", description="GigabitEthernet0/1", alias="uplink", type="ethernetCsmacd", mtu=1500,
            speed_mbps=1000, mac="00:e0:fc:01:02:03", admin="up", oper="down", last_change_s=42.0,
        ),
    )  # fmt: skip


def test_a_port_without_ifxtable_is_named_by_its_description() -> None:
    assert [port.name for port in facts((1, b"gei_1/1", None), (9, b"gei_1/2", b""))] == ["gei_1/1", "gei_1/2"]


def test_ports_that_share_an_ifname_are_named_by_their_descriptions() -> None:
    named = facts((1, b"gei_1/1", b"gei"), (2, b"gei_1/2", b"gei"), (3, b"vlan1", b"v1"))

    assert [port.name for port in named] == ["gei_1/1", "gei_1/2", "v1"]


def test_a_numbered_ifname_stays_with_its_port_and_the_layers_on_it_are_described() -> None:
    named = facts((64, b"TenGigE0/0/25-mpls layer", b"Te0/0/25"), (26, b"TenGigE0/0/25", b"Te0/0/25"))

    assert {port.index: port.name for port in named} == {26: "Te0/0/25", 64: "TenGigE0/0/25-mpls layer"}


def test_a_port_that_says_nothing_is_named_by_its_number() -> None:
    assert facts((77, b"", b""))[0].name == "77"


def test_a_row_that_is_in_ifxtable_alone_is_no_port() -> None:
    rows: Table = {(1,): [b"eth1", *[None] * 7, b"eth1", 1000, b""], (3,): [*[None] * 8, b"ghost", 1000, b""]}

    assert [port.name for port in interfaces.interface_facts(rows)] == ["eth1"]


def test_a_device_with_nothing_but_ifxtable_still_has_ports() -> None:
    (port,) = interfaces.interface_facts({(3,): [*[None] * 8, b"eth3", 1000, b""]})

    assert (port.name, port.speed_mbps, port.type, port.oper) == ("eth3", 1000, "other", "unknown")


@pytest.mark.parametrize(
    ("row", "octets", "width"),
    [
        ([10**12, 5, 0, 1, 2, 3, 4, 99, 98], (10**12, 5), 64),
        ([None, None, None, 1, 2, 3, 4, 99, 98], (99, 98), 32),
        ([0, 0, 0, 1, 2, 3, 4, 99, 98], (99, 98), 32),
        ([0, 0, 0, 0, 0, 0, 0, 0, 0], (0, 0), 64),
    ],
    ids=["64 bits", "no ifXTable", "64 bits stuck at zero", "unused port"],
)
def test_the_widest_counter_that_counts_is_taken(row: list[Any], octets: tuple[int, int], width: int) -> None:
    (counter,) = interfaces.interface_counters({(1,): row})

    assert ((counter.in_octets, counter.out_octets), counter.width) == (octets, width)


def test_errors_and_discards_keep_their_direction() -> None:
    (counter,) = interfaces.interface_counters({(1,): [10, 20, 4200, 1, 2, 3, 4, None, None]})

    assert (counter.in_errors, counter.out_errors, counter.in_discards, counter.out_discards) == (1, 2, 3, 4)
    assert counter.discontinuity_s == 42.0


# --- LLDP -------------------------------------------------------------------------------------------------------

V1, V2, NOKIA = lldp.EDITIONS
PORTS = (
    *facts((5, b"GigabitEthernet0/0/1", b"Gi0/0/1")),
    replace(*facts((6, b"GigabitEthernet0/0/2", b"Gi0/0/2")), alias="roof uplink"),
)


def seen(
    local: Table, *, place: int = 1, port: tuple[int, bytes, bytes] = (5, b"Eth1", b""), management: Table | None = None
) -> Neighbour:
    kind, identity, description = port
    remote: Table = {(0, place, 1): [4, MAC, kind, identity, description, b"core-2", b"a switch"]}
    (neighbour,) = lldp.neighbours(V1, remote, local, management or {}, PORTS)
    return neighbour


@pytest.mark.parametrize(
    ("local", "place"),
    [
        ({(901,): [5, b"Gi0/0/2", b""]}, 901),
        ({(901,): [5, b"GigabitEthernet 0/0/2", b""]}, 901),
        ({(901,): [3, b"\x00\xe0\xfc\x09\x09\x09", b"GigabitEthernet0/0/2"]}, 901),
        ({(901,): [7, b"6", b"to the roof"]}, 901),
        ({(901,): [1, b"roof uplink", b""]}, 901),
        ({}, 6),
        ({(6,): [7, b"x", b"to the roof"]}, 6),
    ],
    ids=[
        "id is a name",
        "id has a space",
        "id is a MAC",
        "id is an ifIndex",
        "id is an alias",
        "no local table",
        "number is an ifIndex",
    ],
)
def test_the_local_port_of_a_neighbour_is_found(local: Table, place: int) -> None:
    neighbour = seen(local, place=place)

    assert (neighbour.local_port, neighbour.local_index) == ("Gi0/0/2", 6)


def test_a_local_port_that_is_no_interface_keeps_its_own_name_and_not_that_of_its_number() -> None:
    neighbour = seen({(5,): [5, b"MEth0/0/9", b""]}, place=5)

    assert (neighbour.local_port, neighbour.local_index) == ("MEth0/0/9", None)


def test_a_local_port_with_a_name_of_its_own_is_found_by_its_bridge_port() -> None:
    remote: Table = {(0, 24, 1): [4, MAC, 5, b"Eth1", b"", b"core-2", b"a switch"]}
    bridge = lldp.bridge_ports({(24,): [6], (25,): [0], (1, 2): [5]})

    (neighbour,) = lldp.neighbours(V1, remote, {(24,): [7, b"1/24", b""]}, {}, PORTS, bridge)
    assert bridge == {24: 6}
    assert (neighbour.local_port, neighbour.local_index) == ("Gi0/0/2", 6)


@pytest.mark.parametrize(
    ("port", "expected"),
    [
        ((5, b"10GE1/0/42", b"to the core"), "10GE1/0/42"),
        ((3, MAC, b"ge-0/0/1"), "ge-0/0/1"),
        ((3, MAC, b"to the core"), "00:e0:fc:01:02:03"),
        ((7, b"526", b"xe-0/0/1.0"), "xe-0/0/1.0"),
        ((7, b"Gi1/0/1", b"to the core"), "Gi1/0/1"),
        ((7, b"Gi1/0/1", b"GigabitEthernet1/0/1"), "Gi1/0/1"),
        ((7, b"9", b"hu15-1"), "9"),
        ((3, MAC, b"eth0"), "eth0"),
        ((1, b"my port", b"gei-1/1/0/3"), "gei-1/1/0/3"),
        ((4, b"\x01\x0a\x00\x00\x01", b""), "10.0.0.1"),
        ((7, b"\x00\x01\x02", b""), "00:01:02"),
        ((7, b"", b"port of the printer"), "port of the printer"),
    ],
)
def test_the_remote_port_is_a_name_where_there_is_one(port: tuple[int, bytes, bytes], expected: str) -> None:
    assert seen({}, port=port).remote_port == expected


@pytest.mark.parametrize(
    "name",
    ["GigabitEthernet0/0/1", "Ten-GigabitEthernet1/0/49", "TenGigabitEthernet 0/1", "10GE1/0/42", "xgei-0/1/0/1",
     "gei_1/1", "ge-0/0/0.0", "xe-0/0/1:0", "Gi1/0/1", "eth0", "enp3s0f1", "swp1s0", "Eth-Trunk1", "MEth0/0/1",
     "Bridge-Aggregation12", "Ethernet1/1", "1/1/24", "Gi1", "mgmt0", "bond0", "Port 12", "FortyGigE1/0/49", "ae0"],
)  # fmt: skip
def test_a_ports_name_is_recognised(name: str) -> None:
    assert lldp.is_port_name(name)


@pytest.mark.parametrize(
    "remark", ["to the core", "uplink 3", "CORE-1", "hu15-1", "HUAWEI, AR Series, Gi0/0/7 Interface", "", "526"]
)
def test_a_remark_is_no_ports_name(remark: str) -> None:
    assert not lldp.is_port_name(remark)


def test_a_neighbour_has_its_management_address() -> None:
    management: Table = {
        (0, 1, 1, 2, 16, *b"\xfe\x80" + bytes(13) + b"\x01"): [2],
        (0, 1, 1, 1, 4, 10, 0, 0, 9): [2],
        (0, 1, 1, 1, 4, 10, 0, 0, 8): [2],
        (0, 2, 1, 1, 4, 10, 0, 0, 1): [2],
    }

    assert seen({}, management=management).remote_address == "10.0.0.8"


def test_a_neighbour_whose_address_lacks_its_length_is_understood() -> None:
    assert seen({}, management={(0, 1, 1, 1, 10, 0, 0, 8): [2]}).remote_address == "10.0.0.8"


def test_a_virtual_switch_that_tells_box_and_port_the_wrong_way_round_is_understood() -> None:
    remote: Table = {(0, 5, 1): [6, b"vmnic5", 3, MAC, b"port 3 on dvSwitch", b"host-20", b""]}

    (neighbour,) = lldp.neighbours(V1, remote, {}, {}, PORTS)
    assert (neighbour.remote_port, neighbour.remote_chassis_id) == ("vmnic5", "00:e0:fc:01:02:03")


def test_a_neighbour_that_has_only_a_description_is_kept() -> None:
    remote: Table = {(0, 5, 1): [7, None, 3, None, b"NIC 1", b"", b"a server"]}

    (neighbour,) = lldp.neighbours(V1, remote, {}, {}, PORTS)
    assert (neighbour.remote_name, neighbour.remote_port, neighbour.remote_description) == ("", "NIC 1", "a server")


def test_a_row_of_an_aged_neighbour_is_left_out() -> None:
    assert lldp.neighbours(V1, {(0, 1, 1): [4, None, None, None, None, None, None]}, {}, {}, PORTS) == ()


def test_the_second_edition_numbers_local_ports_by_ifindex() -> None:
    remote: Table = {(0, 6, 1, 1): [4, MAC, 5, b"Eth1/1", b"", b"core-2", b"a switch"]}
    management: Table = {(0, 6, 1, 1, 1, 4, 10, 0, 0, 8): [2]}

    (neighbour,) = lldp.neighbours(V2, remote, {}, management, PORTS)
    assert (neighbour.local_port, neighbour.local_index, neighbour.remote_address) == ("Gi0/0/2", 6, "10.0.0.8")


def test_nokia_has_the_same_under_another_root() -> None:
    remote: Table = {(99, 6, 1, 1): [4, MAC, 7, b"35717120", b"1/1/2, 10-Gig Ethernet", b"core-2", b"a router"]}
    management: Table = {(99, 6, 1, 1, 1, 4, 10, 0, 0, 8): [2]}

    (neighbour,) = lldp.neighbours(NOKIA, remote, {}, management, PORTS)
    assert (neighbour.local_port, neighbour.local_index, neighbour.remote_address) == ("Gi0/0/2", 6, "10.0.0.8")


# --- CDP --------------------------------------------------------------------------------------------------------


def test_a_cdp_neighbour_is_told_in_full() -> None:
    rows: Table = {(6, 3): [b"\x0a\x00\x00\x08", b"IOS 17", b"core-2.example.net(FDO12345678)", b"Ethernet1/1"]}

    assert cdp.neighbours(rows, PORTS, ()) == (
        Neighbour(
            local_port="Gi0/0/2", remote_name="core-2.example.net", remote_port="Ethernet1/1",
            remote_description="IOS 17", remote_chassis_id="", remote_address="10.0.0.8", local_index=6,
        ),
    )  # fmt: skip


def test_a_phone_that_is_named_by_its_mac_has_it_as_chassis_id() -> None:
    (neighbour,) = cdp.neighbours({(6, 3): [b"\0\0\0\0", b"1.4", b"00e0fc010203", b"gi10"]}, PORTS, ())

    assert (neighbour.remote_name, neighbour.remote_chassis_id) == ("00e0fc010203", "00:e0:fc:01:02:03")
    assert neighbour.remote_address == ""


@pytest.mark.parametrize("device", [b"CORE-2.example.net", b"00E0FC010203", b"core-2(FDO12345678)", b""])
def test_a_cdp_neighbour_that_lldp_told_is_not_told_again(device: bytes) -> None:
    remote: Table = {(0, 6, 1): [4, MAC, 5, b"Eth1", b"", b"core-2", b"a switch"]}
    known = lldp.neighbours(V1, remote, {}, {}, PORTS)

    assert cdp.neighbours({(6, 3): [b"", b"IOS", device, b"Eth1"]}, PORTS, known) == ()


def test_a_cdp_neighbour_of_the_same_name_on_another_port_is_another_link() -> None:
    remote: Table = {(0, 6, 1): [4, MAC, 5, b"Eth1", b"", b"core-2", b"a switch"]}
    known = lldp.neighbours(V1, remote, {}, {}, PORTS)

    (neighbour,) = cdp.neighbours({(5, 3): [b"", b"IOS", b"core-2", b"Eth2"]}, PORTS, known)
    assert (neighbour.local_port, neighbour.remote_port) == ("Gi0/0/1", "Eth2")


# --- addresses and modules --------------------------------------------------------------------------------------


def test_addresses_come_from_the_new_table_and_the_old_one_fills_gaps() -> None:
    prefix = "1.3.6.1.2.1.4.32.1.5.7.1.4.10.0.0.0.24"
    rows: Table = {
        (1, 4, 10, 0, 0, 1): [7, 1, prefix],
        (1, 4, 10, 0, 0, 255): [7, 3, prefix],
        (1, 4, 10, 1, 0, 1): [8, 1, "0.0"],
        (2, 16, *b"\x20\x01\x0d\xb8" + bytes(11) + b"\x01"): [7, 1, "1.3.6.1.2.1.4.32.1.5.7.2.16.0.64"],
        (4, 20, *b"\xfe\x80" + bytes(13) + b"\x01", 0, 0, 0, 7): [7, 1, "0.0"],
    }
    old: Table = {
        (10, 0, 0, 1): [None, 99, b"\xff\x00\x00\x00"],
        (10, 1, 0, 1): [None, 8, b"\xff\xff\xff\xfc"],
        (192, 168, 1, 1): [None, 9, b"\xff\xff\x00\x00"],
        (0, 0, 0, 0): [None, 9, b"\xff\xff\x00\x00"],
    }
    found = addresses.addresses(rows, old, {}, {7: "Vlanif7", 8: "Vlanif8"})

    assert [(known.address, known.interface, known.interface_index) for known in found] == [
        ("10.0.0.1/24", "Vlanif7", 7), ("10.1.0.1/30", "Vlanif8", 8), ("192.168.1.1/16", "", 9),
        ("2001:db8::1/64", "Vlanif7", 7), ("fe80::1/128", "Vlanif7", 7),
    ]  # fmt: skip


def test_a_mask_with_holes_gives_no_prefix() -> None:
    (found,) = addresses.addresses({}, {(10, 0, 0, 1): [None, 7, b"\xff\x00\xff\x00"]}, {}, {})

    assert found.address == "10.0.0.1/32"


@pytest.mark.parametrize(
    ("address", "expected"),
    [((10, 0, 0, 1), "10.0.0.1/32"), ((127, 0, 0, 1), "127.0.0.1/8"), ((169, 254, 2, 1), "169.254.2.1/16")],
)
@pytest.mark.parametrize("mask", [None, bytes(4)], ids=["no mask", "mask of zeros"])
def test_without_a_mask_only_a_known_network_has_a_length(
    address: tuple[int, ...], expected: str, mask: bytes | None
) -> None:
    (found,) = addresses.addresses({}, {address: [None, 7, mask]}, {}, {})

    assert found.address == expected


@pytest.mark.parametrize(
    ("key", "written"),
    [((10, 0, 0, 1), None), ((10, 0, 0, 1, 2), None), ((7, 10, 0, 0, 1), None), ((0,), b"\x0a\x00\x00\x01")],
    ids=["as it should be", "a counter behind it", "the ifIndex before it", "only in the column"],
)
def test_an_address_is_found_in_an_odd_index(key: tuple[int, ...], written: bytes | None) -> None:
    (found,) = addresses.addresses({}, {key: [written, 7, b"\xff\xff\xff\x00"]}, {}, {})

    assert (found.address, found.interface_index) == ("10.0.0.1/24", 7)


def test_an_address_that_is_text_in_the_index_is_read() -> None:
    rows: Table = {(2, 39, *b"fe80:0000:0000:0000:0227:f8ff:fed8:fae9"): [7, 1, None], (2, 4, *b"none"): [7, 1, None]}

    assert [known.address for known in addresses.addresses(rows, {}, {}, {})] == ["fe80::227:f8ff:fed8:fae9/128"]


def test_one_link_local_address_is_on_each_of_its_ports() -> None:
    local = b"\xfe\x80" + bytes(13) + b"\x01"
    found = addresses.addresses({(2, 16, *local): [7, 1, None]}, {}, {(7, *local): [64], (8, *local): [64]}, {})

    assert [(known.address, known.interface_index) for known in found] == [("fe80::1/64", 7), ("fe80::1/64", 8)]


def test_an_address_on_no_port_is_left_out() -> None:
    assert addresses.addresses({(1, 4, 10, 0, 0, 1): [-1, 1, None]}, {}, {}, {}) == ()


def test_ipv6_addresses_come_from_the_oldest_table_too() -> None:
    address = b"\x20\x01\x0d\xb8" + bytes(11) + b"\x01"
    found = addresses.addresses({}, {}, {(7, *address): [64], (8, 16, *address[:-1], 2): [48]}, {7: "Vlanif7"})

    assert [known.address for known in found] == ["2001:db8::1/64", "2001:db8::2/48"]


def test_a_module_is_told_in_full() -> None:
    row: list[Any] = [b"Port", 9, 10, b"10GE1/0/1", b"V1", b"1.0", b"V200", b"SN1", b""]
    (module,) = entity.modules({(67,): row}, {(67,): [b"10GBASE-SR optics", b"02310MNW"]})

    assert (module.klass, module.parent_index, module.serial) == ("port", 9, "SN1")
    assert (module.description, module.model) == ("10GBASE-SR optics", "02310MNW")
    assert (module.hardware, module.firmware, module.software) == ("V1", "1.0", "V200")


def test_huaweis_own_model_goes_before_the_standard_tables_part_number() -> None:
    row: list[Any] = [b"", 9, 9, b"", b"", b"", b"", b"", b"PART-1"]

    assert entity.modules({(67,): row}, {(67,): [b"", b"MODEL-1"]})[0].model == "MODEL-1"
    assert entity.modules({(67,): row}, {(67,): [b"", b""]})[0].model == "PART-1"


def test_a_chassis_has_no_parent() -> None:
    (module,) = entity.modules({(1,): [b"", 0, 3, b"", b"", b"", b"", b"", b""]}, {})

    assert (module.klass, module.parent_index) == ("chassis", None)
