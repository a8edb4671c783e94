"""Readings with only what a test looks at."""

from __future__ import annotations

from typing import Any

from collectors.records import (
    Address,
    DeviceReading,
    InterfaceCounters,
    InterfaceFacts,
    Module,
    Neighbour,
    SystemFacts,
)


def system(**fields: Any) -> SystemFacts:
    values = {
        "name": "r1", "description": "router", "object_id": "1.3.6.1.4.1.2011.1", "location": "", "contact": "",
        "uptime_s": 1000.0, **fields,
    }  # fmt: skip
    return SystemFacts(**values)


def port(index: int, name: str = "", **fields: Any) -> InterfaceFacts:
    values = {
        "index": index, "name": name or f"GE0/0/{index}", "description": "", "alias": "", "type": "ethernetCsmacd",
        "mtu": 1500, "speed_mbps": 1000, "mac": None, "admin": "up", "oper": "up", "last_change_s": None, **fields,
    }  # fmt: skip
    return InterfaceFacts(**values)


def counters(index: int, in_octets: int | None = 0, out_octets: int | None = 0, **fields: Any) -> InterfaceCounters:
    values = {
        "index": index, "in_octets": in_octets, "out_octets": out_octets, "in_errors": 0, "out_errors": 0,
        "in_discards": 0, "out_discards": 0, "width": 64, "discontinuity_s": None, **fields,
    }  # fmt: skip
    return InterfaceCounters(**values)


def neighbour(local_port: str, remote_name: str, remote_port: str = "GE0/0/9", **fields: Any) -> Neighbour:
    values = {
        "local_port": local_port, "remote_name": remote_name, "remote_port": remote_port, "remote_description": "",
        "remote_chassis_id": "", "remote_address": "", "local_index": None, **fields,
    }  # fmt: skip
    return Neighbour(**values)


def module(index: int, serial: str, **fields: Any) -> Module:
    values = {
        "index": index, "name": f"slot {index}", "description": "", "klass": "module", "model": "M1", "serial": serial,
        "firmware": "", "hardware": "", "software": "", "parent_index": None, **fields,
    }  # fmt: skip
    return Module(**values)


def reading(*ports: InterfaceFacts, **parts: Any) -> DeviceReading:
    return DeviceReading(**{"system": system(), "interfaces": ports, **parts})


def address(text: str, interface: str = "GE0/0/1", index: int = 1) -> Address:
    return Address(text, interface, index)
