"""The plan of a simulated network: what the simulator is told, as a JSON file."""

import dataclasses
import ipaddress
import json
import re
import types
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

from collectors.errors import CollectError
from collectors.parsers.iftypes import NAMES
from collectors.simulator.files import replace_file
from collectors.transports.snmp.usm import UsmUser

VERSION = 1
VENDORS = ("huawei_vrp", "h3c_comware", "zte", "ruijie")
ACCESSES = ("v2c", "v3", "silent")
MODULE_CLASSES = ("chassis", "module", "power", "fan")
TYPE_NUMBERS = {name: number for number, name in NAMES.items()}
MAX_DEVICES = 10_000
MAX_INTERFACES = 2_000
_MAC = re.compile(r"[0-9a-f]{2}(?::[0-9a-f]{2}){5}", re.IGNORECASE)
_LOOPBACK = ipaddress.IPv4Network("127.0.0.0/8")

T = TypeVar("T")


class WrongPlan(CollectError):
    """The message is one sentence that names the place in the plan."""

    code = "wrong_plan"


@dataclass(frozen=True, slots=True)
class PlannedNeighbour:
    device: str
    port: str


@dataclass(frozen=True, slots=True)
class PlannedInterface:
    index: int
    name: str
    speed_mbps: int
    mac: str
    alias: str = ""
    admin: str = "up"
    oper: str = "up"
    type: str = "ethernetCsmacd"
    in_mbps: float = 0.0
    """The daily mean."""
    out_mbps: float = 0.0
    address: str | None = None
    """With its prefix length: "10.1.1.1/30"."""
    neighbour: PlannedNeighbour | None = None
    line: str | None = None
    """The number of the line that ends here; a port without one takes its neighbour's."""


@dataclass(frozen=True, slots=True)
class PlannedModule:
    name: str
    klass: str = field(metadata={"key": "class"})
    model: str = ""
    serial: str = ""
    firmware: str = ""


@dataclass(frozen=True, slots=True)
class PlannedListener:
    """A TCP port that answers while the line carries."""

    port: int
    line: str


@dataclass(frozen=True, slots=True)
class PlannedDevice:
    name: str
    address: str
    """In 127.0.0.0/8; this is how the devices are told apart."""
    vendor: str
    model: str
    serial: str
    booted_at: float
    location: str = ""
    snmp: str = "v2c"
    interfaces: tuple[PlannedInterface, ...] = ()
    modules: tuple[PlannedModule, ...] = ()
    listeners: tuple[PlannedListener, ...] = ()


@dataclass(frozen=True, slots=True)
class PlannedUser:
    name: str
    auth_protocol: str = ""
    auth_key: str = field(default="", repr=False)
    priv_protocol: str = ""
    priv_key: str = field(default="", repr=False)

    def usm(self) -> UsmUser:
        return UsmUser(self.name, self.auth_protocol, self.auth_key, self.priv_protocol, self.priv_key)


@dataclass(frozen=True, slots=True)
class Plan:
    started_at: float
    """When the plan was made; nothing counts from it."""
    community: str = field(repr=False)
    devices: tuple[PlannedDevice, ...]
    users: tuple[PlannedUser, ...] = ()
    version: int = VERSION


