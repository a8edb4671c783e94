from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from django.utils import timezone

from collectors.selectors import watches
from compliance.facts import groups, record, seen
from compliance.facts.days import midnight, quiet_days, use_days, working_days
from compliance.facts.lines import Uses, line_of
from compliance.facts.past import PastRecord, seen_at
from compliance.facts.plan import Plan
from compliance.rules import congested_lines, idle_lines
from compliance.rules.groups import CONTRACT, DEVICE, EGRESS_PAIR, PORT, RING, GroupFacts, Subject
from compliance.rules.service_months import ServiceFacts
from compliance.rules.values import LineFacts
from compliance.service_facts import service_facts


@dataclass(frozen=True, slots=True)
class Window:
    """How far back the rules over use look, as the city set them."""

    days: int = idle_lines.DAYS.default
    working_days: int = congested_lines.OF_DAYS.default


@dataclass(frozen=True, slots=True)
class Facts:
    lines: Mapping[int, LineFacts]
    groups: Mapping[str, tuple[GroupFacts, ...]]
    """By kind of subject; empty when only some lines were gathered."""
    services: Mapping[int, ServiceFacts] = field(default_factory=dict)
    """The running month of the lines, up to the last whole hour; empty when only some lines were gathered."""


def gather(
    at: dt.datetime, circuit_ids: Iterable[int] | None = None, *, standing: Iterable[Subject] = (),
    window: Window = Window(),
) -> Facts:  # fmt: skip
    """Facts of all lines and groups, or of some lines alone (then without groups).

    `standing` are the subjects of open findings: a port that is bound meanwhile must be looked at once more.
    """
    at = timezone.localtime(at)
    recorded = record.read(circuit_ids)
    services = _services(recorded, at) if circuit_ids is None else {}
    bindings = [b for of_line in recorded.bindings.values() for b in of_line]
    shown = seen.read({(b.device_id, b.port) for b in bindings}, is_whole=circuit_ids is None)
    found = assembled(recorded, shown, _uses(recorded, at, window), at, standing, is_whole=circuit_ids is None)
    return replace(found, services=services)


def gather_past(at: dt.datetime, window: Window = Window()) -> Facts:
    """Facts of everything as they stood at a past moment: from what was then recorded and observed."""
    at = timezone.localtime(at)
    recorded = PastRecord(at).read()
    found = assembled(recorded, seen_at(recorded, at), _uses(recorded, at, window), at, is_whole=True)
    return replace(found, services=service_facts(at=_hour(at)))


def assembled(
    recorded: record.Record, shown: seen.Seen, uses: Uses, at: dt.datetime, standing: Iterable[Subject] = (),
    *, is_whole: bool,
) -> Facts:  # fmt: skip
    plan = Plan(recorded.blocks)
    in_ring = {s.circuit_id for s in recorded.segments}
    lines = {
        pk: line_of(line, recorded.bindings.get(pk, ()), shown, plan, uses, at, in_ring=pk in in_ring)
        for pk, line in recorded.lines.items()
    }
    if not is_whole:
        return Facts(lines, {})
    known = tuple(standing)
    return Facts(
        lines,
        {
            RING: groups.rings(recorded, lines, at),
            EGRESS_PAIR: groups.pairs(recorded, lines, at),
            CONTRACT: groups.contracts(recorded, at),
            PORT: groups.ports(recorded, shown, at, known),
            DEVICE: groups.devices(recorded, shown, plan, at, known),
        },
    )


_month: tuple[record.Record, dt.datetime, Mapping[int, ServiceFacts]] | None = None


def _services(recorded: record.Record, at: dt.datetime) -> Mapping[int, ServiceFacts]:
    """A month moves slowly: it is measured anew each hour and when the record changed, not with every run."""
    global _month  # noqa: PLW0603  # one month a process
    hour = _hour(at)
    if _month is None or _month[0] is not recorded or _month[1] != hour:
        _month = recorded, hour, service_facts(at=hour)
    return _month[2]


def _hour(at: dt.datetime) -> dt.datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def _uses(recorded: record.Record, at: dt.datetime, window: Window) -> Uses:
    today = at.date()
    working = working_days(recorded, today, window.working_days)
    first = today - dt.timedelta(days=window.days)
    ports = {(b.device_id, b.port) for of_line in recorded.bindings.values() for b in of_line if not b.is_shared}
    return Uses(
        days=use_days(ports, min(first, *working), today),
        watches=watches(midnight(first), midnight(today)),
        quiet=quiet_days(recorded.rests, today, window.days),
        working_days=working,
    )


def line_facts(circuit_id: int, at: dt.datetime | None = None) -> LineFacts | None:
    return gather(at or timezone.now(), [circuit_id]).lines.get(circuit_id)
