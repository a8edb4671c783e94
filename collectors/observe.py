"""Turns readings into rows: intervals where something changed, one counter row per watched port.

Whatever part of a reading failed is left as it was: not seen is not gone. Every write can be repeated: a worker that
dies between two transactions leaves whole rows, and the next reading adds the rest.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import models, transaction

from collectors.databases import observed_alias
from collectors.models import (
    PortSample,
    SeenAddress,
    SeenInterface,
    SeenModule,
    SeenNeighbour,
    SeenSystem,
    Target,
)
from collectors.ports import normal_port_name
from collectors.records import DeviceReading, InterfaceCounters, InterfaceFacts, InterfaceState

ROWS_A_TRANSACTION = 250  # longer ones make people wait for SQLite's one writer: 11 ms at 250 rows, 2 s at 2,000
ALL_PARTS = frozenset({"system", "interfaces", "counters", "neighbours", "modules", "addresses"})


@dataclass(frozen=True, slots=True)
class Observation:
    """One device as read at one instant.

    `states` and `uptime_s` stand for the reading's interfaces and system when only counters were asked.
    `watched` names the ports whose counters are kept (normalised); None keeps all.
    """

    device_id: int
    at: dt.datetime
    reading: DeviceReading
    parts: frozenset[str] = ALL_PARTS
    states: tuple[InterfaceState, ...] = ()
    uptime_s: float | None = None
    watched: frozenset[str] | None = None

    @property
    def complete_parts(self) -> frozenset[str]:
        """The parts that were asked for and delivered; a warning starts with its part's name."""
        return self.parts - {warning.split(":", 1)[0] for warning in self.reading.warnings}

    @property
    def device_uptime_s(self) -> float | None:
        return self.reading.system.uptime_s if self.reading.system is not None else self.uptime_s


def store(
    device_id: int,
    reading: DeviceReading,
    at: dt.datetime,
    *,
    parts: Collection[str] = ALL_PARTS,
    watched: Collection[str] | None = None,
    is_sample: bool = False,
) -> None:
    """Store one device's reading; see `store_many`."""
    kept = None if watched is None else frozenset(watched)
    one = Observation(device_id=device_id, at=at, reading=reading, parts=frozenset(parts), watched=kept)
    store_many([one], is_sample=is_sample)


def store_many(observations: Sequence[Observation], *, is_sample: bool = False) -> None:
    """Store a batch: a fixed number of reads, then writes of at most 250 rows a transaction."""
    if not observations:
        return
    known = _Known.of({o.device_id for o in observations})
    changes: list[_Change] = []
    for observation in observations:
        changes.extend(_interface_changes(observation, known))
        for kind in _KINDS:
            if kind.part in observation.complete_parts:
                changes.extend(_changes(kind, observation, known.open_rows[kind.model][observation.device_id]))
    for change in changes:
        for row in change.opened:
            row.is_sample = is_sample
    _write_changes(changes)
    _write_samples([row for o in observations for row in _samples(o, known)])


