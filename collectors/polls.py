"""One pass: claimed devices are asked in one event loop, what they say is stored, and they are freed."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import os
import socket
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from django.utils import timezone

from collectors import observe, schedule, sources
from collectors.devices import bound_ports, polled_devices
from collectors.errors import CollectError, Unreachable
from collectors.models import SeenInterface
from collectors.rates import has_restarted
from collectors.records import DeviceReading
from collectors.schedule import Claimed, Result
from collectors.transports.snmp.engine import Engine

logger = logging.getLogger(__name__)

FACTS_EVERY = dt.timedelta(hours=1)
"""Between two full readings only the counters and states of watched ports are asked."""
DEVICE_S = 90.0
SSH_THREADS = 16
MOST_WATCHED = 64
"""Of a device without bound ports so many are watched; a stack of 400 access ports is nobody's line."""


class InternalError(CollectError):
    """A defect of ours met at one device; the log has its trace."""

    code = "internal_error"


class NotAllowed(CollectError):
    """The record no longer lets us ask this device."""

    code = "not_allowed"


@dataclass(frozen=True, slots=True)
class Plan:
    """What to ask one device."""

    claimed: Claimed
    way: sources.Way | CollectError
    is_full: bool
    indexes: tuple[int, ...]
    watched: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Answer:
    """How asking one device ended, for the store and for the person who waits."""

    claimed: Claimed
    at: dt.datetime
    seconds: float
    observation: observe.Observation | None = None
    error: CollectError | None = None
    is_full: bool = True


def new_owner() -> str:
    """Names one pass of one process, never twice."""
    return f"{socket.gethostname()[:30]}:{os.getpid()}:{uuid.uuid4().hex[:12]}"


def run_pass(
    claimed: Sequence[Claimed],
    owner: str,
    *,
    is_full: bool | None = None,
    is_sample: bool = False,
    on_answer: Callable[[Answer], None] | None = None,
) -> list[Answer]:
    """Ask the claimed devices, store what they say, note how it went and free them.

    `is_full` None lets the time since the last full reading decide. Whoever is killed meanwhile leaves whole rows and
    a lease that ends by itself.
    """
    started_at = timezone.now()
    plans = plan(claimed, started_at, is_full=is_full)
    answers, opened = asyncio.run(_ask_all(plans, on_answer))
    sources.keep_host_keys(opened)
    still_held = schedule.held(owner, [a.claimed.device.device_id for a in answers])
    kept = [a for a in answers if a.claimed.device.device_id in still_held]
    observe.store_many([a.observation for a in kept if a.observation is not None], is_sample=is_sample)
    schedule.finish(owner, [_result(a) for a in kept])
    networks: dict[int | None, tuple[int, int]] = {}
    for answer in answers:
        asked, answered = networks.get(answer.claimed.device.network_id, (0, 0))
        networks[answer.claimed.device.network_id] = (asked + 1, answered + (answer.error is None))
    schedule.note_runs(owner, started_at, timezone.now(), networks, is_sample=is_sample)
    return answers


def _result(answer: Answer) -> Result:
    seen = answer.observation
    return Result(
        device_id=answer.claimed.device.device_id, at=answer.at, error=answer.error,
        uptime_s=seen.device_uptime_s if seen is not None else None,
        warnings=seen.reading.warnings if seen is not None else (), is_full=answer.is_full,
    )  # fmt: skip


