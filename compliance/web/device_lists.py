"""Devices by whether they answer: the list behind every count of silent devices."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.formats import number_format

from collectors.selectors import DeviceState, device_states
from compliance.web.figures import lasting
from inventory.models import Device
from kernel import policy
from kernel.registry import registry
from kernel.web.cells import url_of
from kernel.web.pages import SignedInView, whole_number
from kernel.web.paging import SIZES, address

STATES = ("down", "unknown", "up")


class DeviceStatesPage(SignedInView):
    permission = "dcim.view_device"

    def get(self, request: HttpRequest) -> HttpResponse:
        params = request.GET
        spec = registry.of(Device)
        seen = policy.visible(request.user, spec, Device.objects.all())
        is_all = policy.scope_filter(request.user, spec.permission("view"), spec.scope) is None
        states = device_states(None if is_all else seen.values_list("pk", flat=True))
        counts = {state: sum(1 for s in states.values() if s.state == state) for state in STATES}
        wanted = params.get("state", "")
        chosen = [s for s in states.values() if not wanted or s.state == wanted]
        chosen.sort(
            key=lambda s: (STATES.index(s.state) if s.state in STATES else 9, s.since is None, s.since, s.device_id)
        )
        page, pager = _page(chosen, params)
        devices = seen.select_related("site", "tenant", "network", "role").in_bulk([s.device_id for s in page])
        rows = [_row(devices[s.device_id], s) for s in page if s.device_id in devices]
        tabs = [{"code": "", "count": len(states), "active": not wanted, "url": address(params, state=None, page=None)}]
        tabs += [
            {
                "code": state,
                "count": counts[state],
                "active": wanted == state,
                "url": address(params, state=state, page=None),
            }
            for state in STATES
        ]
        return TemplateResponse(request, "compliance/device_states.html", {"rows": rows, "pager": pager, "tabs": tabs})


def _page(chosen: list[DeviceState], params: Any) -> tuple[list[DeviceState], dict[str, Any]]:
    size = whole_number(params.get("size"), 50, 1, 250)
    number = whole_number(params.get("page"), 1, 1, max(1, -(-len(chosen) // size)))
    first = (number - 1) * size
    found = chosen[first : first + size]
    return found, {
        "first": first + 1 if found else 0,
        "last": first + len(found),
        "total": len(chosen),
        "total_text": number_format(len(chosen), force_grouping=True),
        "previous_url": address(params, page=number - 1) if number > 1 else "",
        "next_url": address(params, page=number + 1) if first + size < len(chosen) else "",
        "page_size": size,
        "page_sizes": [{"n": n, "url": address(params, size=n, page=None)} for n in SIZES],
    }


def _row(device: Device, state: DeviceState) -> dict[str, Any]:
    return {"device": device, "url": url_of(device), "state": state, "lasting": lasting(state.since)}