@dataclass(frozen=True, slots=True)
class _Change:
    """What belongs into one transaction: intervals of one key that end and begin."""

    at: dt.datetime
    model: type[models.Model]
    closed: tuple[int, ...] = ()
    opened: tuple[Any, ...] = ()

    @property
    def size(self) -> int:
        return len(self.closed) + len(self.opened)


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of interval: which part of a reading it comes from, what names a row and what may change in it."""

    model: type[models.Model]
    part: str
    key: tuple[str, ...]
    values: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        return (*self.key, *self.values)


_KINDS = (
    _Kind(SeenSystem, "system", (), ("name", "description", "object_id", "location", "contact")),
    _Kind(
        SeenNeighbour, "neighbours", ("port", "remote_chassis_id", "remote_name", "remote_port"),
        ("local_port", "local_index", "remote_description", "remote_address"),
    ),
    _Kind(
        SeenModule, "modules", ("index",),
        ("parent_index", "name", "description", "klass", "model", "serial", "firmware", "hardware", "software"),
    ),
    _Kind(SeenAddress, "addresses", ("address", "if_index"), ("interface",)),
)  # fmt: skip

_PORT_VALUES = ("if_index", "name", "description", "alias", "type", "mtu", "speed_mbps", "mac", "admin", "oper")
_PORT_COLUMNS = (
    "id", "device_id", "port", *_PORT_VALUES, "port_seen_at", "state_since_at", "state_read", "last_up_at",
    "changed_at",
)  # fmt: skip


@dataclass
class _Known:
    """What is stored of a batch of devices: open intervals and how often each device was read."""

    reads: dict[int, tuple[int, dt.datetime | None]]
    ports: dict[int, dict[str, dict[str, Any]]]
    open_rows: dict[type[models.Model], dict[int, dict[tuple[Any, ...], tuple[int, tuple[Any, ...]]]]] = field(
        default_factory=dict
    )

    @classmethod
    def of(cls, device_ids: set[int]) -> _Known:
        targets = Target.objects.filter(device_id__in=device_ids).values_list("device_id", "reads", "last_ok_at")
        ports: dict[int, dict[str, dict[str, Any]]] = defaultdict(dict)
        rows = SeenInterface.objects.filter(device_id__in=device_ids, ended_at=None)
        for values in rows.values_list(*_PORT_COLUMNS):
            row = dict(zip(_PORT_COLUMNS, values, strict=True))
            ports[row["device_id"]][row["port"]] = row
        known = cls(reads={d: (reads, at) for d, reads, at in targets}, ports=ports)
        for kind in _KINDS:
            known.open_rows[kind.model] = _open_rows(kind, device_ids)
        return known


def _open_rows(kind: _Kind, device_ids: set[int]) -> dict[int, dict[tuple[Any, ...], tuple[int, tuple[Any, ...]]]]:
    found: dict[int, dict[tuple[Any, ...], tuple[int, tuple[Any, ...]]]] = defaultdict(dict)
    split = 2 + len(kind.key)
    rows = kind.model._default_manager.filter(device_id__in=device_ids, ended_at=None)
    for row in rows.values_list("id", "device_id", *kind.columns):
        found[row[1]][row[2:split]] = (row[0], row[split:])
    return found


# Readings as columns -----------------------------------------------------------------------------------------------


def _text(value: str | None, limit: int = 255) -> str:
    """PostgreSQL stores no NUL, and some agents pad their strings with it."""
    return (value or "").replace("\x00", "")[:limit]


def _long(value: str | None) -> str:
    return _text(value, 4000)


def _seen(kind: _Kind, reading: DeviceReading) -> Iterator[dict[str, Any]]:
    if kind.part == "system":
        if (s := reading.system) is not None:
            yield {
                "name": _text(s.name), "description": _long(s.description), "object_id": _text(s.object_id),
                "location": _text(s.location), "contact": _text(s.contact),
            }  # fmt: skip
    elif kind.part == "neighbours":
        for n in reading.neighbours:
            yield {
                "port": normal_port_name(_text(n.local_port, 120)), "local_port": _text(n.local_port),
                "local_index": n.local_index, "remote_name": _text(n.remote_name), "remote_port": _text(n.remote_port),
                "remote_description": _long(n.remote_description), "remote_chassis_id": _text(n.remote_chassis_id),
                "remote_address": _text(n.remote_address, 60),
            }  # fmt: skip
    elif kind.part == "modules":
        for m in reading.modules:
            yield {
                "index": m.index, "parent_index": m.parent_index, "name": _text(m.name),
                "description": _long(m.description), "klass": _text(m.klass, 60), "model": _text(m.model),
                "serial": _text(m.serial), "firmware": _text(m.firmware), "hardware": _text(m.hardware),
                "software": _text(m.software),
            }  # fmt: skip
    else:
        for a in reading.addresses:
            yield {
                "address": _text(a.address, 60), "if_index": a.interface_index, "interface": _text(a.interface),
            }  # fmt: skip


def _changes(
    kind: _Kind, observation: Observation, stored: Mapping[tuple[Any, ...], tuple[int, tuple[Any, ...]]]
) -> Iterator[_Change]:
    seen: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    for row in _seen(kind, observation.reading):
        seen[tuple(row[c] for c in kind.key)] = tuple(row[c] for c in kind.values)
    for key, values in seen.items():
        known = stored.get(key)
        if known is not None and known[1] == values:
            continue
        columns = dict(zip(kind.columns, (*key, *values), strict=True))
        opened = kind.model(device_id=observation.device_id, first_seen_at=observation.at, **columns)
        yield _Change(observation.at, kind.model, (known[0],) if known else (), (opened,))
    for key, (pk, _values) in stored.items():
        if key not in seen:
            yield _Change(observation.at, kind.model, (pk,))


# Ports -------------------------------------------------------------------------------------------------------------


def port_names(facts: Iterable[InterfaceFacts]) -> dict[int, str]:
    """The key of each port by ifIndex. Ports that share a name are told apart by their number."""
    names: dict[int, str] = {}
    taken: set[str] = set()
    for one in sorted(facts, key=lambda f: f.index):
        name = normal_port_name(_text(one.name, 100)) or f"#{one.index}"
        names[one.index] = name if name not in taken else f"{name}#{one.index}"
        taken.add(name)
    return names


def _port_columns(one: InterfaceFacts) -> dict[str, Any]:
    return {
        "if_index": one.index, "name": _text(one.name), "description": _text(one.description),
        "alias": _text(one.alias),
        "type": _text(one.type, 60), "mtu": one.mtu, "speed_mbps": one.speed_mbps, "mac": _text(one.mac, 60),
        "admin": _text(one.admin, 20), "oper": _text(one.oper, 20),
    }  # fmt: skip


def _interface_changes(observation: Observation, known: _Known) -> Iterator[_Change]:
    stored = known.ports[observation.device_id]
    if "interfaces" in observation.complete_parts:
        names = port_names(observation.reading.interfaces)
        for one in observation.reading.interfaces:
            changed_at = _changed_at(one, observation)
            yield from _port_change(names[one.index], _port_columns(one), observation, known, changed_at)
        gone = set(stored) - set(names.values())
        for port in gone:
            yield _Change(observation.at, SeenInterface, (stored[port]["id"],))
    elif observation.states:
        by_index = {row["if_index"]: row for row in stored.values()}
        for state in observation.states:
            row = by_index.get(state.index)
            if row is None:
                continue
            columns = {name: row[name] for name in _PORT_VALUES}
            columns.update(admin=_text(state.admin, 20), oper=_text(state.oper, 20), speed_mbps=state.speed_mbps)
            yield from _port_change(row["port"], columns, observation, known, row["changed_at"])


def _changed_at(one: InterfaceFacts, observation: Observation) -> dt.datetime | None:
    uptime_s = observation.device_uptime_s
    if uptime_s is None or one.last_change_s is None or not 0 <= one.last_change_s <= uptime_s:
        return None
    return observation.at - dt.timedelta(seconds=uptime_s - one.last_change_s)


def _port_change(
    port: str, columns: Mapping[str, Any], observation: Observation, known: _Known, changed_at: dt.datetime | None
) -> Iterator[_Change]:
    before = known.ports[observation.device_id].get(port)
    if before is not None and all(before[name] == value for name, value in columns.items()):
        return
    reads, last_ok_at = known.reads.get(observation.device_id, (0, None))
    opened = SeenInterface(
        device_id=observation.device_id, port=port, first_seen_at=observation.at, port_seen_at=observation.at,
        state_since_at=observation.at, state_read=reads + 1, changed_at=changed_at, **columns,
    )  # fmt: skip
    if before is not None:
        opened.port_seen_at = before["port_seen_at"]
        opened.last_up_at = (last_ok_at or before["last_up_at"]) if before["oper"] == "up" else before["last_up_at"]
        if (before["admin"], before["oper"]) == (columns["admin"], columns["oper"]):
            opened.state_since_at, opened.state_read = before["state_since_at"], before["state_read"]
    yield _Change(observation.at, SeenInterface, (before["id"],) if before else (), (opened,))


# Counters ----------------------------------------------------------------------------------------------------------


def _samples(observation: Observation, known: _Known) -> Iterator[PortSample]:
    if "counters" not in observation.complete_parts:
        return
    if "interfaces" in observation.complete_parts:
        names = port_names(observation.reading.interfaces)
        speeds = {one.index: one.speed_mbps for one in observation.reading.interfaces}
    else:
        rows = known.ports[observation.device_id].values()
        names = {row["if_index"]: row["port"] for row in rows}
        speeds = {row["if_index"]: row["speed_mbps"] for row in rows}
        speeds.update({state.index: state.speed_mbps for state in observation.states})
    for counters in observation.reading.counters:
        port = names.get(counters.index)
        if port is not None and (observation.watched is None or port in observation.watched):
            yield _sample(observation, port, counters, speeds.get(counters.index))


def _sample(observation: Observation, port: str, counters: InterfaceCounters, speed_mbps: int | None) -> PortSample:
    return PortSample(
        device_id=observation.device_id, port=port, if_index=counters.index, at=observation.at,
        uptime_s=observation.device_uptime_s, in_octets=counters.in_octets, out_octets=counters.out_octets,
        in_errors=counters.in_errors, out_errors=counters.out_errors, in_discards=counters.in_discards,
        out_discards=counters.out_discards, width=counters.width, discontinuity_s=counters.discontinuity_s,
        speed_mbps=speed_mbps,
    )  # fmt: skip


# Writing -----------------------------------------------------------------------------------------------------------


def _batches(changes: Iterable[_Change]) -> Iterator[list[_Change]]:
    batch: list[_Change] = []
    rows = 0
    for change in changes:
        if batch and rows + change.size > ROWS_A_TRANSACTION:
            yield batch
            batch, rows = [], 0
        batch.append(change)
        rows += change.size
    if batch:
        yield batch


def _write_changes(changes: Sequence[_Change]) -> None:
    for batch in _batches(changes):
        closed: dict[tuple[type[models.Model], dt.datetime], list[int]] = defaultdict(list)
        opened: dict[type[models.Model], list[Any]] = defaultdict(list)
        for change in batch:
            closed[change.model, change.at].extend(change.closed)
            opened[change.model].extend(change.opened)
        with transaction.atomic(using=observed_alias()):
            for (model, at), pks in closed.items():
                if pks:
                    model._default_manager.filter(pk__in=pks, ended_at=None).update(ended_at=at)
            for model, rows in opened.items():
                # Somebody else may have stored the same sight a moment ago; one open interval a key is enough.
                model._default_manager.bulk_create(rows, ignore_conflicts=True)


def _write_samples(rows: Sequence[PortSample]) -> None:
    for start in range(0, len(rows), ROWS_A_TRANSACTION):
        with transaction.atomic(using=observed_alias()):
            PortSample.objects.bulk_create(rows[start : start + ROWS_A_TRANSACTION], ignore_conflicts=True)
