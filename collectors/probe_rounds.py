"""One pass: claimed probes are asked in one event loop, what came of it is stored whole, and they are freed."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connections, transaction
from django.utils import timezone

from collectors.databases import observed_alias
from collectors.histograms import histogram, merged
from collectors.models import ProbeDay, ProbeHour, ProbeState, ProbeTarget
from collectors.models.probes import ProbeSum
from collectors.probe_schedule import Claimed
from collectors.probe_states import Others, Progress, Step, Witnesses, next_step, others_of
from collectors.transports.probes import tcp
from collectors.transports.probes.icmp import Echoes
from collectors.transports.probes.values import Fault, Question, Round

logger = logging.getLogger(__name__)

SPREAD_S = 2.0
"""Over so long the rounds of a pass begin, so that answers don't queue up behind one another."""
_BATCH = 250
_NOTED = [
    "state", "last_round_at", "last_ok_at", "lost_since_at", "losses", "error_code", "error_values", "next_due_at",
    "lease_owner", "lease_until",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    claimed: Claimed
    round: Round
    at: dt.datetime


def run_pass(claimed: Sequence[Claimed], owner: str, *, is_sample: bool = False) -> list[Answer]:
    """Whoever is killed meanwhile leaves whole rows and a lease that ends by itself."""
    answers = asyncio.run(_ask_all(claimed))
    store(owner, answers, is_sample=is_sample)
    return answers


async def _ask_all(claimed: Sequence[Claimed]) -> list[Answer]:
    async with Echoes() as echoes:
        waits = [SPREAD_S * place / max(1, len(claimed)) for place in range(len(claimed))]
        return list(await asyncio.gather(*(_ask(c, echoes, w) for c, w in zip(claimed, waits, strict=True))))


async def _ask(claimed: Claimed, echoes: Echoes, wait_s: float) -> Answer:
    """The edge: whatever goes wrong with one probe ends here and stops no other."""
    await asyncio.sleep(wait_s)
    probe = claimed.probe
    at = timezone.now()
    question = Question(probe.target, probe.packets, probe.port, probe.source)
    try:
        asked = await (echoes.ask(question) if probe.kind == "icmp" else tcp.ask(question))
    except Exception:
        logger.exception("Asking probe %s failed by a defect of the collector", probe.probe_id)
        asked = Round(0, fault=Fault("internal_error"))
    return Answer(claimed, asked, at)


def store(owner: str, answers: Sequence[Answer], *, is_sample: bool = False) -> int:
    """State, sums and next time of each probe in one transaction; what another worker holds by now is left alone."""
    witnesses = _witnesses(answers)
    views = {network_id: of_network.view() for network_id, of_network in witnesses.items()}
    stored = 0
    by_id = {a.claimed.probe.probe_id: a for a in answers}
    ids = sorted(by_id)
    for start in range(0, len(ids), _BATCH):
        with transaction.atomic(using=observed_alias()):
            rows = ProbeTarget.objects.filter(lease_owner=owner, probe_id__in=ids[start : start + _BATCH])
            rows = rows.order_by("pk")
            targets = list(rows.select_for_update() if _has_row_locks() else rows)
            steps = []
            for target in targets:
                network_id = by_id[target.probe_id].claimed.probe.network_id
                others = others_of(target.circuit_id, witnesses[network_id], views[network_id])
                steps.append((target, by_id[target.probe_id], _step(target, by_id[target.probe_id], others)))
            _store_states(steps, is_sample=is_sample)
            _add_sums(steps, is_sample=is_sample)
            _upsert(ProbeTarget, targets, ["id"], _NOTED)
        stored += len(targets)
    return stored


def _has_row_locks() -> bool:
    return connections[observed_alias()].features.has_select_for_update


def _witnesses(answers: Sequence[Answer]) -> dict[int | None, Witnesses]:
    """The last round of every line of the networks, with this pass's own."""
    networks = {a.claimed.probe.network_id for a in answers}
    found: dict[int | None, Witnesses] = defaultdict(Witnesses)
    rows = ProbeTarget.objects.filter(network_id__in=networks, is_asked=True)
    for network_id, circuit_id, asked_at, ok_at in rows.values_list(
        "network_id", "circuit_id", "last_round_at", "last_ok_at"
    ):
        found[network_id].add(circuit_id, asked_at, ok_at)
    for answer in answers:
        probe = answer.claimed.probe
        ok_at = answer.at if answer.round.is_answered else None
        found[probe.network_id].add(probe.circuit_id, answer.at, ok_at)
    return found


def _step(target: ProbeTarget, answer: Answer, others: Others) -> Step:
    known = Progress(
        target.state if target.last_round_at else "", target.last_round_at, target.last_ok_at, target.lost_since_at,
        target.losses,
    )  # fmt: skip
    interval_s = answer.claimed.probe.interval_s
    step = next_step(known, answer.round, answer.at, interval_s, others)
    said = step.progress
    target.state = said.state or ProbeTarget.State.UNKNOWN
    target.last_round_at, target.last_ok_at = said.last_round_at, said.last_ok_at
    target.lost_since_at, target.losses = said.lost_since_at, said.losses
    target.error_code = step.fault.code if step.fault else ""
    target.error_values = dict(step.fault.values) if step.fault else {}
    target.next_due_at = next_beat(target.next_due_at, answer.at, interval_s)
    target.lease_owner, target.lease_until = "", None
    return step


def next_beat(due: dt.datetime, now: dt.datetime, interval_s: int) -> dt.datetime:
    """The next multiple of the interval after `now`, so that the pace doesn't drift with the time a pass takes."""
    missed = int((now - due).total_seconds() // interval_s) + 1
    return due + dt.timedelta(seconds=max(1, missed) * interval_s)


_Steps = Sequence[tuple[ProbeTarget, Answer, Step]]


def _store_states(steps: _Steps, *, is_sample: bool) -> None:
    turned = {target.probe_id: step.turns for target, _answer, step in steps if step.turns}
    if not turned:
        return
    open_rows = {row.probe_id: row for row in ProbeState.objects.filter(probe_id__in=turned, ended_at=None)}
    for probe_id, row in open_rows.items():
        row.ended_at = max(turned[probe_id][0].at, row.first_seen_at)
    _upsert(ProbeState, list(open_rows.values()), ["id"], ["ended_at"])
    new = []
    for probe_id, turns in turned.items():
        ends = [turn.at for turn in turns[1:]]
        for turn, ended_at in zip(turns, [*ends, None], strict=True):
            new.append(
                ProbeState(
                    probe_id=probe_id, state=turn.state, cause=turn.cause, first_seen_at=turn.at, ended_at=ended_at,
                    is_sample=is_sample,
                )
            )  # fmt: skip
    ProbeState.objects.bulk_create(new)


def _add_sums(steps: _Steps, *, is_sample: bool) -> None:
    counted = [(target, answer, step) for target, answer, step in steps if step.sent]
    for model, start_of in ((ProbeHour, _hour), (ProbeDay, _day)):
        keys = {(target.probe_id, start_of(answer.at)) for target, answer, _step in counted}
        known = {(row.probe_id, row.start): row for row in _rows(model, keys)}
        for target, answer, step in counted:
            key = (target.probe_id, start_of(answer.at))
            if key not in known:
                known[key] = model(probe_id=key[0], start=key[1], is_sample=is_sample)
            _add(known[key], answer.round, step.sent)
        _upsert(model, list(known.values()), ["probe_id", "start"], _SUMMED)


def _upsert(model: type[Any], rows: Sequence[Any], unique: list[str], fields: list[str]) -> None:
    """As `bulk_update` would, for a twentieth of its time."""
    model._default_manager.bulk_create(rows, update_conflicts=True, unique_fields=unique, update_fields=fields)


_SUMMED = ["rounds", "sent", "received", "rtt_sum_ms", "rtt_min_ms", "rtt_max_ms", "histogram"]


def _rows(model: type[ProbeSum], keys: set[tuple[int, dt.datetime]]) -> Iterable[Any]:
    rows = model._default_manager.filter(probe_id__in={i for i, _s in keys}, start__in={s for _i, s in keys})
    return [row for row in rows if (row.probe_id, row.start) in keys]


def _add(row: ProbeSum, asked: Round, sent: int) -> None:
    row.rounds += 1
    row.sent += sent
    row.received += len(asked.rtts_ms)
    row.rtt_sum_ms += sum(asked.rtts_ms)
    row.rtt_min_ms = min(v for v in (row.rtt_min_ms, *asked.rtts_ms) if v is not None)
    row.rtt_max_ms = max(v for v in (row.rtt_max_ms, *asked.rtts_ms) if v is not None)
    row.histogram = merged((row.histogram, histogram(asked.rtts_ms)))


def _hour(at: dt.datetime) -> dt.datetime:
    return timezone.localtime(at).replace(minute=0, second=0, microsecond=0)


def _day(at: dt.datetime) -> dt.datetime:
    return timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
