"""Histories in VictoriaMetrics: written by its import API, read by PromQL. docs/reference/series.md names the series.

It keeps every sample and changes none, while an hour's figures grow until the hour is over. So a row is stamped with
its start plus one millisecond for each second that had passed when it was made (at most to the end of the step): a
later version lies later within the same step, the same version twice is one, and the last sample of a step is its row.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice, pairwise
from typing import Any

from collectors.series.http import Http
from collectors.series.points import VALUES, PortKey, Row, SeriesUnavailable, Step
from kernel.web_addresses import WebAddress

RATE = "netops_port_bits_per_second"
SAMPLES = "netops_port_rate_samples"
ROLLED_UP = "netops_rolled_up_to_seconds"
_BITS = tuple((name, *name.split("_")) for name in VALUES if name.startswith(("in_", "out_")))
_ROWS_A_REQUEST = 2000
# 400 devices of 48 ports are below the 300,000 series that one query may touch.
_DEVICES_A_QUERY = 400
_POINTS_A_QUERY = 10_000
_LONGEST_LIST = 4000  # characters of port names; a query may have 16,384 bytes
_MARK_AGE = "15d"
# What is younger is answered with the value of the step before (-search.latencyOffset).
_LATENCY = dt.timedelta(seconds=31)
_SETTLES_IN_S = 2.0  # imported samples become readable within about a second

_Found = dict[dt.datetime, dict[str, Any]]


class VictoriaMetricsStore:
    name = "victoriametrics"

    def __init__(self, address: WebAddress) -> None:
        self.address = address.url
        self._http = Http(address, "VictoriaMetrics")

    def write(self, step: Step, rows: Iterable[Row], at: dt.datetime, *, keeps_existing: bool = False) -> int:
        """Sample rows are series of their own, so nothing read from devices is ever replaced by them."""
        written, left = 0, iter(rows)
        while batch := list(islice(left, _ROWS_A_REQUEST)):
            self._import(_lines(step, batch, at))
            written += len(batch)
        return written

    def _import(self, lines: Iterable[str]) -> None:
        self._http.post("/api/v1/import", "\n".join(lines).encode())

    def read(
        self, ports: Collection[PortKey], since: dt.datetime, until: dt.datetime, step: Step, columns: Sequence[str]
    ) -> Iterator[Row]:
        wanted = ports if isinstance(ports, set | frozenset) else set(ports)
        until = min(until, dt.datetime.now(dt.UTC) - _LATENCY)
        device_ids = sorted({device_id for device_id, _port in wanted})
        for first in range(0, len(device_ids), _DEVICES_A_QUERY):
            part = set(device_ids[first : first + _DEVICES_A_QUERY])
            asked = {key for key in wanted if key[0] in part}
            found: dict[PortKey, _Found] = defaultdict(lambda: defaultdict(dict))
            for grid, length_s in _grids(step.starts(since, until), step):
                selector = _selector(asked, step, columns)
                series = self._query_range(
                    f"last_over_time({selector}[{length_s}s] offset -{length_s}s)", grid, length_s
                )
                _collect(asked, series, {int(start.timestamp()): start for start in grid}, found)
            for (device_id, port), by_start in found.items():
                for start in sorted(by_start):
                    values = by_start[start]
                    yield (device_id, port, start, *(values.get(column) for column in columns))

    def _query_range(self, query: str, grid: Sequence[dt.datetime], length: int) -> list[dict[str, Any]]:
        fields = {
            "query": query, "start": str(int(grid[0].timestamp())), "end": str(int(grid[-1].timestamp())),
            "step": f"{length}s", "nocache": "1",
        }  # fmt: skip
        return self._result("/api/v1/query_range", fields)

    def _result(self, path: str, fields: dict[str, str]) -> list[dict[str, Any]]:
        try:
            result: list[dict[str, Any]] = json.loads(self._http.ask(path, fields))["data"]["result"]
        except (ValueError, KeyError, TypeError) as error:
            raise SeriesUnavailable("What answers there is not VictoriaMetrics: check its address.") from error
        return result

    def rolled_up_to(self, now: dt.datetime) -> dt.datetime | None:
        fields = {"query": f"max_over_time({ROLLED_UP}[{_MARK_AGE}])", "time": f"{now.timestamp():.3f}", "nocache": "1"}
        found = self._result("/api/v1/query", fields)
        if not found:
            return None
        return dt.datetime.fromtimestamp(float(found[0]["value"][1]), dt.UTC)

    def note_rolled_up(self, at: dt.datetime) -> None:
        mark = int(at.timestamp())
        self._import([_line({"__name__": ROLLED_UP}, [mark], [mark * 1000])])

    def settle(self) -> None:
        time.sleep(_SETTLES_IN_S)


def _collect(
    asked: set[PortKey], series: list[dict[str, Any]], starts: dict[int, dt.datetime], found: dict[PortKey, _Found]
) -> None:
    # Samples first, so that what devices said is written over them.
    for one in sorted(series, key=lambda one: "sample" not in one["metric"]):
        labels = one["metric"]
        key = (int(labels["device_id"]), labels["port"])
        if key not in asked:
            continue
        is_sample = "sample" in labels
        name = f"{labels['direction']}_{labels['stat']}" if "stat" in labels else "samples"
        by_start = found[key]
        for at, value in one["values"]:
            values = by_start[starts[at]]
            if values.get("is_sample") and not is_sample:
                values.clear()
            values["is_sample"] = is_sample
            values[name] = int(float(value))


def _grids(starts: Sequence[dt.datetime], step: Step) -> Iterator[tuple[Sequence[dt.datetime], int]]:
    """Even stretches and the seconds of their steps: where clocks are put forward or back, a day has 23 or 25 hours."""
    if not starts:
        return
    after = step.starts(starts[-1], starts[-1] + 2 * step.length)[1]
    seconds = [int(b.timestamp() - a.timestamp()) for a, b in pairwise([*starts, after])]
    first = 0
    for at in range(1, len(starts) + 1):
        if at == len(starts) or seconds[at] != seconds[first] or at - first == _POINTS_A_QUERY:
            yield starts[first:at], seconds[first]
            first = at


def _selector(asked: set[PortKey], step: Step, columns: Sequence[str]) -> str:
    stats = sorted({stat for name, _direction, stat in _BITS if name in columns})
    names, stat = RATE, "|".join(stats)
    if "samples" in columns:
        names, stat = f"{RATE}|{SAMPLES}", f"{stat}|"  # the number of samples has no such label
    devices = "|".join(str(device_id) for device_id in sorted({device_id for device_id, _port in asked}))
    parts = [f'__name__=~"{names}"', f'step="{step.value}"', f'stat=~"{stat}"', f'device_id=~"{devices}"']
    ports = "|".join(re.escape(port) for port in sorted({port for _device_id, port in asked}))
    if len(ports) <= _LONGEST_LIST:
        parts.append(f"port=~{json.dumps(ports, ensure_ascii=False)}")
    return "{" + ",".join(parts) + "}"


def _lines(step: Step, rows: Sequence[Row], at: dt.datetime) -> Iterator[str]:
    """One line a series, with all its samples."""
    made: dict[tuple[int, str, bool, str], tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    at_s, longest = at.timestamp(), int(step.length.total_seconds()) * (900 if step is Step.DAY else 1000) - 1
    for device_id, port, start, *values in rows:
        start_s = start.timestamp()
        stamp = int(start_s) * 1000 + min(max(1, int(at_s - start_s)), longest)
        is_sample = bool(values[-1])
        for name, value in zip(VALUES[:-1], values, strict=False):
            if value is not None:
                numbers, stamps = made[device_id, port, is_sample, name]
                numbers.append(value)
                stamps.append(stamp)
    for (device_id, port, is_sample, name), (numbers, stamps) in made.items():
        yield _line(_labels(step, device_id, port, is_sample, name), numbers, stamps)


def _labels(step: Step, device_id: int, port: str, is_sample: bool, name: str) -> dict[str, str]:
    labels = {"__name__": SAMPLES, "device_id": str(device_id), "port": port, "step": step.value}
    if name != "samples":
        direction, stat = name.split("_")
        labels |= {"__name__": RATE, "direction": direction, "stat": stat}
    return labels | {"sample": "yes"} if is_sample else labels


def _line(labels: dict[str, str], numbers: list[int], stamps: list[int]) -> str:
    return json.dumps({"metric": labels, "values": numbers, "timestamps": stamps}, ensure_ascii=False)
