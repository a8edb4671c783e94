"""What a device's own page shows: does it answer, and do its ports, neighbours and serials agree with the record."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from collectors.selectors import (
    DeviceState,
    NeighbourValue,
    PortState,
    device_states,
    modules,
    neighbours,
    normal_port_name,
    port_states,
)
from compliance.web.boards import lines_of
from compliance.web.figures import bandwidth, lasting
from inventory.models import BoundInterface, Device, Interface
from kernel import policy
from kernel.registry import registry

_FIRST = 40


def _what_to_check(state: DeviceState) -> str:
    code = state.error_code
    if code == "network_silent":
        return _("Every device of its network went silent at once: check the collector's own connection first.")
    if "credential" in code or "auth" in code or code == "not_allowed":
        return _("Check the credential assigned to it, and the device's access list for the collector's address.")
    if state.state == "down":
        return _("Check its power and uplink, then the management address and SNMP access from the collector.")
    return _("It will be asked again when it is due; poll it now from the command line to see the answer at once.")


def _state(device: Device) -> DeviceState | None:
    kept = device.__dict__
    if "_seen_state" not in kept:
        kept["_seen_state"] = device_states([device.pk]).get(device.pk)
    return kept["_seen_state"]  # type: ignore[no-any-return]  # kept on the row, which doesn't declare it


def device_banner(request: HttpRequest, device: Device) -> dict[str, Any]:
    state = _state(device)
    head: dict[str, Any] = {
        "tags": [
            {"text": t, "tone": ""}
            for t in (device.get_status_display(), str(device.role), str(device.device_type), str(device.network or ""))
            if t
        ]
    }
    if state is None:
        reason = _("It is not polled.")
        if device.network is None:
            reason = _("It belongs to no network in the record, so it is not polled.")
        elif not device.network.poll_allowed:
            reason = _("Its network allows no polling, so it is never contacted.")
        elif device.primary_ip4_id is None:
            reason = _("It has no management address in the record, so it can't be polled.")
        return {
            "state": None,
            "tone": "info",
            "icon": "help-circle",
            "title": _("Not seen"),
            "text": reason,
            "head": head,
        }
    words = {"up": _("Answers"), "down": _("Does not answer"), "unknown": _("Not known")}
    icons = {"up": "circle-check", "down": "square-x", "unknown": "help-circle"}
    head["verdict"] = {
        "value": {"up": "PASS", "down": "FINDING"}.get(state.state, "UNKNOWN"),
        "text": words[state.state],
    }
    return {
        "state": state,
        "tone": {"up": "pass", "down": "finding"}.get(state.state, "warn"),
        "icon": icons[state.state],
        "title": words[state.state],
        "lasting": lasting(state.since),
        "error": state.error_message,
        "check": "" if state.state == "up" else _what_to_check(state),
        "head": head,
    }


def ports_panel(request: HttpRequest, device: Device) -> dict[str, Any]:
    """Every port once: what the record says, what the device says, what line it carries."""
    recorded = {
        normal_port_name(row.name): row for row in Interface.objects.filter(device=device).order_by("name", "pk")
    }
    seen = {port: value for (_device, port), value in port_states([device.pk]).items()}
    lines = _lines_by_interface(request, device)
    rows = [
        _port(recorded.get(port), seen.get(port), lines.get(recorded[port].pk, ()) if port in recorded else ())
        for port in dict.fromkeys((*recorded, *seen))
    ]
    rows.sort(key=lambda row: (not row["differs"], not row["lines"], not row["is_up"], row["order"]))
    telling = [row for row in rows if _tells(row)]
    listed = [*telling, *(row for row in rows if not _tells(row))]
    shown = min(len(telling) or len(rows), _FIRST)
    return {
        "first": listed[:shown],
        "rest": listed[shown:],
        "total": len(rows),
        "recorded": len(recorded),
        "seen": len(seen),
        "differing": sum(1 for row in rows if row["differs"]),
        "state": _state(device),
    }


def _tells(row: dict[str, Any]) -> bool:
    """A port that is neither recorded nor up, and no trouble, is looked up now and then."""
    return bool(row["differs"] or row["is_up"] or row["recorded"] is not None)


def _lines_by_interface(request: HttpRequest, device: Device) -> dict[int, list[dict[str, Any]]]:
    bindings = BoundInterface.objects.filter(interface__device=device).select_related("termination__circuit__provider")
    visible = set(
        lines_of(request.user)
        .filter(terminations__bound_interfaces__interface__device=device)
        .values_list("pk", flat=True)
    )
    found: dict[int, list[dict[str, Any]]] = {}
    for binding in bindings:
        line = binding.termination.circuit
        if line.pk in visible:
            found.setdefault(binding.interface_id, []).append(
                {
                    "url": reverse("circuits-circuit-detail", args=[line.pk]),
                    "text": line.line_no or line.cid,
                    "declared": line.bandwidth_declared_mbps,
                    "is_shared": binding.is_shared,
                }
            )
    return found


def _port(recorded: Interface | None, seen: PortState | None, lines: Any) -> dict[str, Any]:
    recorded_mbps = recorded.speed / 1000 if recorded is not None and recorded.speed else None
    differs, speed_differs = "", False
    if recorded is None and seen is not None:
        differs = _("seen, not recorded") if seen.is_up and _is_physical(seen) else ""
    elif recorded is not None and seen is None:
        differs = _("recorded, not seen")
    elif recorded is not None and seen is not None:
        slow = [
            line
            for line in lines
            if line["declared"]
            and not line["is_shared"]
            and seen.is_up
            and seen.speed_mbps
            and seen.speed_mbps < line["declared"]
        ]
        if slow:
            differs, speed_differs = _("slower than its line"), True
        elif recorded_mbps and seen.is_up and seen.speed_mbps and recorded_mbps != seen.speed_mbps:
            differs, speed_differs = _("another speed"), True
        elif not recorded.enabled and seen.is_up:
            differs = _("up, but switched off in the record")
        elif lines and not seen.is_up and not all(line["is_shared"] for line in lines):
            differs = _("down, but a line is bound")
    return {
        "name": recorded.name if recorded is not None else seen.name if seen else "",
        "recorded": recorded,
        "seen": seen,
        "recorded_speed": bandwidth(recorded_mbps),
        "seen_speed": bandwidth(seen.speed_mbps) if seen else "",
        "lines": lines,
        "differs": differs,
        "speed_differs": speed_differs,
        "is_up": bool(seen and seen.is_up),
        "state": _state_word(seen),
        "order": (seen.if_index if seen else 10**9, recorded.name if recorded else ""),
        "lasting": lasting(seen.since) if seen else "",
    }


def _is_physical(seen: PortState) -> bool:
    return seen.type in ("ethernetCsmacd", "gigabitEthernet", "fastEther", "")


def _state_word(seen: PortState | None) -> str:
    if seen is None:
        return _("not seen")
    if seen.admin == "down":
        return _("switched off")
    return _("up") if seen.is_up else _("down") if seen.oper else _("unknown")


def neighbours_panel(request: HttpRequest, device: Device) -> dict[str, Any] | None:
    heard = neighbours([device.pk]).get(device.pk, ())
    expected = _expected(device)
    rows = [_neighbour(one, expected.get(one.port)) for one in heard]
    silent = [row for port, row in expected.items() if port not in {one.port for one in heard}]
    rows.sort(key=lambda row: row["code"] != "WARN")
    urls = dict(Device.objects.filter(name__in=[row["name"] for row in rows]).values_list("name", "pk"))
    spec = registry.of(Device)
    if policy.can(request.user, "view", spec):
        for row in rows:
            if row["name"] in urls:
                row["url"] = reverse("dcim-device-detail", args=[urls[row["name"]]])
    if not rows and not silent:
        return None
    return {"rows": rows, "silent": silent, "state": _state(device)}


def _expected(device: Device) -> dict[str, dict[str, str]]:
    """The other end of each line bound here, by port."""
    own = BoundInterface.objects.filter(interface__device=device, is_shared=False).values_list(
        "termination__circuit_id", "interface__name", "termination__term_side"
    )
    by_line = {line: (port, side) for line, port, side in own}
    others = BoundInterface.objects.filter(termination__circuit_id__in=by_line).exclude(interface__device=device)
    found = {}
    for line, side, name, port in others.values_list(
        "termination__circuit_id", "termination__term_side", "interface__device__name", "interface__name"
    ):
        own_port, own_side = by_line[line]
        if side != own_side:
            found[normal_port_name(own_port)] = {"own": own_port, "device": name, "port": port}
    return found


def _neighbour(one: NeighbourValue, expected: dict[str, str] | None) -> dict[str, Any]:
    code, text = "NA", _("nothing recorded here")
    if expected is not None:
        same = one.remote_name.split(".")[0].lower() == expected["device"].split(".")[0].lower()
        code, text = ("PASS", _("as recorded")) if same else ("WARN", _("another device"))
    return {
        "port": one.local_port or one.port,
        "name": one.remote_name or one.remote_chassis_id,
        "url": "",
        "remote_port": one.remote_port,
        "since": one.since,
        "code": code,
        "text": text,
        "expected": f"{expected['device']} {expected['port']}" if expected else "",
    }


def modules_panel(request: HttpRequest, device: Device) -> dict[str, Any] | None:
    found = modules([device.pk]).get(device.pk, ())
    if not found:
        return None
    chassis = [module for module in found if module.klass in ("chassis", "stack") and module.serial]
    serials = {module.serial for module in found if module.serial}
    if not device.serial:
        code, text = "NA", _("no serial number is recorded")
    elif device.serial in serials:
        code, text = "PASS", _("the recorded serial number was seen")
    elif chassis:
        code, text = "WARN", _("the device shows %(serial)s") % {"serial": ", ".join(m.serial for m in chassis)}
    else:
        code, text = "UNKNOWN", _("the device tells no serial number of its chassis")
    with_serial = [module for module in found if module.serial or module.model]
    return {"modules": with_serial, "code": code, "text": text, "recorded": device.serial}


def polling_panel(request: HttpRequest, device: Device) -> dict[str, Any] | None:
    state = _state(device)
    if state is None:
        return None
    return {
        "state": state,
        "restarted": state.restarted_at,
        "up_for": lasting(state.restarted_at, state.last_read_at) if state.restarted_at else "",
        "name_differs": bool(state.name) and state.name.split(".")[0].lower() != device.name.split(".")[0].lower(),
    }
