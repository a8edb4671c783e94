"""What T06 and the deductions read: each line's probes, windows and promise in one month."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q, QuerySet, Sum
from django.utils import timezone

from collectors.histograms import merged, percentile_ms
from collectors.models import ProbeDay, ProbeHour, ProbeState, ProbeTarget, SeenInterface
from collectors.ports import normal_port_name
from compliance.rules.service_months import (
    DOWN,
    UP,
    PortFacts,
    ProbeFacts,
    Promise,
    ServiceFacts,
    Stretch,
    Sums,
    Window,
)
from inventory.models import BoundInterface, Circuit, CircuitTermination, MaintenanceWindow

LOOK_BACK = dt.timedelta(days=31)
"""An outage that ends in the month is told from its beginning, up to so long before."""
_CHUNK = 5000


@dataclass(frozen=True, slots=True)
class Month:
    """A month of the product's time zone: from its first instant to the next month's."""

    start: dt.datetime
    end: dt.datetime

    @property
    def name(self) -> str:
        return f"{self.start:%Y-%m}"


def month_of(year: int, month: int) -> Month:
    zone = timezone.get_default_timezone()
    after = (year + 1, 1) if month == 12 else (year, month + 1)
    return Month(dt.datetime(year, month, 1, tzinfo=zone), dt.datetime(*after, 1, tzinfo=zone))


def month_at(at: dt.datetime | None = None) -> Month:
    local = timezone.localtime(at, timezone.get_default_timezone())
    return month_of(local.year, local.month)


def month_named(name: str) -> Month | None:
    """From "2026-10"; None for anything else."""
    year, _dash, month = name.partition("-")
    if len(name) != 7 or not (name.isascii() and year.isdigit() and month.isdigit()):
        return None
    return month_of(int(year), int(month)) if 1 <= int(month) <= 12 and 2000 <= int(year) < 9000 else None


def service_facts(
    circuit_ids: Iterable[int] | None = None,
    *,
    month: Month | None = None,
    at: dt.datetime | None = None,
    with_percentiles: bool = False,
) -> dict[int, ServiceFacts]:
    """By line, for all lines or some. Eight queries, nine with percentiles, whatever the number of lines.

    Percentiles cost reading every probe's days; the verdict needs none.
    """
    at = at or timezone.now()
    month = month or month_at(at)
    ids = None if circuit_ids is None else sorted(set(circuit_ids))
    lines = {row["id"]: row for row in _lines(ids)}
    targets = list(_targets(ids))
    probed = {t.circuit_id for t in targets if t.circuit_id in lines}
    windows = _windows({i: lines[i] for i in probed}, month, at)
    stretches = _stretches(targets, month, at)
    sums = _sums(targets, windows, month, with_percentiles)
    probes: dict[int, list[ProbeFacts]] = defaultdict(list)
    failed = set()
    for target in targets:
        of_probe = stretches.get(target.probe_id, ())
        if not target.is_asked and not of_probe:
            continue  # forbidden, or deleted before this month
        if any(s.state == DOWN for s in of_probe):
            failed.add(target.circuit_id)
        where = target.target if target.port is None else f"{target.target}:{target.port}"
        probes[target.circuit_id].append(
            ProbeFacts(
                target.probe_id, target.name, target.kind, where, of_probe, sums.get(target.probe_id, Sums())
            )
        )  # fmt: skip
    ports = _ports(failed & probed, month)
    return {
        circuit_id: _facts(row, month, at, probes.get(circuit_id, []), windows.get(circuit_id, ()), ports)
        for circuit_id, row in lines.items()
    }


_LINE = (
    "id", "line_no", "cid", "status", "install_date", "tenant_id", "region_id", "region__path", "provider_id",
    "network_id", "contract_id", "contract__contract_no", "contract__sla_availability", "contract__sla_rtt_ms",
    "contract__sla_loss", "contract__restore_h",
)  # fmt: skip


def _lines(ids: list[int] | None) -> Iterable[dict[str, Any]]:
    rows: QuerySet[Any] = Circuit.objects.order_by("pk")
    if ids is not None:
        rows = rows.filter(pk__in=ids)
    found: Iterable[dict[str, Any]] = rows.values(*_LINE)
    return found


def _targets(ids: list[int] | None) -> Iterable[ProbeTarget]:
    rows = ProbeTarget.objects.order_by("circuit_id", "name", "probe_id")
    return rows if ids is None else rows.filter(circuit_id__in=ids)


def _facts(
    row: Mapping[str, Any], month: Month, at: dt.datetime, probes: list[ProbeFacts], windows: tuple[Window, ...],
    ports: Mapping[int, tuple[PortFacts, ...]],
) -> ServiceFacts:  # fmt: skip
    opened = row["install_date"]
    start = month.start
    if opened is not None:
        start = max(start, dt.datetime.combine(opened, dt.time(), tzinfo=month.start.tzinfo))
    promise = None
    if row["contract_id"] is not None:
        promise = Promise(
            row["contract_id"], row["contract__contract_no"], row["contract__sla_availability"],
            row["contract__sla_rtt_ms"], row["contract__sla_loss"], row["contract__restore_h"],
        )  # fmt: skip
    return ServiceFacts(
        row["id"], row["line_no"] or row["cid"], row["status"], min(start, month.end), month.end, at, promise,
        tuple(probes), windows, ports.get(row["id"], ()), row["tenant_id"], row["region_id"],
    )  # fmt: skip


# --- probes -----------------------------------------------------------------------------------------------------


def _stretches(targets: list[ProbeTarget], month: Month, at: dt.datetime) -> dict[int, tuple[Stretch, ...]]:
    last = {t.probe_id: t.last_round_at for t in targets}
    ids = _ids(last)
    rows = ProbeState.objects.filter(Q(ended_at=None) | Q(ended_at__gt=month.start - LOOK_BACK), ids)
    rows = rows.filter(first_seen_at__lt=min(month.end, at)).order_by("probe_id", "first_seen_at", "id")
    found: dict[int, list[Stretch]] = defaultdict(list)
    columns = ("probe_id", "state", "first_seen_at", "ended_at", "cause")
    for probe_id, state, start, ended_at, cause in rows.values_list(*columns):
        end = ended_at or last.get(probe_id)
        if end is not None and end > start:
            found[probe_id].append(Stretch(state, start, end, cause))
    return {probe_id: tuple(of_probe) for probe_id, of_probe in found.items()}


def _ids(wanted: Iterable[int]) -> Q:
    """Few probes by their numbers; of many, all rows are read and the others ignored."""
    numbers = sorted(wanted)
    return Q(probe_id__in=numbers) if len(numbers) <= _CHUNK else Q()


def _sums(
    targets: list[ProbeTarget], windows: Mapping[int, tuple[Window, ...]], month: Month, with_percentiles: bool
) -> dict[int, Sums]:
    """The month's days, less the hours that a window touches."""
    ids = _ids(t.probe_id for t in targets)
    days = ProbeDay.objects.filter(ids, start__gte=month.start, start__lt=month.end)
    added = days.order_by().values_list("probe_id").annotate(Sum("sent"), Sum("received"), Sum("rtt_sum_ms"))
    totals = {probe_id: [sent, received, rtt] for probe_id, sent, received, rtt in added}
    left_out = _hours_left_out(targets, windows, month)
    for probe_id, _histogram, *values in left_out:
        if probe_id in totals:
            totals[probe_id] = [total - value for total, value in zip(totals[probe_id], values, strict=True)]
    p95 = _percentiles(days, left_out) if with_percentiles else {}
    return {
        probe_id: Sums(max(0, sent), max(0, received), max(0.0, rtt), p95.get(probe_id))
        for probe_id, (sent, received, rtt) in totals.items()
    }


