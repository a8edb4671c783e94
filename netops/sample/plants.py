"""Puts breaches and false alarms into the drawn city, line by line as `planted` lists them."""

from __future__ import annotations

import datetime as dt

from netops.sample import addressing, planted
from netops.sample.boxes import free_port, sub_port
from netops.sample.lines import price
from netops.sample.parts import EXTRANET, City, End, Line, Port

NEVER_USED_DAYS = 214
NEW_DAYS = 5
_SPOILT = {p.line_no for p in planted.PLANTED} | {planted.OVER_BOUGHT_LINE}


def plant(city: City) -> None:
    _give_number(city, "410105-WW-0037", "市自然资源和规划局")
    _clear_standby(city)
    _speeds(city)
    _trunk(city, "410105-WW-0008", "410105-WW-0009")
    _states(city)
    _strangers(city)
    _rings(city)
    _loads(city)
    _unrecorded(city)
    _addresses(city)


def _give_number(city: City, number: str, short: str) -> None:
    """The line of that number becomes one of this department's, by changing numbers with it."""
    present = city.line(number)
    if present.org.short == short:
        return
    own = next(
        line for line in city.lines
        if line.network == EXTRANET and line.org.short == short and line.region == present.region
        and line.number not in _SPOILT and line.main is None
    )  # fmt: skip
    present.number, own.number = own.number, present.number
    for line in (present, own):
        for port in _ports(line):
            port.alias = f"{line.number} {line.org.short}"


def _clear_standby(city: City) -> None:
    """A planted line is an ordinary one: what is expected of it says nothing about standby lines."""
    for line in city.lines:
        if line.main is not None and line.number in _SPOILT - {planted.REST_STANDBY}:
            line.role, line.main, line.description = "access", None, "示例数据"
            line.mean_mbps = round(line.approved * 0.12, 3)


def _speeds(city: City) -> None:
    slow = _ordinary(city.line("410105-WW-0037"), 100)
    _a(slow).mbps, slow.mean_mbps = 10, 4.2
    asked = _ordinary(city.line("410102-WW-0005"), 100)
    asked.declared = 200
    _a(asked).mbps = _z(asked).mbps = 100
    exempt = _ordinary(city.line(planted.EXEMPT_LINE), 50)
    _a(exempt).mbps, exempt.mean_mbps = 10, 3.1
    _ordinary(city.line("410105-WW-0012"), 100)
    policed = _ordinary(city.line("410105-WW-0032"), 100)
    policed.a.rate_limit_mbps, policed.mean_mbps = 50, 12.0
    tagged = _ordinary(city.line("410105-WW-0033"), 100)
    _tag(tagged, 200)
    tagged.a.rate_limit_mbps = 100
    upstream = _ordinary(city.line("410105-WW-0034"), 100)
    _a(upstream).mbps, upstream.mean_mbps = 10, 4.0
    upstream.is_rate_limited_upstream, upstream.acceptance_mbps = True, 100


def _trunk(city: City, one_no: str, other_no: str) -> None:
    """Two lines on one fibre: both ends are ports that they share."""
    one, other = _ordinary(city.line(one_no), 50), _ordinary(city.line(other_no), 100)
    for end in other.ends:
        assert end.port is not None
        _free(end.port)
    other.a, other.z = End(one.a.place, one.a.room, _a(one)), End(one.z.place, one.z.room, _z(one))
    other.region = one.region
    for line in (one, other):
        for end in line.ends:
            end.is_shared = True
    for port in _ports(one):
        port.line, port.alias = one, f"TRUNK {one_no} {other_no}"
    one.mean_mbps, other.mean_mbps = 16.0, 0.0  # one counter for both


def _states(city: City) -> None:
    _tag(_ordinary(city.line("410102-WW-0009"), 100), 100)
    city.lines_down.append(planted.CUT_LINE)
    rest = city.line(planted.REST_STANDBY)
    rest.mean_mbps = 0.0
    for port in _ports(rest):
        port.oper = "down"
    _ordinary(city.line("410104-WW-0002"), 100)
    _a(city.line("410104-WW-0002")).oper = "down"
    silent = _ordinary(city.line(planted.SILENT_DEVICE_OF), 100)
    city.devices_silent.append(_a(silent).box.name)
    unused = _ordinary(city.line("410105-WW-0021"), 100)
    unused.opened_on = city.today - dt.timedelta(days=NEVER_USED_DAYS)
    new = _ordinary(city.line("410105-WW-0025"), 100)
    new.opened_on = city.today - dt.timedelta(days=NEW_DAYS)
    for line in (unused, new):
        line.mean_mbps = 0.0
        for port in _ports(line):
            port.oper = "down"
    unbound = _ordinary(city.line("410103-WW-0002"), 100)
    for port in _ports(unbound):
        _free(port)
    unbound.a.port = unbound.z.port = None
    unbound.mean_mbps = 0.0
    unheard = _ordinary(city.line(planted.NEVER_ANSWERED_OF), 100)
    _a(unheard).box.snmp = "silent"
    _free(_z(unheard))
    unheard.z.port = None
    _a(unheard).heard = None


