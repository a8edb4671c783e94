"""What FRRouting's vtysh shows, as records. Text that isn't understood is an error: a half result looks like a fact."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field

from collectors.errors import BadAnswer
from collectors.records import Address, DeviceReading, InterfaceFacts, SystemFacts

_VERSION = re.compile(r"^(FRRouting (\S+)) \(([^()]+)\)(?: on (\S.*?))?\.$")
_HEADER = re.compile(r"^Interface (\S+) is (?:(down)|up, line protocol (?:is (up|down)|(detection disabled)))\s*$")
_INDEX = re.compile(r"^  index (\d+) metric \d+ mtu (\d+) speed (\d+)\b")
_ADDRESS = re.compile(r"^  (inet6?) (\S+)")
_FLAGS = re.compile(r"^  flags: <([A-Z_,]*)>")
_NO_SPEED = {0, 2**32 - 1}  # zebra's words for "the kernel doesn't tell"
_TYPES = {"Ethernet": "ethernetCsmacd", "Loopback": "softwareLoopback", "PPP": "ppp", "IP-in-IP": "tunnel"}


@dataclass
class _Block:
    name: str
    admin: str
    oper: str
    index: int | None = None
    mtu: int | None = None
    speed_mbps: int | None = None
    texts: dict[str, str] = field(default_factory=dict)
    addresses: list[str] = field(default_factory=list)


def device_reading(version: str, interfaces: str) -> DeviceReading:
    """From `show version` and `show interface`. FRR tells no counters, neighbours or modules."""
    blocks = _blocks(interfaces)
    return DeviceReading(
        system=system_facts(version),
        interfaces=tuple(_facts(block) for block in blocks),
        addresses=tuple(
            Address(address, block.name, block.index) for block in blocks for address in block.addresses
            if block.index is not None
        ),
    )  # fmt: skip


def system_facts(version: str) -> SystemFacts:
    first = version.strip().split("\n", 1)[0].strip()
    found = _VERSION.match(first)
    if found is None:
        raise BadAnswer(f"“show version” begins with “{first[:80]}”, which is not FRRouting's. Check the profile.")
    product, _number, host, system = found.groups()
    description = f"{product} on {system}" if system else product
    return SystemFacts(host, description, object_id="", location="", contact="", uptime_s=None)


def _blocks(text: str) -> list[_Block]:
    blocks: list[_Block] = []
    for line in text.splitlines():
        if not line.strip():
            continue
        if not line.startswith(" "):
            blocks.append(_begun(line))
        elif not blocks:
            raise _not_understood(line)
        else:
            _take(blocks[-1], line)
    if not blocks:
        raise BadAnswer("“show interface” shows nothing. Check the user's rights on the device.")
    for block in blocks:
        if block.index is None:
            raise BadAnswer(f"“show interface” ends within {block.name}. Ask again; check the profile if it stays.")
    return blocks


def _begun(line: str) -> _Block:
    found = _HEADER.match(line)
    if found is None:
        raise _not_understood(line)
    name, is_down, protocol, is_undetected = found.groups()
    if is_down:
        return _Block(name, "down", "down")
    return _Block(name, "up", "unknown" if is_undetected else protocol)


def _take(block: _Block, line: str) -> None:
    """Lines of other subjects differ between versions and are passed over; a known subject must be whole."""
    if line.startswith("  index "):
        found = _INDEX.match(line)
        if found is None:
            raise _not_understood(line)
        block.index, block.mtu, speed = (int(number) for number in found.groups())
        block.speed_mbps = None if speed in _NO_SPEED else speed
    elif line.startswith(("  inet ", "  inet6 ")):
        block.addresses.append(_address(line))
    elif line.startswith("  flags: "):
        found = _FLAGS.match(line)
        if found is None:
            raise _not_understood(line)
        if block.oper == "unknown":
            block.oper = "up" if "RUNNING" in found.group(1).split(",") else "down"
    else:
        subject, _colon, value = line.strip().partition(": ")
        if subject in ("Description", "OS Description", "Type", "HWaddr"):
            block.texts[subject] = value.strip()


def _address(line: str) -> str:
    found = _ADDRESS.match(line)
    try:
        return str(ipaddress.ip_interface(found.group(2))) if found else ""
    except ValueError as error:
        raise _not_understood(line) from error


def _facts(block: _Block) -> InterfaceFacts:
    kind = block.texts.get("Type", "")
    return InterfaceFacts(
        index=block.index or 0, name=block.name, description=block.texts.get("OS Description", ""),
        alias=block.texts.get("Description") or block.texts.get("OS Description", ""),
        type=_TYPES.get(kind, kind), mtu=block.mtu, speed_mbps=block.speed_mbps,
        mac=block.texts.get("HWaddr") or None, admin=block.admin, oper=block.oper, last_change_s=None,
    )  # fmt: skip


def _not_understood(line: str) -> BadAnswer:
    return BadAnswer(f"“show interface” has a line that is not understood: “{line.strip()[:80]}”. Check the profile.")