def load(path: Path) -> Plan:
    """Raises WrongPlan for a file that can not be read or that says something impossible."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise WrongPlan(f"The plan {path} can not be read ({error.strerror}).") from error
    except ValueError as error:
        raise WrongPlan(f"The plan {path} is not JSON ({error}).") from error
    return from_json(data)


def dump(plan: Plan, path: Path) -> None:
    """Raises WrongPlan rather than write what `load` would refuse."""
    data = to_json(plan)
    from_json(data)
    replace_file(path, json.dumps(data, ensure_ascii=False, indent=1) + "\n")


def to_json(plan: Plan) -> dict[str, Any]:
    written: dict[str, Any] = _written(plan)
    return written


def from_json(data: object) -> Plan:
    if isinstance(data, dict) and data.get("version") != VERSION:
        raise WrongPlan(f"The plan has version {data.get('version')!r}; this simulator reads version {VERSION}.")
    plan = _read(Plan, data, "the plan")
    _check_plan(plan)
    return plan


# --- JSON to dataclasses and back -------------------------------------------------------------------------------


def _written(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return {_key(part): _written(getattr(value, part.name)) for part in dataclasses.fields(value)}
    return [_written(item) for item in value] if isinstance(value, tuple) else value


def _key(part: "dataclasses.Field[Any]") -> str:
    return str(part.metadata.get("key", part.name))


@cache
def _fields(kind: type) -> dict[str, tuple[str, Any, bool]]:
    """By their JSON key: attribute, type, and whether the key may be left out."""
    hints = get_type_hints(kind)
    return {
        _key(part): (part.name, hints[part.name], part.default is not dataclasses.MISSING)
        for part in dataclasses.fields(kind)
    }


def _read(kind: type[T], data: object, where: str) -> T:
    if not isinstance(data, dict):
        raise WrongPlan(f"An object belongs in {where}.")
    wanted = _fields(cast(type, kind))
    for key in data:
        if key not in wanted:
            raise WrongPlan(f"There is an unknown key {key!r} in {where}.")
    name = data.get("name")
    where = f"{where} {name!r}" if isinstance(name, str) else where
    values = {}
    for key, (attribute, hint, is_optional) in wanted.items():
        if key in data:
            values[attribute] = _value(hint, data[key], f"{key!r} of {where}")
        elif not is_optional:
            raise WrongPlan(f"The key {key!r} is missing in {where}.")
    return kind(**values)


def _value(hint: Any, value: object, where: str) -> Any:
    if get_origin(hint) is types.UnionType:
        if value is None:
            return None
        hint = next(choice for choice in get_args(hint) if choice is not type(None))
    if get_origin(hint) is tuple:
        if not isinstance(value, list):
            raise WrongPlan(f"A list belongs in {where}.")
        return tuple(_value(get_args(hint)[0], item, f"item {place} in {where}") for place, item in enumerate(value))
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return _read(hint, value, where)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, hint) or isinstance(value, bool):
        raise WrongPlan(f"A value of type {hint.__name__} belongs in {where}, not {value!r}.")
    return value


# --- what makes sense -------------------------------------------------------------------------------------------


def _check_plan(plan: Plan) -> None:
    if not plan.community:
        raise WrongPlan("The plan's community is empty.")
    if len(plan.devices) > MAX_DEVICES:
        raise WrongPlan(f"The plan has more than {MAX_DEVICES} devices.")
    _refuse_doubles([device.name for device in plan.devices], "devices are named")
    _refuse_doubles([device.address for device in plan.devices], "devices have the address")
    _refuse_doubles([user.name for user in plan.users], "users are named")
    for user in plan.users:
        try:
            user.usm()
        except ValueError as error:
            raise WrongPlan(f"The user {user.name!r} is not possible: {error}") from error
    if not plan.users and any(device.snmp == "v3" for device in plan.devices):
        raise WrongPlan("The plan has devices with SNMPv3 and no user.")
    for device in plan.devices:
        _check_device(device)


def _check_device(device: PlannedDevice) -> None:
    where = f"of device {device.name!r}"
    _require(_is_loopback(device.address), f"The address {device.address!r} {where} is not in 127.0.0.0/8.")
    _require_choice(device.vendor, VENDORS, f"vendor {where}")
    _require_choice(device.snmp, ACCESSES, f"snmp {where}")
    _require(0 <= device.booted_at < 2**33, f"The start time {where} is not in seconds since 1970.")
    _require(len(device.interfaces) <= MAX_INTERFACES, f"There are more than {MAX_INTERFACES} interfaces {where}.")
    _refuse_doubles([str(port.index) for port in device.interfaces], f"interfaces {where} have the index")
    _refuse_doubles([port.name for port in device.interfaces], f"interfaces {where} are named")
    _refuse_doubles([str(listener.port) for listener in device.listeners], f"listeners {where} have the port")
    for listener in device.listeners:
        _require(0 < listener.port < 65_536, f"The port of a listener {where} is not between 1 and 65535.")
    for port in device.interfaces:
        _check_interface(port, f"of interface {port.name!r} {where}")
    for module in device.modules:
        _require_choice(module.klass, MODULE_CLASSES, f"class of module {module.name!r} {where}")


def _check_interface(port: PlannedInterface, where: str) -> None:
    _require(0 < port.index < 2**31, f"The index {where} is not between 1 and 2147483647.")
    _require(0 <= port.speed_mbps <= 10_000_000, f"The speed {where} is not between 0 and 10,000,000 Mbit/s.")
    _require(_MAC.fullmatch(port.mac) is not None, f"The MAC address {port.mac!r} {where} is not six pairs of digits.")
    _require_choice(port.admin, ("up", "down"), f"admin {where}")
    _require_choice(port.oper, ("up", "down"), f"oper {where}")
    _require(port.type in TYPE_NUMBERS, f"The type {port.type!r} {where} is not a name of IANAifType.")
    is_traffic = 0 <= port.in_mbps <= 1e7 and 0 <= port.out_mbps <= 1e7
    _require(is_traffic, f"The traffic {where} is not between 0 and 10,000,000 Mbit/s.")
    if port.address is not None:
        _require(_is_interface(port.address), f"The address {port.address!r} {where} has no prefix or is none.")


def _require(is_right: bool, sentence: str) -> None:
    if not is_right:
        raise WrongPlan(sentence)


def _require_choice(value: str, choices: tuple[str, ...], what: str) -> None:
    _require(value in choices, f"The {what} is {value!r}; choose one of {', '.join(choices)}.")


def _refuse_doubles(values: list[str], what: str) -> None:
    seen: set[str] = set()
    for value in values:
        _require(value not in seen, f"Two {what} {value!r}.")
        seen.add(value)


def _is_loopback(written: str) -> bool:
    return _parses(ipaddress.IPv4Address, written) and ipaddress.IPv4Address(written) in _LOOPBACK


def _is_interface(written: str) -> bool:
    return "/" in written and _parses(ipaddress.ip_interface, written)


def _parses(read: Callable[[str], object], written: str) -> bool:
    try:
        read(written)
    except ValueError:
        return False
    return True
