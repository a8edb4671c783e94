"""What is due, who holds it and until when. All of it is in the database: the queue only wakes workers."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import connections, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from collectors.databases import observed_alias
from collectors.devices import PolledDevice, polled_devices
from collectors.errors import CollectError
from collectors.models import CollectorRun, CollectorWatch, SeenReach, Target

LEASE = dt.timedelta(minutes=5)
CLOCK_SLACK = dt.timedelta(minutes=1)  # two hosts' clocks differ a little
LONGEST_BACK_OFF_S = 1800
FEW = 5  # below so many devices, silence of all says nothing about ourselves
_BATCH = 250
_MESSAGE = 500


@dataclass(frozen=True, slots=True)
class Claimed:
    """A device that this worker alone may ask until the lease ends."""

    device: PolledDevice
    state: str
    uptime_s: float | None
    last_ok_at: dt.datetime | None
    last_facts_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Result:
    """How asking one device ended. Without an error it was read; `is_full` when everything was, not counters alone."""

    device_id: int
    at: dt.datetime
    error: CollectError | None = None
    uptime_s: float | None = None
    warnings: tuple[str, ...] = ()
    is_full: bool = True


def sync_targets(now: dt.datetime | None = None) -> dict[str, int]:
    """Make the targets equal to the devices that the record lets us ask; returns how many came, changed and ended."""
    now = now or timezone.now()
    wanted = {d.device_id: d for d in polled_devices()}
    known = {t[0]: t[1:] for t in Target.objects.values_list("device_id", "network_id", "is_polled")}
    added = [
        Target(device_id=device_id, network_id=device.network_id, next_due_at=now)
        for device_id, device in wanted.items()
        if device_id not in known
    ]
    moved: dict[int | None, list[int]] = defaultdict(list)
    for device in wanted.values():
        if device.device_id in known and known[device.device_id] != (device.network_id, True):
            moved[device.network_id].append(device.device_id)
    ended = [device_id for device_id, (_n, is_polled) in known.items() if is_polled and device_id not in wanted]
    for start in range(0, len(added), _BATCH):
        with transaction.atomic(using=observed_alias()):
            Target.objects.bulk_create(added[start : start + _BATCH], ignore_conflicts=True)
    for network_id, device_ids in moved.items():
        for part in _parts(device_ids):
            part.update(network_id=network_id, is_polled=True)
    for part in _parts(ended):
        part.update(is_polled=False, lease_owner="", lease_until=None)
    return {"added": len(added), "changed": sum(map(len, moved.values())), "ended": len(ended)}


def _parts(device_ids: Sequence[int]) -> Iterable[QuerySet[Target]]:
    for start in range(0, len(device_ids), _BATCH):
        yield Target.objects.filter(device_id__in=device_ids[start : start + _BATCH])


def claim(
    owner: str, limit: int, now: dt.datetime | None = None, *, device_ids: Iterable[int] | None = None
) -> list[Claimed]:
    """Take up to `limit` due devices, longest due first. `owner` is unique to one call's worker and pass.

    Each device goes to one caller however many ask at once; what a dead worker held is taken again when its lease is
    over. With `device_ids` these are taken whether due or not. Devices that may no longer be asked are dropped.
    """
    now = now or timezone.now()
    # What lies in the future of a clock that was set back holds nothing up: no lease is longer than LEASE, and a device
    # that was asked later than now is due.
    free = Q(lease_until=None) | Q(lease_until__lte=now) | Q(lease_until__gt=now + LEASE + CLOCK_SLACK)
    due = Q(next_due_at__lte=now) | Q(last_try_at__gt=now + CLOCK_SLACK)
    wanted = Target.objects.filter(free, is_polled=True)
    wanted = wanted.filter(due) if device_ids is None else wanted.filter(device_id__in=set(device_ids))
    with transaction.atomic(using=observed_alias()):
        rows = wanted.order_by("next_due_at", "id")
        if connections[observed_alias()].features.has_select_for_update_skip_locked:
            rows = rows.select_for_update(skip_locked=True)
        pks = list(rows.values_list("pk", flat=True)[:limit])
        # The condition is asked again: on SQLite nothing was locked by reading.
        Target.objects.filter(free, pk__in=pks).update(lease_owner=owner, lease_until=now + LEASE)
    held = list(Target.objects.filter(pk__in=pks, lease_owner=owner).order_by("next_due_at", "id"))
    devices = {d.device_id: d for d in polled_devices(t.device_id for t in held)}
    for part in _parts([t.device_id for t in held if t.device_id not in devices]):
        part.update(is_polled=False, lease_owner="", lease_until=None)
    return [
        Claimed(devices[t.device_id], t.state, t.uptime_s, t.last_ok_at, t.last_facts_at)
        for t in held
        if t.device_id in devices
    ]


def held(owner: str, device_ids: Iterable[int]) -> set[int]:
    """Which of the devices this owner still holds; what was lost belongs to somebody else's reading."""
    rows = Target.objects.filter(lease_owner=owner, device_id__in=set(device_ids))
    return set(rows.values_list("device_id", flat=True))


def release(owner: str) -> int:
    """Give back what the owner took and didn't finish, unchanged."""
    return Target.objects.filter(lease_owner=owner).update(lease_owner="", lease_until=None)


def finish(owner: str, results: Sequence[Result]) -> int:
    """Note how the devices answered, plan their next time and free them. Results of lost leases are ignored."""
    silent = _silent_networks(results)
    finished = 0
    by_id = {r.device_id: r for r in results}
    ids = sorted(by_id)
    for start in range(0, len(ids), _BATCH):
        with transaction.atomic(using=observed_alias()):
            rows = Target.objects.filter(lease_owner=owner, device_id__in=ids[start : start + _BATCH]).order_by("pk")
            targets = list(rows.select_for_update() if _has_row_locks() else rows)
            before = {target.device_id: target.state for target in targets}
            for target in targets:
                _note(target, by_id[target.device_id], is_blamed=target.network_id not in silent)
            _note_reach([target for target in targets if target.state != before[target.device_id]])
            Target.objects.bulk_create(targets, update_conflicts=True, unique_fields=["id"], update_fields=_NOTED)
        finished += len(targets)
    return finished


