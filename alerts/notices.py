"""What is to be told now: the first message, escalation, repetition, and that it is over."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping

from django.db import transaction
from django.utils import timezone

from alerts.hours import is_open
from alerts.models import Alert, AlertMatch, AlertPolicy, Delivery, EscalationStep, Notice

_BATCH = 250
_Occasion = Delivery.Occasion


def tell(
    alerts: Mapping[str, Alert], policies: Mapping[int, AlertPolicy], watched: Mapping[str, set[int]],
    returned: set[str], over: Iterable[Alert], at: dt.datetime,
) -> int:  # fmt: skip
    """Writes the notices that are due and each policy's course; returns how many notices there are."""
    loud = [a for a in alerts.values() if a.state in (Alert.State.FIRING, Alert.State.ACKNOWLEDGED)]
    courses = _Courses([*loud, *over], at)
    for alert in loud:
        for pk in sorted(watched.get(alert.key, ())):
            courses.advance(alert, policies[pk], has_returned=alert.key in returned)
    for alert in over:
        courses.end(alert, policies)
    courses.store()
    return len(courses.notices)


class _Courses:
    def __init__(self, alerts: Iterable[Alert], at: dt.datetime) -> None:
        pks = [alert.pk for alert in alerts]
        self.at, self.local = at, timezone.localtime(at)
        self.matches = {(m.alert_id, m.policy_id): m for m in AlertMatch.objects.filter(alert__in=pks)}
        self.told: dict[tuple[int, int], set[int]] = defaultdict(set)
        """Steps by alert and policy that have told of it."""
        self.unsent: dict[int, list[int]] = defaultdict(list)
        """Steps whose only notice has not gone into a message yet."""
        for alert_id, policy_id, step_id, delivery_id in Notice.objects.filter(
            alert__in=pks, occasion__in=(_Occasion.OPEN, _Occasion.ESCALATED)
        ).values_list("alert_id", "policy_id", "step_id", "delivery_id"):
            self.told[alert_id, policy_id].add(step_id)
            if delivery_id is None:
                self.unsent[alert_id].append(step_id)
        self.notices: list[Notice] = []
        self.changed: list[AlertMatch] = []
        self.added: list[AlertMatch] = []
        self.withdrawn: list[int] = []

    def advance(self, alert: Alert, policy: AlertPolicy, *, has_returned: bool) -> None:
        match, is_new = self._match(alert, policy)
        before = (match.began_at, match.told_at, match.repeats)
        if has_returned and match.began_at is not None:
            match.told_at = None
        if is_open(self.local, policy.days, policy.hours_from, policy.hours_to):
            is_firing = alert.state == Alert.State.FIRING
            held = self.at - alert.fires_from >= dt.timedelta(minutes=policy.after_min)
            if match.began_at is None and is_firing and held:
                match.began_at = match.told_at = self.at
            if match.began_at is not None:
                self._repeat(alert, policy, match)
                self._steps(alert, policy, match)
        if is_new:
            self.added.append(match)
        elif (match.began_at, match.told_at, match.repeats) != before:
            self.changed.append(match)

    def _match(self, alert: Alert, policy: AlertPolicy) -> tuple[AlertMatch, bool]:
        known = self.matches.get((alert.pk, policy.pk))
        if known is not None:
            return known, False
        return AlertMatch(alert_id=alert.pk, policy_id=policy.pk, policy_name=policy.name), True

    def _steps(self, alert: Alert, policy: AlertPolicy, match: AlertMatch) -> None:
        told = self.told[alert.pk, policy.pk]
        for step in _steps_of(policy):
            is_due = match.began_at is not None and self.at >= match.began_at + dt.timedelta(minutes=step.after_min)
            is_wanted = alert.state == Alert.State.FIRING or not step.only_if_unacknowledged
            if is_due and is_wanted and step.pk not in told and self._may_tell(alert, step):
                occasion = _Occasion.ESCALATED if step.after_min else _Occasion.OPEN
                self._add(alert, step, occasion)
                told.add(step.pk)
                match.told_at = self.at

    def _repeat(self, alert: Alert, policy: AlertPolicy, match: AlertMatch) -> None:
        told = [step for step in _steps_of(policy) if step.pk in self.told[alert.pk, policy.pk]]
        if not told or alert.state != Alert.State.FIRING:
            return
        every = dt.timedelta(minutes=policy.repeat_min)
        if match.told_at is None or (policy.repeat_min and self.at - match.told_at >= every):
            match.repeats += 1
            match.told_at = self.at
            for step in told:
                if self._may_tell(alert, step):
                    self._add(alert, step, _Occasion.REPEAT, match.repeats)

    @staticmethod
    def _may_tell(alert: Alert, step: EscalationStep) -> bool:
        """A channel that doesn't work isn't told of itself."""
        return step.channel.is_active and alert.key != f"channel:{step.channel_id}"

    def end(self, alert: Alert, policies: Mapping[int, AlertPolicy]) -> None:
        """Who was told hears that it is over; what was not sent yet is withdrawn, and then there is nothing to add."""
        unsent = set(self.unsent[alert.pk])
        if unsent:
            self.withdrawn.append(alert.pk)
        for (alert_id, policy_id), _match in self.matches.items():
            policy = policies.get(policy_id) if alert_id == alert.pk else None
            if policy is None or not policy.sends_resolved:
                continue
            for step in _steps_of(policy):
                if step.pk in self.told[alert_id, policy_id] - unsent and self._may_tell(alert, step):
                    self._add(alert, step, _Occasion.RESOLVED)

    def _add(self, alert: Alert, step: EscalationStep, occasion: str, number: int = 0) -> None:
        self.notices.append(
            Notice(
                alert_id=alert.pk, policy_id=step.policy_id, step_id=step.pk, channel_id=step.channel_id,
                occasion=occasion, number=number, due_at=self.at,
            )
        )  # fmt: skip

    def store(self) -> None:
        """The course and its notices together: a course that says "told" without a notice would be silence."""
        with transaction.atomic():
            Notice.objects.filter(alert__in=self.withdrawn, delivery=None).delete()
            AlertMatch.objects.bulk_create(self.added, batch_size=_BATCH, ignore_conflicts=True)
            AlertMatch.objects.bulk_update(self.changed, ["began_at", "told_at", "repeats"], batch_size=_BATCH)
            Notice.objects.bulk_create(self.notices, batch_size=_BATCH, ignore_conflicts=True)


def _steps_of(policy: AlertPolicy) -> list[EscalationStep]:
    """Prefetched with their channels."""
    return sorted(policy.steps.all(), key=lambda step: (step.after_min, step.order, step.pk))
