"""The probes that the record lets us ask."""

from __future__ import annotations

import bisect
import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass, replace

from collectors.models import Probe
from collectors.transports.probes.values import Fault
from inventory.models import Prefix
from inventory.models.addressing import host_key


@dataclass(frozen=True, slots=True)
class AskedProbe:
    """`fault` says why the record forbids asking; then nobody does."""

    probe_id: int
    circuit_id: int
    network_id: int | None
    name: str
    kind: str
    target: str
    port: int | None
    source: str
    packets: int
    interval_s: int
    fault: Fault | None = None


_COLUMNS = (
    "pk", "circuit_id", "circuit__network_id", "name", "kind", "target", "port", "source", "packets", "interval_s",
    "circuit__network__poll_allowed",
)  # fmt: skip


def asked_probes(probe_ids: Iterable[int] | None = None) -> list[AskedProbe]:
    """Enabled probes, of lines in use or in trial. Two queries."""
    rows = Probe.objects.filter(is_enabled=True).exclude(circuit__status__in=("planned", "decommissioned"))
    if probe_ids is not None:
        rows = rows.filter(pk__in=set(probe_ids))
    forbidden = _Forbidden()
    found = []
    for *values, is_allowed in rows.order_by("pk").values_list(*_COLUMNS):
        probe = AskedProbe(*values)
        fault = None if is_allowed else Fault("network_not_polled")
        if prefix := forbidden.holding(probe.target):
            fault = Fault("target_forbidden", {"target": probe.target, "prefix": prefix})
        found.append(replace(probe, fault=fault))
    return found


class _Forbidden:
    """The prefixes where no collector ever asks, found by halving."""

    def __init__(self) -> None:
        rows = Prefix.objects.filter(polling_forbidden=True).values_list("first", "last", "prefix")
        spans = sorted((bytes(first), bytes(last), prefix) for first, last, prefix in rows)
        self._spans: list[tuple[bytes, bytes, str]] = []
        for span in spans:
            if not self._spans or span[1] > self._spans[-1][1]:  # one inside another adds nothing
                self._spans.append(span)
        self._firsts = [span[0] for span in self._spans]

    def holding(self, address: str) -> str:
        key = host_key(ipaddress.ip_address(address))
        place = bisect.bisect_right(self._firsts, key) - 1
        return self._spans[place][2] if place >= 0 and key <= self._spans[place][1] else ""