def _strangers(city: City) -> None:
    """A cable in the wrong switch, and a small box that doesn't speak LLDP."""
    swapped = _ordinary(city.line("410105-WW-0018"), 100)
    wrong_box = next(
        box for box in city.boxes
        if box.role == "aggregation" and box.network == EXTRANET and box is not _z(swapped).box
    )  # fmt: skip
    stranger = free_port(wrong_box, 1000)
    stranger.oper, stranger.mbps, stranger.alias = "up", _a(swapped).mbps, "UNLABELLED"
    stranger.heard, _a(swapped).heard, _z(swapped).heard = _a(swapped), stranger, None
    mute = _ordinary(city.line("410105-WW-0015"), 100)
    for port in _a(mute).box.ports:
        if port.heard is not None:
            port.heard.heard = None
            port.heard = None


def _rings(city: City) -> None:
    city.lines_down.append("410100-WW-R003")
    node = city.box(planted.SILENT_RING_NODE)
    node.snmp = "silent"
    # It doesn't speak LLDP either, so nobody can vouch for its two segments.
    for port in node.ports:
        if port.heard is not None:
            port.heard.heard = None
            port.heard = None


def _loads(city: City) -> None:
    for number in planted.IDLE_LINES:
        city.line(number).mean_mbps = 0.004
    wide = _ordinary(city.line(planted.OVER_BOUGHT_LINE), 1000)
    wide.mean_mbps = 9.0
    for number in planted.CONGESTED_LINES:
        line = city.line(number)
        line.mean_mbps = round(line.approved * 0.56, 2)
    more = _ordinary(city.line(planted.MORE_LINE), 100)
    more.mean_mbps = 80.0
    city.line(planted.SEASON_LINE).mean_mbps = 0.002


def _unrecorded(city: City) -> None:
    """Two ports that somebody connected and nobody recorded: one long ago, one today."""
    for name, alias, is_old in (("ZHD-AG01", "移动 MSTP 50M 未登记", True), ("ZY-AG01", "联通专线 待补录", False)):
        port = next(p for p in reversed(city.box(name).ports) if p.is_physical and p.mbps == 1000 and not p.is_taken)
        port.is_taken, port.oper, port.alias = True, "up", alias
        port.in_mbps, port.out_mbps = 6.0, 2.0
        if is_old:
            city.ports_up_long.append(port)


def _addresses(city: City) -> None:
    """Addresses that the plan has elsewhere, and zones that meet; the plan itself is in `addressing`."""
    for number, address in (
        (planted.OWN_LAN_LINE, f"{addressing.OWN_BLOCK[:-5]}.1/24"),
        (planted.OTHERS_LINE, f"{addressing.OWN_BLOCK[:-5]}.9/24"),
        (planted.OUTSIDE_LINE, "192.168.66.1/24"),
        (planted.MIXED_LINE, "10.52.8.1/24"),
        (planted.MIXED_LINE, "203.0.113.9/29"),
        (planted.TWO_ZONES_LINE, "10.52.9.1/24"),
    ):
        port = next(p for p in reversed(_a(city.line(number)).box.ports) if p.is_physical and not p.is_taken)
        port.is_taken = port.is_recorded = True
        port.oper, port.alias, port.address = "up", "LAN", address


def _tag(line: Line, vlan: int) -> None:
    """The line leaves its port by a sub-interface."""
    line.a.port = sub_port(_a(line), vlan)
    line.a.port.line, line.a.port.alias = line, f"{line.number} {line.org.short}"
    _a_parent(line).line = None


def _ordinary(line: Line, mbps: int) -> Line:
    """An access line of this speed on gigabit ports, so that nothing but what is planted stands out."""
    line.declared = line.approved = mbps
    line.mean_mbps = min(line.mean_mbps, round(mbps * 0.3, 3))
    for port in _ports(line):
        port.mbps = 1000
    price(line)
    return line


def _free(port: Port) -> None:
    if port.heard is not None and port.heard.heard is port:
        port.heard.heard = None
    port.heard = port.line = None
    port.oper, port.alias, port.is_recorded, port.is_taken = "down", "", False, False


def _ports(line: Line) -> list[Port]:
    return [end.port for end in line.ends if end.port is not None]


def _a(line: Line) -> Port:
    assert line.a.port is not None
    return line.a.port


def _z(line: Line) -> Port:
    assert line.z.port is not None
    return line.z.port


def _a_parent(line: Line) -> Port:
    parent = _a(line).parent
    assert parent is not None
    return parent