_Hour = tuple[int, dict[str, int], int, int, float]


def _hours_left_out(
    targets: list[ProbeTarget], windows: Mapping[int, tuple[Window, ...]], month: Month
) -> list[_Hour]:  # fmt: skip
    """An hour can't be cut, so one that a window touches is left out whole."""
    spans: dict[int, list[Window]] = {}
    for target in targets:
        if of_line := windows.get(target.circuit_id):
            spans[target.probe_id] = list(of_line)
    if not spans:
        return []
    hour = dt.timedelta(hours=1)
    low = max(month.start, min(w.start for of in spans.values() for w in of) - hour)
    high = min(month.end, max(w.end for of in spans.values() for w in of))
    rows = ProbeHour.objects.filter(_ids(spans), start__gte=low, start__lt=high)
    columns = ("probe_id", "start", "histogram", "sent", "received", "rtt_sum_ms")
    return [
        (probe_id, histogram, sent, received, rtt)
        for probe_id, start, histogram, sent, received, rtt in rows.values_list(*columns)
        if any(w.start < start + hour and w.end > start for w in spans.get(probe_id, ()))
    ]


def _percentiles(days: QuerySet[ProbeDay], left_out: list[_Hour]) -> dict[int, float | None]:
    found: dict[int, list[dict[str, int]]] = defaultdict(list)
    for probe_id, counts in days.values_list("probe_id", "histogram"):
        found[probe_id].append(counts)
    for probe_id, counts, *_values in left_out:
        found[probe_id].append({step: -count for step, count in counts.items()})
    return {
        probe_id: percentile_ms({step: n for step, n in merged(parts).items() if n > 0})
        for probe_id, parts in found.items()
    }


