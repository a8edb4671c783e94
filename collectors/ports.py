"""One name for one port, however a person, a label or the device abbreviates it. Pure."""

from __future__ import annotations

import re
from functools import lru_cache

_SPEEDS = {
    "fe": ("fastethernet", "fastethe", "fa", "fei"),
    "ge": ("gigabitethernet", "gigabiteth", "gige", "gig", "gi", "gei"),
    "2.5ge": ("twopointfivegigabitethernet", "twogigabitethernet", "tw"),
    "xge": (
        "xgigabitethernet",
        "tengigabitethernet",
        "tengigabiteth",
        "tengige",
        "tengig",
        "ten",
        "te",
        "xgei",
        "tge",
        "10g",
    ),
    "25ge": ("twentyfivegigabitethernet", "twentyfivegige", "tfgigabitethernet", "twe", "tf", "xxvgei"),
    "40ge": ("fortygigabitethernet", "fortygige", "fo", "fge", "xlgei"),
    "50ge": ("fiftygigabitethernet", "fiftygige", "fi", "lgei"),
    "100ge": ("hundredgigabitethernet", "hundredgige", "hundredgig", "hu", "hge", "cgei"),
    "200ge": ("twohundredgigabitethernet", "twohundredgige"),
    "400ge": ("fourhundredgigabitethernet", "fourhundredgige", "fourhu", "cdgei"),
}
_OTHERS = {
    "eth": ("ethernet", "eth", "et"),
    "ethtrunk": ("eth-trunk", "ethtrunk"),
    "bagg": ("bridge-aggregation", "bridgeaggregation", "bagg"),
    "ragg": ("route-aggregation", "routeaggregation", "ragg"),
    "po": ("port-channel", "portchannel", "po"),
    "ag": ("aggregateport", "ag"),
    "lo": ("loopback", "lo", "inloopback"),
    "mge": ("m-gigabitethernet", "mgigabitethernet", "mge"),
    "meth": ("m-ethernet", "meth"),
    "vlanif": ("vlanif", "vlan-interface", "vlan-int", "vlaninterface"),
    "vlan": ("vlan", "vl"),
    "tunnel": ("tunnel", "tu"),
    "serial": ("serial", "se"),
    "pos": ("pos", "packet-over-sonet"),
    "mgmt": ("mgmteth", "mgmt", "ma"),
}
_PREFIXES = {
    alias: short for table in (_SPEEDS, _OTHERS) for short, names in table.items() for alias in (*names, short)
}
_SPEED_IN_DIGITS = re.compile(r"(10|25|40|50|100|200|400)g(?:e|ige|igabitethernet)?[-_]?(\d.*)")
_WORD_AND_NUMBER = re.compile(r"([a-z][a-z\-_]*?)[-_]?(\d.*)")
_BLANKS = re.compile(r"\s+")
_WIDE = str.maketrans({chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)})  # full-width forms of ASCII


@lru_cache(maxsize=262_144)
def normal_port_name(name: str) -> str:
    """`GigabitEthernet0/0/1`, `GE 0/0/1` and `ge-0/0/1` are all `ge0/0/1`; unknown words stay, in lower case."""
    text = _BLANKS.sub("", name.translate(_WIDE)).lower()
    if found := _SPEED_IN_DIGITS.fullmatch(text):
        speed, number = found.groups()
        return f"xge{number}" if speed == "10" else f"{speed}ge{number}"
    if found := _WORD_AND_NUMBER.fullmatch(text):
        word, number = found.groups()
        short = _PREFIXES.get(word) or _PREFIXES.get(word.replace("-", "").replace("_", ""))
        if short is not None:
            return short + number
    return text
