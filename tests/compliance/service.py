"""A month of probe history, as the collectors store it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from collectors.histograms import histogram
from collectors.models import Probe, ProbeDay, ProbeHour, ProbeState, ProbeTarget
from compliance.service_facts import month_of
from inventory.models import Circuit, ContractDeduction, LineContract
from tests.compliance.world import World, saved

OCTOBER = month_of(2026, 10)


def on(day: int, hour: float = 0) -> dt.datetime:
    return OCTOBER.start + dt.timedelta(days=day - 1, hours=hour)


CUT = (on(5, 8), on(5, 13))


def contract(world: World, no: str = "C-1", **values: Any) -> LineContract:
    promised = {"sla_availability": Decimal("99.9"), "sla_rtt_ms": 20, "sla_loss": Decimal("0.1"), "restore_h": 4}
    found = saved(
        LineContract(
            contract_no=no, provider=world.provider, payer=world.tenant, start_on=dt.date(2024, 1, 1),
            end_on=dt.date(2030, 1, 1), deduction_rule="Below 99.9 %: 5 %; below 99.5 %: 20 %.", **promised, **values,
        )
    )  # fmt: skip
    for threshold, percent in (("99.9", 5), ("99.5", 20)):
        saved(ContractDeduction(contract=found, measure="availability", threshold=Decimal(threshold), percent=percent))
    return found


def measured(line: Circuit, name: str, *cuts: tuple[dt.datetime, dt.datetime], ms: float = 5.0) -> Probe:
    """A probe that answered all October but for these spans; 100 packets an hour."""
    probe = saved(Probe(circuit=line, name=name, target=f"10.8.0.{len(name)}"))
    ProbeTarget.objects.create(
        probe_id=probe.pk, circuit_id=line.pk, network_id=line.network_id, name=name, kind="icmp", target=probe.target,
        state="up", last_round_at=OCTOBER.end, next_due_at=OCTOBER.end,
    )  # fmt: skip
    at = OCTOBER.start
    for start, end in cuts:
        ProbeState.objects.create(probe_id=probe.pk, state="up", first_seen_at=at, ended_at=start)
        ProbeState.objects.create(probe_id=probe.pk, state="down", first_seen_at=start, ended_at=end)
        at = end
    ProbeState.objects.create(probe_id=probe.pk, state="up", first_seen_at=at)
    for model, hours in ((ProbeHour, 1), (ProbeDay, 24)):
        sent = 100 * hours
        steps = dict.fromkeys(histogram([ms]), sent)
        model.objects.bulk_create(
            model(
                probe_id=probe.pk, start=on(1, n * hours), rounds=20 * hours, sent=sent, received=sent,
                rtt_sum_ms=ms * sent, rtt_min_ms=ms, rtt_max_ms=ms, histogram=steps,
            )
            for n in range(31 * 24 // hours)
        )  # fmt: skip
    return probe
