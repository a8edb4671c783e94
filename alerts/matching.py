"""Which policies watch a problem, and which announced work covers it. Few rows, so both are asked in Python."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

from alerts.models import Alert, AlertPolicy
from alerts.problems import Problem
from compliance.models import Rule
from inventory.models import MaintenanceWindow

_WORST_FIRST = (Rule.Severity.SEVERE, Rule.Severity.MAJOR, Rule.Severity.MINOR)


def is_watched(policy: AlertPolicy, problem: Problem) -> bool:
    """The policy's region must be joined in. What is the whole product's concern is no single division's."""
    if problem.kind == Alert.Kind.SYSTEM:
        return policy.on_system and policy.network_id is None and policy.region_id is None
    if policy.network_id is not None and policy.network_id != problem.subject.network_id:
        return False
    if policy.region is not None and not problem.subject.area_path.startswith(policy.region.path):
        return False
    if problem.kind == Alert.Kind.DEVICE:
        return policy.on_device_down
    if problem.kind == Alert.Kind.NETWORK:
        return policy.on_network_silent
    if problem.kind == Alert.Kind.CONTRACT:
        return policy.on_contracts
    return policy.on_findings and _wants_rule(policy, problem) and _is_severe_enough(policy, problem.severity)


def _wants_rule(policy: AlertPolicy, problem: Problem) -> bool:
    return not policy.codes or problem.rule_code in policy.codes


def _is_severe_enough(policy: AlertPolicy, severity: str) -> bool:
    return _WORST_FIRST.index(Rule.Severity(severity)) <= _WORST_FIRST.index(Rule.Severity(policy.min_severity))


def watched_by(
    problems: Mapping[str, Problem], parent: Mapping[str, str], policies: Iterable[AlertPolicy]
) -> dict[str, set[int]]:
    """Policies by problem. Who watches something is told of what explains it, else a dead uplink would be silence."""
    listed = list(policies)
    found = {key: {p.pk for p in listed if is_watched(p, problem)} for key, problem in problems.items()}
    for key in problems:
        above, seen = parent.get(key), {key}
        while above is not None and above not in seen:
            found[above] |= found[key]
            seen.add(above)
            above = parent.get(above)
    return {key: pks for key, pks in found.items() if pks}


def windows_at(at: dt.datetime) -> list[MaintenanceWindow]:
    rows = MaintenanceWindow.objects.filter(starts_at__lte=at, ends_at__gt=at).select_related("region")
    return list(rows.order_by("-ends_at", "pk"))


def covering(problem: Problem, windows: Iterable[MaintenanceWindow]) -> MaintenanceWindow | None:
    """Of the windows that cover the problem the one that ends last; they come in that order."""
    return next((window for window in windows if _covers(window, problem)), None)


def _covers(window: MaintenanceWindow, problem: Problem) -> bool:
    subject = problem.subject
    conditions = (
        (window.circuit_id, window.circuit_id == subject.circuit_id),
        (window.device_id, window.device_id == subject.device_id),
        (window.site_id, window.site_id in subject.site_ids),
        (window.provider_id, window.provider_id == subject.provider_id),
        (window.network_id, window.network_id == subject.network_id),
        (window.region_id, window.region is not None and subject.area_path.startswith(window.region.path)),
    )
    return any(given for given, _holds in conditions) and all(holds for given, holds in conditions if given)
