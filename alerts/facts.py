"""What is wrong now, from findings, device states, ages of data and runs. A fixed number of queries."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db.models import Max
from django.utils import timezone

from alerts import subjects
from alerts.models import Alert, AlertChannel, Delivery
from alerts.network_graph import Network as Drawn
from alerts.network_graph import load
from alerts.problems import LINE_DOWN, Problem, device_key, line_key, network_key
from alerts.topology import Node, device, line
from collectors.models import CollectorRun, SeenInterface, Target
from collectors.selectors import data_age
from compliance.models import Finding, JudgeRun, Rule
from compliance.tasks import EVERY_S as JUDGE_EVERY_S
from inventory.models import Circuit, CircuitTermination, Device, LineContract, Network

CHUNK = 500
_MAJOR, _SEVERE, _MINOR = Rule.Severity.MAJOR.value, Rule.Severity.SEVERE.value, Rule.Severity.MINOR.value


@dataclass(frozen=True, slots=True)
class Asked:
    """How asking a device went last."""

    state: str
    since: dt.datetime | None
    ok_at: dt.datetime | None
    asked_at: dt.datetime | None
    error: str


@dataclass
class Facts:
    at: dt.datetime
    devices: dict[int, dict[str, Any]] = field(default_factory=dict)
    asked: dict[int, Asked] = field(default_factory=dict)
    drawn: Drawn = field(default_factory=Drawn)
    problems: dict[str, Problem] = field(default_factory=dict)
    down_ports: dict[int, tuple[str, str, dt.datetime]] = field(default_factory=dict)
    """By line: the device that answers and shows the line's port down, the port, since when."""

    def add(self, problem: Problem) -> None:
        self.problems[problem.key] = problem

    @property
    def silent(self) -> set[Node]:
        return {p.node for p in self.problems.values() if p.kind == Alert.Kind.DEVICE and p.node is not None}

    @property
    def answering(self) -> list[Node]:
        return [device(pk) for pk, asked in self.asked.items() if asked.state == Target.State.UP]


def gather(at: dt.datetime, open_keys: Iterable[str] = ()) -> Facts:
    """`open_keys` are those of open alerts: a device that was silent and now is only unknown has not come back."""
    facts = Facts(at)
    known = set(open_keys)
    _read_devices(facts)
    _silent_devices(facts, known)
    facts.drawn = load({pk: row["name"] for pk, row in facts.devices.items()},
                       {pk: row["location_id"] for pk, row in facts.devices.items()})  # fmt: skip
    _findings(facts)
    _read_down_ports(facts)
    _networks(facts)
    _product(facts)
    _contracts(facts)
    return facts


def _read_devices(facts: Facts) -> None:
    columns = ("id", "name", "tenant_id", "site_id", "site__region__path", "network_id", "location_id")
    facts.devices = {row["id"]: row for row in Device.objects.order_by("id").values(*columns)}
    rows = Target.objects.filter(is_polled=True).values_list(
        "device_id", "state", "state_since_at", "last_ok_at", "last_try_at", "error_message"
    )
    facts.asked = {row[0]: Asked(row[1], row[2], row[3], row[4], row[5]) for row in rows if row[0] in facts.devices}


def _silent_devices(facts: Facts, known: set[str]) -> None:
    for pk, asked in facts.asked.items():
        is_down = asked.state == Target.State.DOWN
        if is_down or (asked.state == Target.State.UNKNOWN and device_key(pk) in known):
            since = asked.since or asked.ok_at or facts.at
            said = {"code": "alert_device_silent", "values": {
                "device": facts.devices[pk]["name"], "since": since.isoformat(), "error": asked.error,
            }}  # fmt: skip
            facts.add(
                Problem(
                    device_key(pk), Alert.Kind.DEVICE, subjects.of_device(facts.devices[pk]), _MAJOR, said, since,
                    checked_at=asked.asked_at, node=device(pk),
                )
            )  # fmt: skip