# --- maintenance ------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Ends:
    devices: set[int] = field(default_factory=set)
    sites: set[int] = field(default_factory=set)


def _windows(lines: Mapping[int, Mapping[str, Any]], month: Month, at: dt.datetime) -> dict[int, tuple[Window, ...]]:
    rows = MaintenanceWindow.objects.filter(ends_at__gt=month.start - LOOK_BACK, starts_at__lt=min(month.end, at))
    announced = list(rows.select_related("region").order_by("starts_at", "pk"))
    if not announced or not lines:
        return {}
    ends = _ends(lines) if any(w.device_id or w.site_id for w in announced) else {}
    found: dict[int, tuple[Window, ...]] = {}
    for circuit_id, line in lines.items():
        of_line = [w for w in announced if _holds(w, line, ends.get(circuit_id, _Ends()))]
        if of_line:
            found[circuit_id] = tuple(Window(w.name, w.document_no, w.starts_at, w.ends_at) for w in of_line)
    return found


def _ends(lines: Iterable[int]) -> dict[int, _Ends]:
    rows: QuerySet[Any] = CircuitTermination.objects.all()
    ids = sorted(lines)
    if len(ids) <= _CHUNK:
        rows = rows.filter(circuit_id__in=ids)
    found: dict[int, _Ends] = defaultdict(_Ends)
    device = "bound_interfaces__interface__device"
    for circuit_id, *sites, device_id in rows.values_list(
        "circuit_id", "site_id", "location__site_id", f"{device}__site_id", f"{device}_id"
    ):
        found[circuit_id].sites |= {site for site in sites if site is not None}
        found[circuit_id].devices |= {device_id} - {None}
    return found


def _holds(window: MaintenanceWindow, line: Mapping[str, Any], ends: _Ends) -> bool:
    """Every condition that the window gives is met."""
    return (
        window.circuit_id in (None, line["id"])
        and window.provider_id in (None, line["provider_id"])
        and window.network_id in (None, line["network_id"])
        and (window.device_id is None or window.device_id in ends.devices)
        and (window.site_id is None or window.site_id in ends.sites)
        and (window.region is None or (line["region__path"] or "").startswith(window.region.path))
    )


# --- ports ------------------------------------------------------------------------------------------------------


def _ports(circuit_ids: set[int], month: Month) -> dict[int, tuple[PortFacts, ...]]:
    """What the bound ports of lines that failed said meanwhile."""
    if not circuit_ids:
        return {}
    bound = BoundInterface.objects.filter(termination__circuit_id__in=circuit_ids, is_shared=False)
    rows = list(
        bound.order_by("termination__circuit_id", "termination__term_side", "pk").values_list(
            "termination__circuit_id", "termination__term_side", "interface__device_id", "interface__device__name",
            "interface__name",
        )
    )  # fmt: skip
    devices, names = {row[2] for row in rows}, {normal_port_name(row[4]) for row in rows}
    seen = SeenInterface.objects.filter(device_id__in=devices, port__in=names, first_seen_at__lt=month.end)
    seen = seen.filter(Q(ended_at=None) | Q(ended_at__gt=month.start - LOOK_BACK)).filter(~Q(oper=""))
    stretches: dict[tuple[int, str], list[Stretch]] = defaultdict(list)
    for device_id, port, oper, start, end in seen.order_by("first_seen_at", "id").values_list(
        "device_id", "port", "oper", "first_seen_at", "ended_at"
    ):
        state = UP if oper == "up" else DOWN
        stretches[device_id, port].append(Stretch(state, start, end or month.end))
    found: dict[int, list[PortFacts]] = defaultdict(list)
    for circuit_id, side, device_id, device, name in rows:
        of_port = tuple(stretches.get((device_id, normal_port_name(name)), ()))
        found[circuit_id].append(PortFacts(f"{device} {name}", side, of_port))
    return {circuit_id: tuple(of_line) for circuit_id, of_line in found.items()}
