"""Compares what is wrong with what was: opens, changes and closes alerts. May run at any time and any number of times.

Everything follows from the database, so an evaluation that was killed halfway is simply done again. Numbers of
policies and open alerts are small; what grows with the city is read in a fixed number of queries.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from alerts.causes import causes
from alerts.facts import gather
from alerts.leases import evaluating
from alerts.matching import covering, watched_by, windows_at
from alerts.models import Alert, AlertPolicy, EvaluationRun
from alerts.notices import tell
from alerts.outbox import gather_messages
from alerts.problems import Problem

BATCH = 250
PATIENCE = dt.timedelta(minutes=45)  # a device that was silent is asked again at the latest every 30 minutes
_CHANGED = [
    "state", "severity", "label", "explanation", "details", "since", "fires_from", "resolved_at", "parent",
    "maintenance_until", "maintenance_name", "finding_id", "rule_code", "org_id", "area_path", "network_id",
]  # fmt: skip


_LOUD = (Alert.State.FIRING, Alert.State.ACKNOWLEDGED)


@dataclass(frozen=True)
class Evaluated:
    problems: int
    opened: int
    resolved: int
    notices: int
    messages: int
    seconds: float


def evaluate(at: dt.datetime | None = None, wait_s: float = 0.0) -> Evaluated:
    """Raises AlreadyEvaluating when another evaluation keeps at it for longer than `wait_s`."""
    started = time.perf_counter()
    with evaluating(wait_s):
        at = at or timezone.now()
        run = _Run(at)
        run.go()
        notices = tell(run.alerts, run.policies, run.watched, run.returned, run.over, at)
        messages = gather_messages(at)
        seconds = round(time.perf_counter() - started, 3)
        EvaluationRun.objects.update_or_create(
            pk=1, defaults={"at": at, "problems": len(run.problems), "seconds": seconds}
        )
    return Evaluated(len(run.problems), run.opened, run.closed, notices, messages, seconds)


def active_policies() -> list[AlertPolicy]:
    rows = AlertPolicy.objects.filter(is_active=True).select_related("region").prefetch_related("steps__channel")
    return list(rows.order_by("pk"))


class _Run:
    def __init__(self, at: dt.datetime) -> None:
        self.at = at
        self.policies = {policy.pk: policy for policy in active_policies()}
        # What people wrote is changed here alone, so that an acknowledgement of this very moment isn't overwritten.
        ended = Alert.objects.filter(resolved_at=None, acknowledged_until__lte=at)
        ended.update(acknowledged_at=None, acknowledged_until=None)
        rows = Alert.objects.filter(resolved_at=None).select_related("parent").order_by("pk")
        self.alerts: dict[str, Alert] = {alert.key: alert for alert in rows}
        found = causes(gather(at, self.alerts.keys()), self.alerts.keys())
        self.problems: Mapping[str, Problem] = found.problems
        self.parent = found.parent
        self.watched = watched_by(self.problems, self.parent, self.policies.values())
        self.windows = windows_at(at)
        self.returned: set[str] = set()
        """Alerts that were quiet and fire now: who was told before is told again."""
        self.over: list[Alert] = []
        """Closed because nothing is wrong any more."""
        self.opened = self.closed = 0
        self._last_number: int | None = None

    def go(self) -> None:
        before = {key: _picture(alert) for key, alert in self.alerts.items()}
        for key, alert in self.alerts.items():
            if key not in self.watched:
                self._close(alert)
        self._open(self._ripe())
        for key in self.watched:
            if key in self.alerts and key in before:
                self._update(self.alerts[key], self.problems[key])
        changed = [a for key, a in self.alerts.items() if key in before and _picture(a) != before[key]]
        for start in range(0, len(changed), BATCH):
            with transaction.atomic():
                Alert.objects.bulk_update(changed[start : start + BATCH], _CHANGED)
        self.alerts = {key: alert for key, alert in self.alerts.items() if alert.is_open}

    def _ripe(self) -> list[str]:
        """New problems that have held long enough, what explains them before what they explain."""
        fresh = [key for key in self.watched if key not in self.alerts]
        ripe = {key for key in fresh if key not in self.parent and self._has_held(key)}
        for _depth in range(3):  # device, network, collector
            ripe |= {k for k in fresh if (above := self.parent.get(k)) in ripe or above in self.alerts}
        ordered = [key for key in fresh if key in ripe]
        return sorted(ordered, key=self._depth)

    def _depth(self, key: str) -> int:
        depth = 0
        while (above := self.parent.get(key)) is not None and depth < 4:
            key, depth = above, depth + 1
        return depth

    def _has_held(self, key: str) -> bool:
        problem = self.problems[key]
        shortest = min(self.policies[pk].after_min for pk in self.watched[key])
        return not problem.is_awaiting and self.at - problem.since >= dt.timedelta(minutes=shortest)

    def _open(self, keys: Sequence[str]) -> None:
        """Level by level: a parent is stored before the alerts that refer to it."""
        for depth in sorted({self._depth(key) for key in keys}):
            level = [key for key in keys if self._depth(key) == depth]
            for start in range(0, len(level), BATCH):
                rows = [self._new(self.problems[key]) for key in level[start : start + BATCH]]
                with transaction.atomic():
                    Alert.objects.bulk_create(rows)
                self.alerts |= {row.key: row for row in rows}
                self.opened += len(rows)

    def _new(self, problem: Problem) -> Alert:
        alert = Alert(
            number=self._next_number(), key=problem.key, kind=problem.kind, subject_type=problem.subject.object_type,
            subject_id=problem.subject.object_id, opened_at=self.at, fires_from=problem.since,
        )  # fmt: skip
        self._describe(alert, problem)
        self._settle(alert, problem)
        return alert

    def _describe(self, alert: Alert, problem: Problem) -> None:
        subject = problem.subject
        alert.label, alert.severity, alert.rule_code = subject.label[:200], problem.severity, problem.rule_code
        alert.finding_id, alert.network_id = problem.finding_id or alert.finding_id, subject.network_id
        alert.org_id, alert.area_path = subject.org_id, subject.area_path
        alert.explanation, alert.since = dict(problem.explanation), min(problem.since, alert.since or problem.since)
        alert.details = dict(problem.details)

    def _settle(self, alert: Alert, problem: Problem) -> None:
        window = covering(problem, self.windows)
        alert.maintenance_until = window.ends_at if window else None
        alert.maintenance_name = window.name if window else ""
        above = self.alerts.get(self.parent.get(alert.key, ""))
        alert.parent = above
        if window is not None:
            alert.state = Alert.State.MAINTENANCE
        elif above is not None:
            alert.state = Alert.State.SUPPRESSED
        elif _is_acknowledged(alert, self.at):
            alert.state = Alert.State.ACKNOWLEDGED
        else:
            alert.state = Alert.State.FIRING

    def _update(self, alert: Alert, problem: Problem) -> None:
        was, above = alert.state, alert.parent
        self._describe(alert, problem)
        self._settle(alert, problem)
        if was == Alert.State.SUPPRESSED and above is not None and alert.state in _LOUD:
            gone_at = self._gone_at(above)
            if not self._is_looked_at_since(gone_at, problem):
                alert.parent, alert.state = above, Alert.State.SUPPRESSED
                return
            alert.fires_from = gone_at
        if alert.state == Alert.State.FIRING and was != Alert.State.FIRING:
            self.returned.add(alert.key)

    def _gone_at(self, above: Alert) -> dt.datetime:
        """When the explanation was over; before everything when it still stands and no longer explains this."""
        if above.resolved_at is not None:
            return above.resolved_at
        now = self.alerts.get(above.key)
        return self.at if now is None or now.resolved_at is not None else above.opened_at

    def _is_looked_at_since(self, gone_at: dt.datetime, problem: Problem) -> bool:
        """Whether its subject was read after its explanation was over; until then it is still explained."""
        if self.at - gone_at > PATIENCE:
            return True
        return problem.checked_at is not None and problem.checked_at > gone_at

    def _close(self, alert: Alert) -> None:
        alert.state, alert.resolved_at = Alert.State.RESOLVED, self.at
        self.closed += 1
        if alert.key not in self.problems:
            self.over.append(alert)

    def _next_number(self) -> str:
        year = timezone.localtime(self.at).year
        if self._last_number is None:
            last = Alert.objects.filter(number__startswith=f"GJ-{year}-").order_by("-pk").first()
            self._last_number = int(last.number.rsplit("-", 1)[1]) if last is not None else 0
        self._last_number += 1
        return f"GJ-{year}-{self._last_number:05d}"


def _is_acknowledged(alert: Alert, at: dt.datetime) -> bool:
    return alert.acknowledged_at is not None and (alert.acknowledged_until is None or alert.acknowledged_until > at)


def _picture(alert: Alert) -> dict[str, Any]:
    return {name: getattr(alert, f"{name}_id" if name == "parent" else name) for name in _CHANGED}