def _findings(facts: Facts) -> None:
    """Open ones. A line that is down goes by its line, whatever found it first."""
    judged = JudgeRun.objects.aggregate(at=Max("started_at"))["at"]
    relations = [f.name for f in Finding._meta.concrete_fields if f.is_relation and f.name != "recurrence_of"]
    rows = list(Finding.objects.filter(state=Finding.State.OPEN).select_related(*relations).order_by("pk"))
    sites = _sites_of(row.circuit_id for row in rows if row.circuit_id)
    for row in rows:
        subject = subjects.of_finding(row)
        if row.circuit_id is not None:
            subject = subjects.at_sites(subject, sites.get(row.circuit_id, frozenset()))
        down_id = row.circuit_id if row.rule.code == LINE_DOWN else None
        facts.add(
            Problem(
                f"finding:{row.pk}" if down_id is None else line_key(down_id),
                Alert.Kind.FINDING if down_id is None else Alert.Kind.LINE, subject, row.severity, row.explanation,
                row.opened_at, checked_at=judged, rule_code=row.rule.code, finding_id=row.pk,
                node=line(row.circuit_id) if row.circuit_id else None,
            )
        )  # fmt: skip


def _sites_of(circuit_ids: Iterable[int | None]) -> dict[int, frozenset[int]]:
    wanted = sorted({pk for pk in circuit_ids if pk is not None})
    found: dict[int, set[int]] = defaultdict(set)
    for start in range(0, len(wanted), CHUNK):
        rows = CircuitTermination.objects.filter(circuit_id__in=wanted[start : start + CHUNK], site__isnull=False)
        for circuit_id, site_id in rows.values_list("circuit_id", "site_id"):
            found[circuit_id].add(site_id)
    return {pk: frozenset(ids) for pk, ids in found.items()}


def _read_down_ports(facts: Facts) -> None:
    """Lines with a silent device at one end whose port at the other, which answers, is down: the line itself broke."""
    silent = {pk for kind, pk in facts.silent}
    lines = {b.circuit_id for b in facts.drawn.bindings if b.device_id in silent}
    ends = {
        (b.device_id, b.port): b.circuit_id
        for pk in lines for b in facts.drawn.of_line[pk]
        if not b.is_shared and b.device_id in facts.asked and facts.asked[b.device_id].state == Target.State.UP
    }  # fmt: skip
    ids = sorted({pk for pk, _port in ends})
    for start in range(0, len(ids), CHUNK):
        rows = SeenInterface.objects.filter(device_id__in=ids[start : start + CHUNK], ended_at=None, oper="down")
        for pk, port, name, since in rows.exclude(admin="down").values_list(
            "device_id", "port", "name", "state_since_at"
        ):
            if (pk, port) in ends:
                facts.down_ports[ends[pk, port]] = (facts.devices[pk]["name"], name or port, since)


def line_problems(facts: Facts, circuit_ids: Iterable[int]) -> list[Problem]:
    """For lines whose port was seen down and which have no finding yet."""
    wanted = list(circuit_ids)
    severity = Rule.objects.filter(code=LINE_DOWN).values_list("severity", flat=True).first() or _MAJOR
    sites = _sites_of(wanted)
    found = []
    for start in range(0, len(wanted), CHUNK):
        for row in Circuit.objects.filter(pk__in=wanted[start : start + CHUNK]).select_related("region").order_by("pk"):
            name, port, since = facts.down_ports[row.pk]
            said = {"code": "alert_line_down", "values": {"device": name, "port": port, "since": since.isoformat()}}
            found.append(
                Problem(
                    line_key(row.pk), Alert.Kind.LINE,
                    subjects.of_line(row, row.region.path if row.region else "", sites.get(row.pk, frozenset())),
                    severity, said, since, checked_at=facts.at, rule_code=LINE_DOWN, node=line(row.pk),
                )
            )  # fmt: skip
    return found