def _note_reach(changed: Sequence[Target]) -> None:
    if not changed:
        return
    for target in changed:
        SeenReach.objects.filter(device_id=target.device_id, ended_at=None).update(ended_at=target.state_since_at)
    SeenReach.objects.bulk_create(
        SeenReach(
            device_id=t.device_id, state=t.state, first_seen_at=t.state_since_at or t.next_due_at, is_sample=t.is_sample
        )
        for t in changed
    )  # fmt: skip


_NOTED = [
    "state", "state_since_at", "reads", "last_ok_at", "last_try_at", "last_facts_at", "error_code", "error_message",
    "warnings", "failures", "next_due_at", "lease_owner", "lease_until", "uptime_s",
]  # fmt: skip


def _has_row_locks() -> bool:
    return connections[observed_alias()].features.has_select_for_update


def _silent_networks(results: Sequence[Result]) -> set[int | None]:
    """Networks where every device that was up just now is silent: then the collector is cut off, not they broken."""
    unreachable = {r.device_id: r.error is not None and r.error.transient for r in results}
    seen: dict[int | None, list[bool]] = defaultdict(list)
    rows = Target.objects.filter(device_id__in=list(unreachable))
    for device_id, network_id, state in rows.values_list("device_id", "network_id", "state"):
        if state == Target.State.UP or not unreachable[device_id]:
            seen[network_id].append(unreachable[device_id])
    return {network_id for network_id, silences in seen.items() if len(silences) >= FEW and all(silences)}


def _note(target: Target, result: Result, *, is_blamed: bool) -> None:
    interval_s = settings.POLL_INTERVAL_S
    target.lease_owner, target.lease_until, target.last_try_at = "", None, result.at
    error = result.error
    if error is None:
        _become(target, Target.State.UP, result.at)
        target.reads += 1
        target.failures = 0
        target.error_code = target.error_message = ""
        target.warnings = [w[:200] for w in result.warnings[:20]]
        target.last_ok_at, target.uptime_s = result.at, result.uptime_s
        if result.is_full:
            target.last_facts_at = result.at
        target.next_due_at = _next_beat(target.next_due_at, result.at, interval_s)
        return
    target.error_code, target.error_message = error.code[:40], str(error)[:_MESSAGE]
    if error.transient and not is_blamed:
        _become(target, Target.State.UNKNOWN, result.at)
        target.error_code = "network_silent"
        target.next_due_at = result.at + dt.timedelta(seconds=interval_s)
        return
    target.failures += 1
    _become(target, Target.State.DOWN if error.transient else Target.State.UNKNOWN, result.at)
    target.next_due_at = result.at + dt.timedelta(seconds=back_off_s(target.failures, interval_s))


def back_off_s(failures: int, interval_s: int) -> int:
    """One interval after the first failure, then twice as long each time, up to 30 minutes (or one longer interval)."""
    doubled_s: int = interval_s * 2 ** min(failures - 1, 20)
    return max(interval_s, min(doubled_s, LONGEST_BACK_OFF_S))


def _next_beat(due: dt.datetime, now: dt.datetime, interval_s: int) -> dt.datetime:
    """The next multiple of the interval after `now`, so that the pace doesn't drift with the time a pass takes."""
    if due > now + dt.timedelta(seconds=interval_s):
        due = now  # the clock was set back; the old beat lies too far ahead
    missed = int((now - due).total_seconds() // interval_s) + 1
    return due + dt.timedelta(seconds=max(1, missed) * interval_s)


def _become(target: Target, state: str, at: dt.datetime) -> None:
    if target.state != state or target.state_since_at is None:
        target.state, target.state_since_at = state, at


def reach() -> dt.timedelta:
    """A pass vouches for one and a half intervals from its start, so that an even pace leaves no gaps."""
    return dt.timedelta(seconds=1.5 * settings.POLL_INTERVAL_S)


def _watch(worker: str, network_id: int | None, at: dt.datetime, *, is_sample: bool) -> None:
    """The network's watch goes on, or a new one begins. Two that begin at once overlap, which counts once."""
    going = CollectorWatch.objects.filter(network_id=network_id, is_sample=is_sample, last_at__gte=at - reach())
    latest = going.order_by("-last_at", "-pk").values_list("pk", flat=True).first()
    if latest is None:
        CollectorWatch.objects.create(
            network_id=network_id, worker=worker[:64], first_at=at, last_at=at, is_sample=is_sample
        )
    else:
        CollectorWatch.objects.filter(pk=latest, last_at__lte=at).update(last_at=at, worker=worker[:64])


def note_runs(
    worker: str, started_at: dt.datetime, ended_at: dt.datetime, networks: dict[int | None, tuple[int, int]],
    *, is_sample: bool = False,
) -> None:  # fmt: skip
    """One run a network: (asked, answered), so that silence of the collector isn't taken for silence of the lines."""
    with transaction.atomic(using=observed_alias()):
        for network_id in networks:
            _watch(worker, network_id, started_at, is_sample=is_sample)
        CollectorRun.objects.bulk_create(
            CollectorRun(
                network_id=network_id, worker=worker[:64], started_at=started_at, ended_at=ended_at, asked=asked,
                answered=answered, is_sample=is_sample,
            )
            for network_id, (asked, answered) in networks.items()
        )  # fmt: skip