def plan(claimed: Sequence[Claimed], now: dt.datetime, *, is_full: bool | None = None) -> list[Plan]:
    """What to ask each device; the record is asked once more whether it may be. A fixed number of queries."""
    ids = [c.device.device_id for c in claimed]
    allowed = {d.device_id: d for d in polled_devices(ids)}
    known_ways = sources.ways(allowed.values())
    bound = bound_ports(ids)
    indexes: dict[int, dict[str, int]] = defaultdict(dict)
    open_ports = SeenInterface.objects.filter(device_id__in=ids, ended_at=None).order_by("device_id", "if_index", "id")
    for device_id, port, if_index, kind in open_ports.values_list("device_id", "port", "if_index", "type"):
        if port in bound[device_id] if device_id in bound else _is_physical(kind):
            indexes[device_id][port] = if_index
    plans = []
    for one in claimed:
        device_id = one.device.device_id
        refused = NotAllowed(f"{one.device.name} may no longer be asked: look at its status and its network.")
        found = dict(list(indexes[device_id].items())[:MOST_WATCHED])
        is_due = one.last_facts_at is None or now - one.last_facts_at >= FACTS_EVERY or not found
        plans.append(
            Plan(
                claimed=one, way=known_ways.get(device_id, refused), is_full=is_due if is_full is None else is_full,
                indexes=tuple(found.values()), watched=_watched(bound.get(device_id), found, one),
            )
        )  # fmt: skip
    return plans


def _is_physical(kind: str) -> bool:
    return kind in ("ethernetCsmacd", "gigabitEthernet", "fastEther", "ieee8023adLag", "")


def _watched(bound: frozenset[str] | None, found: dict[str, int], claimed: Claimed) -> frozenset[str] | None:
    if bound is not None:
        return bound
    return frozenset(found) if claimed.last_facts_at is not None else None


async def _ask_all(
    plans: Sequence[Plan], on_answer: Callable[[Answer], None] | None
) -> tuple[list[Answer], list[sources.Source]]:
    opened: list[sources.Source] = []
    with ThreadPoolExecutor(SSH_THREADS, thread_name_prefix="ssh") as threads:
        async with Engine() as engine:

            async def one(asked: Plan) -> Answer:
                answer = await _ask(asked, engine, threads, opened)
                if on_answer is not None:
                    on_answer(answer)
                return answer

            answers = await asyncio.gather(*(one(asked) for asked in plans))
    return list(answers), opened


async def _ask(
    asked: Plan, engine: Engine, threads: ThreadPoolExecutor, opened: list[sources.Source]
) -> Answer:  # fmt: skip
    """The edge: whatever goes wrong with one device ends here and stops no other."""
    begun = time.monotonic()
    error: CollectError
    try:
        if isinstance(asked.way, CollectError):
            raise asked.way
        source = sources.open_source(asked.way, engine, threads)
        opened.append(source)
        async with asyncio.timeout(DEVICE_S):
            observation, is_full = await _read(asked, source)
        return Answer(asked.claimed, observation.at, time.monotonic() - begun, observation, is_full=is_full)
    except CollectError as refused:
        error = refused
    except TimeoutError:
        error = Unreachable(f"{asked.claimed.device.name} was not read within {DEVICE_S:.0f} s. Check the line to it.")
    except Exception:
        logger.exception("Reading device %s failed by a defect of the collector", asked.claimed.device.device_id)
        error = InternalError("Reading this device failed by a defect of the collector; its log says more.")
    return Answer(asked.claimed, timezone.now(), time.monotonic() - begun, error=error)


async def _read(asked: Plan, source: sources.Source) -> tuple[observe.Observation, bool]:
    device = asked.claimed.device
    is_full = asked.is_full or not source.has_counters
    if not is_full:
        uptime_s, counters, states = await source.counters(asked.indexes)
        at = timezone.now()
        # After a restart ports may carry other numbers, and a port that is gone may have got another one.
        if len(states) == len(asked.indexes) and not _has_restarted(asked.claimed, uptime_s, at):
            reading = DeviceReading(system=None, counters=counters)
            return observe.Observation(
                device_id=device.device_id, at=at, reading=reading, parts=frozenset({"counters"}), states=states,
                uptime_s=uptime_s, watched=asked.watched,
            ), False  # fmt: skip
    else:
        await source.uptime_s()
    reading = await source.read()
    return observe.Observation(
        device_id=device.device_id, at=timezone.now(), reading=reading, parts=source.parts, watched=asked.watched
    ), True


def _has_restarted(claimed: Claimed, uptime_s: float, at: dt.datetime) -> bool:
    if claimed.last_ok_at is None:
        return True
    return has_restarted(claimed.uptime_s, uptime_s, (at - claimed.last_ok_at).total_seconds())