def _networks(facts: Facts) -> None:
    """Networks of which nothing was read for longer than their own limit; newest reading first known."""
    ages = data_age(facts.at)
    for network in Network.objects.filter(pk__in=[pk for pk in ages if pk is not None]).order_by("pk"):
        age = ages[network.pk]
        if age.newest_at is None or age.age_s is None or age.age_s <= network.data_age_limit_min * 60:
            continue
        said = {"code": "alert_network_silent", "values": {
            "network": network.name, "since": age.newest_at.isoformat(), "devices": age.devices,
        }}  # fmt: skip
        facts.add(
            Problem(
                network_key(network.pk), Alert.Kind.NETWORK, subjects.of_network(network), _SEVERE, said, age.newest_at,
                checked_at=facts.at,
            )
        )  # fmt: skip


def _product(facts: Facts) -> None:
    asked_at = CollectorRun.objects.aggregate(at=Max("started_at"))["at"]
    if facts.asked and asked_at is not None:
        _stopped(facts, "collector", "alert_collector_stopped", asked_at, 3 * settings.POLL_INTERVAL_S)
    judged_at = JudgeRun.objects.aggregate(at=Max("ended_at"))["at"]
    if judged_at is not None:
        _stopped(facts, "judge", "alert_judge_stopped", judged_at, 4 * JUDGE_EVERY_S)
    _failing_channels(facts)


def _stopped(facts: Facts, key: str, code: str, last_at: dt.datetime, limit_s: float) -> None:
    if (facts.at - last_at).total_seconds() > max(limit_s, 900):
        said = {"code": code, "values": {"since": last_at.isoformat()}}
        facts.add(Problem(f"system:{key}", Alert.Kind.SYSTEM, subjects.PRODUCT, _SEVERE, said, last_at,
                          checked_at=facts.at))  # fmt: skip


def _failing_channels(facts: Facts) -> None:
    """Channels with a message given up since the last one that got through."""
    sent = Delivery.objects.filter(state=Delivery.State.SENT).exclude(occasion=Delivery.Occasion.TEST)
    last = dict(sent.order_by().values_list("channel_id").annotate(at=Max("sent_at")))
    lost = Delivery.objects.filter(state=Delivery.State.GIVEN_UP).exclude(occasion=Delivery.Occasion.TEST)
    rows = lost.order_by().values_list("channel_id").annotate(at=Max("next_try_at"))
    failing = {pk: at for pk, at in rows if pk not in last or last[pk] < at}
    for channel in AlertChannel.objects.filter(pk__in=list(failing), is_active=True).order_by("pk"):
        said = {"code": "alert_channel_failing", "values": {"channel": channel.name}}
        facts.add(
            Problem(
                f"channel:{channel.pk}", Alert.Kind.SYSTEM,
                subjects.Subject("alerts.alertchannel", channel.pk, channel.name), _MAJOR, said, failing[channel.pk],
                checked_at=facts.at,
            )
        )  # fmt: skip


def _contracts(facts: Facts) -> None:
    """Contracts of lines in use that are near their last day or past it."""
    today = timezone.localdate(facts.at)
    rows = LineContract.objects.filter(
        circuits__status=Circuit.Status.ACTIVE, end_on__lte=today + dt.timedelta(days=730)
    ).select_related("payer__region")
    for row in rows.order_by("pk").distinct():
        remind_on = row.end_on - dt.timedelta(days=row.reminder_days)
        if remind_on > today:
            continue
        said = {"code": "alert_contract_over" if row.end_on < today else "alert_contract_ends", "values": {
            "contract": row.contract_no, "end_on": row.end_on.isoformat(),
        }}  # fmt: skip
        since = timezone.make_aware(dt.datetime.combine(remind_on, dt.time()), timezone.get_default_timezone())
        region = row.payer.region
        facts.add(
            Problem(
                f"contract:{row.pk}", Alert.Kind.CONTRACT, subjects.of_contract(row, region.path if region else ""),
                _MINOR, said, since, checked_at=facts.at,
            )
        )  # fmt: skip
