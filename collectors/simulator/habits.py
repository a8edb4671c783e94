"""How each vendor's devices describe themselves and number their things."""

import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from collectors.simulator.plan import PlannedDevice

Arcs: TypeAlias = tuple[int, ...]
ENTERPRISES: Arcs = (1, 3, 6, 1, 4, 1)
PORT_BY_NAME, PORT_LOCAL = 5, 7


@dataclass(frozen=True, slots=True)
class Habits:
    vendor: str
    maker: str
    enterprise: int
    products: Arcs
    """Where, below the enterprise, sysObjectID points."""
    description: Callable[[str, str], str]
    """From model and firmware."""
    firmware: str
    """Where the plan names none."""
    has_wide_table: Callable[[str], bool]
    """Whether a model knows ifXTable and with it ifName, ifAlias and 64-bit counters."""
    has_address_table: bool
    """Whether addresses also stand in ipAddressTable, not in the old ipAddrTable alone."""
    port_id_kind: int
    """How its LLDP names its own ports: by name, or by a number of its own."""
    port_description: str
    """What its LLDP says of a port without an alias; {name} is the port's."""
    lldp_time_mark: bool
    """Whether remote rows carry the time they were learned at, or zero."""
    encoding: str
    """What people's texts are stored in: as their terminals sent them."""
    first_entity: int
    entity_step: int

    def text(self, value: str) -> bytes:
        """A text as this vendor stores it; UTF-8 where the other encoding would be read as something else."""
        try:
            data = value.encode(self.encoding)
            is_misread = data.decode() != value
        except UnicodeEncodeError:
            return value.encode()
        except UnicodeDecodeError:
            return data
        return value.encode() if is_misread else data

    def object_id(self, model: str) -> Arcs:
        return (*ENTERPRISES, self.enterprise, *self.products, 1 + zlib.crc32(model.encode()) % 900)


def of(device: PlannedDevice) -> Habits:
    return _HABITS[device.vendor]


def firmware(device: PlannedDevice) -> str:
    """The version the device says it runs: its chassis's."""
    found = (module.firmware for module in device.modules if module.klass == "chassis" and module.firmware)
    return next(found, of(device).firmware)


def description(device: PlannedDevice) -> str:
    return of(device).description(device.model, firmware(device))


def port_name(vendor: str, *, slot: int, port: int, speed_mbps: int) -> str:
    """A port's name as this vendor writes it, for whoever makes a plan."""
    is_fast = speed_mbps >= 10_000
    if vendor == "huawei_vrp":
        return f"{'XGigabitEthernet' if is_fast else 'GigabitEthernet'}0/{slot}/{port}"
    if vendor == "h3c_comware":
        return f"{'Ten-GigabitEthernet' if is_fast else 'GigabitEthernet'}1/{slot}/{port}"
    if vendor == "zte":
        return f"{'xgei' if is_fast else 'gei'}-0/1/{slot}/{port}"
    return f"{'TenGigabitEthernet' if is_fast else 'GigabitEthernet'} {slot}/{port}"


def first_port_index(vendor: str) -> int:
    """The ifIndex that this vendor's first port usually has; the ones before are taken by logical ports."""
    return {"huawei_vrp": 5, "h3c_comware": 1, "zte": 3, "ruijie": 1}[vendor]


def _vrp(model: str, version: str) -> str:
    family = "Version 8.180" if model.startswith(("NE", "CE", "ATN")) else "Version 5.170"
    return (
        f"Huawei Versatile Routing Platform Software \r\nVRP (R) software, {family} ({model} {version}) \r\n"
        f"Copyright (C) Huawei Technologies Co., Ltd. \r\nHUAWEI {model} \r\n"
    )


def _comware(model: str, version: str) -> str:
    return (
        f"H3C Comware Platform Software, Software Version 7.1.070, Release {version}\r\nH3C {model}\r\n"
        "Copyright (c) New H3C Technologies Co., Ltd. All rights reserved."
    )


def _ros(model: str, version: str) -> str:
    return f"{model}, ZTE ZXR10 Software Version: {version}, ROS, Copyright (c) by ZTE Corporation"


def _rgos(model: str, version: str) -> str:
    return f"Ruijie Switch ({model}) By Ruijie Networks, RGOS {version}"


_OLD_ZTE = re.compile(r"(?:ZXR10[ -]?)?(?:2[89]|3[29]|5[129]|8[29])\d\d", re.IGNORECASE)
_HABITS = {
    "huawei_vrp": Habits(
        "huawei_vrp", "Huawei", 2011, (2, 23), _vrp, "V200R019C10SPC500", lambda model: True,
        has_address_table=True, port_id_kind=PORT_BY_NAME, port_description="HUAWEI, {name} Interface",
        lldp_time_mark=True, encoding="utf-8", first_entity=67108867, entity_step=1,
    ),
    "h3c_comware": Habits(
        "h3c_comware", "H3C", 25506, (11, 1), _comware, "6710P03", lambda model: True,
        has_address_table=True, port_id_kind=PORT_BY_NAME, port_description="{name} Interface",
        lldp_time_mark=True, encoding="gbk", first_entity=1, entity_step=13,
    ),
    "zte": Habits(
        "zte", "ZTE", 3902, (3, 100), _ros, "V2.00.20(1.95)", lambda model: not _OLD_ZTE.match(model),
        has_address_table=False, port_id_kind=PORT_LOCAL, port_description="{name}",
        lldp_time_mark=False, encoding="gbk", first_entity=1, entity_step=1,
    ),
    "ruijie": Habits(
        "ruijie", "Ruijie", 4881, (1, 1, 10, 1), _rgos, "11.4(1)B12P1", lambda model: True,
        has_address_table=False, port_id_kind=PORT_BY_NAME, port_description="{name}",
        lldp_time_mark=False, encoding="utf-8", first_entity=1, entity_step=1,
    ),
}  # fmt: skip
