"""The overview: for staff the city (or their part of it) in figures, for a department its own lines and next steps."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from collectors.selectors import data_age, device_states
from compliance import texts
from compliance.models import Exemption, Finding, JudgeRun, Rule, RuleResult, VerdictChange
from compliance.selectors.coverage import coverage
from compliance.web.board_rows import board_rows
from compliance.web.boards import VIEW_BOARD, counts_of, lines_of, ordered
from compliance.web.figures import GROUPS, JUDGED, chip, group_word, share
from compliance.web.maps import has_map, map_data
from compliance.web.ring_pictures import ring_pictures
from compliance.web.rings import VIEW_RING, visible_rings
from inventory.models import BoundInterface, Circuit, ClassifiedCount, Device, Network, Region, Tenant
from inventory.models.code_lists import Tier
from kernel import policy
from kernel.registry import registry
from kernel.web.cells import url_of
from kernel.web.pages import SignedInView

# The city's own count, published in its reply of 2019: departments and lines.
REPLY_2019: Mapping[str, tuple[str, str]] = {
    Network.Kind.EXTRANET: ("82", "184"),
    Network.Kind.RESOURCE: ("160+", "182"),
    "classified": ("25+", "26"),
}
_COUNTY = 3
_COUNTED_ROLES = (Circuit.Role.ACCESS, Circuit.Role.STANDBY)
_TODO = {"FINDING", "WARN"}


class HomePage(SignedInView):
    def get(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if not policy.has_permission(user, VIEW_BOARD):
            return TemplateResponse(request, "compliance/home_other.html", {"roles": policy.roles_of(user)})
        lines = lines_of(user)
        if policy.own_org_ids(user):
            return TemplateResponse(request, "compliance/home_department.html", department_home(user, lines))
        return TemplateResponse(request, "compliance/home.html", home(user, lines))


def board_url(**query: Any) -> str:
    pairs = [(name, v) for name, value in query.items() for v in (value if isinstance(value, tuple) else (value,))]
    return f"{reverse('board')}?" + "&".join(f"{name}={value}" for name, value in pairs)


def findings_of(user: Any) -> QuerySet[Finding]:
    return policy.visible(user, registry.of(Finding), Finding.objects.all())


def home(user: Any, lines: QuerySet[Any]) -> dict[str, Any]:
    networks, total = _by_network(user, lines)
    divisions = _by_division(lines)
    counts = counts_of(lines)
    judged = sum(counts[g] for g in JUDGED)
    return {
        "last_run": JudgeRun.objects.order_by("-ended_at").first(),
        "counts": counts,
        "judged": judged,
        "conforming": share(counts["PASS"], judged),
        "devices": device_counts(user),
        "findings": findings_of(user).aggregate(
            open=Count("pk", filter=Q(state="open")), suspended=Count("pk", filter=Q(state="suspended"))
        ),
        "networks": networks,
        "total": total,
        "classified": _classified(user),
        "divisions": divisions,
        "map": map_data(divisions) if divisions and has_map() else None,
        "rings": _rings(user, lines),
        "tiers": _tiers(user),
        "rules": hit_rules(lines),
        "changes": _changes_today(user, lines),
        "todo": todo(user, lines),
        "is_restricted": policy.is_restricted(user),
    }


def _cells(counts: Mapping[str, int], **query: Any) -> list[dict[str, Any]]:
    """One number for each verdict, with the list it adds up to."""
    return [
        {"code": g, "label": group_word(g), "count": counts.get(g, 0), "url": board_url(**query, verdict=g)}
        for g in GROUPS
    ]


def _by_network(user: Any, lines: QuerySet[Any]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    counts: dict[int | None, Counter[str]] = defaultdict(Counter)
    for network_id, group, n in lines.order_by().values_list("network_id", "group").annotate(Count("pk")):
        counts[network_id][group] += n
    departments = dict(lines.order_by().values_list("network_id").annotate(Count("tenant_id", distinct=True)))
    city = {network_id: (n, of) for network_id, n, of in _of_the_city(lines)}
    age = data_age()
    found = []
    for network in policy.visible(user, registry.of(Network)).order_by("pk"):
        of = counts.get(network.pk, Counter())
        if not of and network.kind not in REPLY_2019:
            continue
        read = age.get(network.pk)
        reply = REPLY_2019.get(network.kind)
        found.append(
            {
                "network": network,
                "url": board_url(network=network.pk),
                "lines": sum(of.values()),
                "counts": of,
                "cells": _cells(of, network=network.pk),
                "departments": departments.get(network.pk, 0),
                "departments_url": f"{reverse('coverage')}?network={network.pk}",
                "reply": {"departments": reply[0], "lines": reply[1]} if reply else None,
                "city": {
                    **dict(zip(("lines", "departments"), city.get(network.pk, (0, 0)), strict=True)),
                    "url": board_url(network=network.pk, tier=Tier.CITY, role=_COUNTED_ROLES),
                },
                "read_at": read.newest_at if read else None,
            }
        )
    everything: Counter[str] = sum((Counter(row["counts"]) for row in found), Counter())
    total = {
        "lines": sum(everything.values()),
        "counts": everything,
        "cells": _cells(everything),
        "url": reverse("board"),
        "departments": sum(row["departments"] for row in found),
    }
    elsewhere = sum(sum(of.values()) for of in counts.values()) - total["lines"]
    return found, total | {"elsewhere": elsewhere}


def _of_the_city(lines: QuerySet[Any]) -> list[tuple[int | None, int, int]]:
    """By network, as the city counted in its reply: lines and departments of its own, no ring and no exit."""
    own = lines.filter(tenant__tier=Tier.CITY, role__in=_COUNTED_ROLES)
    return list(own.order_by().values_list("network_id").annotate(Count("pk"), Count("tenant_id", distinct=True)))


def _classified(user: Any) -> dict[str, Any] | None:
    spec = registry.of(ClassifiedCount)
    if not policy.can(user, "view", spec) or policy.is_restricted(user):
        return None
    latest = policy.visible(user, spec).order_by("-as_of").first()
    departments, lines = REPLY_2019["classified"]
    return {
        "count": latest,
        "url": reverse(f"{spec.route}-list"),
        "reply": {"departments": departments, "lines": lines},
    }


def _by_division(lines: QuerySet[Any]) -> list[dict[str, Any]]:
    """Counties and zones, those with most to deal with first. A line lies where its path says."""
    counties = {r.code: r for r in Region.objects.filter(level=_COUNTY).order_by("code")}
    managed = dict(Region.objects.filter(managed_by__kind=Region.Kind.ZONE).values_list("path", "managed_by__code"))
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for path, group, n in lines.order_by().values_list("region__path", "group").annotate(Count("pk")):
        for code in _divisions_of(path or "", counties, managed):
            counts[code][group] += n
    found = []
    for code, region in counties.items():
        of = counts.get(code, Counter())
        todo = sum(of[g] for g in _TODO)
        found.append(
            {
                "region": region,
                "code": code,
                "counts": of,
                "lines": sum(of.values()),
                "todo": todo,
                "judged": sum(of[g] for g in JUDGED),
                "url": board_url(region=code),
                "todo_url": board_url(region=code, verdict=("FINDING", "WARN")),
            }
        )
    found = [row for row in found if row["lines"] or row["region"].kind != Region.Kind.ZONE]
    return sorted(found, key=lambda row: (-row["todo"], -row["lines"], row["code"]))


def _divisions_of(path: str, counties: Mapping[str, Region], managed: Mapping[str, str]) -> set[str]:
    """The county by law and, where there is one, the zone that runs the place: each list holds the line."""
    parts = [part for part in path.split("/") if part]
    found = {part for part in parts if part in counties}
    found |= {zone for below, zone in managed.items() if path.startswith(below)}
    return found


def device_counts(user: Any) -> dict[str, int]:
    spec = registry.of(Device)
    if not policy.can(user, "view", spec):
        return {}
    found: Counter[str] = Counter()
    if policy.scope_filter(user, spec.permission("view"), spec.scope) is None:
        for age in data_age().values():
            found.update(up=age.up, down=age.down, unknown=age.unknown)
    else:
        ids = policy.visible(user, spec, Device.objects.all()).values_list("pk", flat=True)
        found.update(state.state for state in device_states(ids).values())
    return {"up": found["up"], "down": found["down"], "unknown": found["unknown"], "all": sum(found.values())}


def _rings(user: Any, lines: QuerySet[Any]) -> list[Any]:
    if not policy.has_permission(user, VIEW_RING):
        return []
    order = {"FINDING": 0, "WARN": 1, "UNKNOWN": 2}
    return sorted(ring_pictures(visible_rings(user), lines), key=lambda p: (order.get(p.verdict, 3), p.ring.pk))


def _tiers(user: Any) -> list[dict[str, Any]]:
    found = []
    for of in coverage(user):
        url = f"{reverse('coverage')}?tier={of.tier.value}"
        found.append(
            {
                "label": of.tier.label,
                "is_city": of.tier == Tier.CITY,
                "total": of.total,
                "connected": of.connected,
                "missing": of.missing,
                "url": url,
                "connected_url": f"{url}&connected=yes",
                "missing_url": f"{url}&connected=no",
                "width": round(1000 * of.connected / of.total),
            }
        )
    return found


def hit_rules(lines: QuerySet[Any], most: int = 5) -> list[dict[str, Any]]:
    rows = RuleResult.objects.filter(circuit__in=lines.order_by().values("pk"), verdict__in=_TODO, is_dry_run=False)
    hits = rows.order_by().values_list("rule_code").annotate(n=Count("pk")).order_by("-n", "rule_code")[:most]
    rules = {rule.code: rule for rule in Rule.objects.filter(code__in=[code for code, _n in hits])}
    return [
        {"code": code, "title": texts.rule_title(rules.get(code, code)), "count": n, "url": board_url(rule=code)}
        for code, n in hits
    ]


def _changes_today(user: Any, lines: QuerySet[Any], most: int = 8) -> dict[str, Any]:
    start = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    seen = Q(circuit__in=lines.order_by().values("pk"))
    if policy.has_permission(user, VIEW_RING):
        seen |= Q(ring__isnull=False)
    rows = VerdictChange.objects.filter(seen, at__gte=start).filter(Q(rule_code="") | Q(ring__isnull=False))
    latest = rows.order_by("-at", "-pk").select_related("circuit__tenant", "circuit__provider", "ring")
    return {"total": rows.count(), "rows": [_change(row) for row in latest[:most]]}


def _change(row: VerdictChange) -> dict[str, Any]:
    if row.circuit is not None:
        name = (
            row.circuit.tenant.short_name or row.circuit.tenant.name
            if row.circuit.tenant
            else str(row.circuit.provider)
        )
        subject, url = f"{name} {row.circuit.line_no or row.circuit.cid}", url_of(row.circuit)
    else:
        subject, url = str(row.ring), reverse("ring", args=[row.ring_id])
    return {
        "at": row.at,
        "before": chip(row.before),
        "after": chip(row.after),
        "subject": subject,
        "url": url,
        "sentence": texts.sentence(row.explanation),
        "is_worse": _badness(row.after) < _badness(row.before),
    }


def _badness(verdict: str) -> int:
    order = ("FINDING", "WARN", "UNKNOWN", "EXEMPT", "INFO", "PASS", "NOT_APPLICABLE")
    return order.index(verdict) if verdict in order else len(order)


def todo(user: Any, lines: QuerySet[Any]) -> list[dict[str, Any]]:
    """What this person can do something about, each with its count and its list."""
    found = []
    spec = registry.of(Circuit)
    if policy.can(user, "change", spec) and (n := _unbound(lines)):
        url = f"{reverse(f'{spec.route}-list')}?status=active&bound_count=0"
        found.append({"icon": "unlink", "text": _("Bind the ports of lines that have none"), "count": n, "url": url})
    devices = device_counts(user)
    if devices.get("down") and policy.has_permission(user, "collect.poll"):
        found.append(
            {
                "icon": "router",
                "text": _("Find out why devices don't answer"),
                "count": devices["down"],
                "url": f"{reverse('device-states')}?state=down",
            }
        )
    ending = _ending_exemptions(user)
    if ending["count"]:
        found.append(ending)
    return found


def _unbound(lines: QuerySet[Any]) -> int:
    bound = BoundInterface.objects.filter(termination__circuit=OuterRef("pk"))
    return lines.filter(~Exists(bound), status=Circuit.Status.ACTIVE).count()


def _ending_exemptions(user: Any) -> dict[str, Any]:
    spec = registry.of(Exemption)
    if not policy.can(user, "change", spec):
        return {"count": 0}
    until = timezone.localdate() + dt.timedelta(days=60)
    rows = policy.visible(user, spec, Exemption.objects.all())
    count = rows.filter(revoked=False, expires_on__gte=timezone.localdate(), expires_on__lte=until).count()
    query = f"?revoked=false&expires_on__gte={timezone.localdate()}&expires_on__lte={until}"
    return {
        "icon": "shield-half",
        "text": _("Exemptions that end within 60 days"),
        "count": count,
        "url": reverse(f"{spec.route}-list") + query,
    }


def department_home(user: Any, lines: QuerySet[Any]) -> dict[str, Any]:
    """The same truth in a calmer form: my lines, my findings, what to do next."""
    counts = counts_of(lines)
    listed = ordered(lines, "").select_related("tenant", "network", "provider", "region", "line_verdict")[:20]
    findings = findings_of(user).filter(state="open").select_related("rule__clause__document", "circuit__tenant")
    rows = board_rows(list(listed))
    return {
        "tenants": list(Tenant.objects.filter(pk__in=policy.own_org_ids(user)).order_by("pk")),
        "counts": counts,
        "cells": [cell for cell in _cells(counts) if cell["count"]],
        "lines": [{"row": row, "next_step": texts.next_step(_headline(row))} for row in rows],
        "total": sum(counts.values()),
        "judged": sum(counts[g] for g in JUDGED),
        "findings": [
            {
                "finding": f,
                "sentence": texts.sentence(f.explanation),
                "next_step": texts.next_step(f.explanation),
                "title": texts.rule_title(f.rule),
                "url": reverse("finding", args=[f.pk]),
            }
            for f in findings.order_by("-opened_at", "pk")[:10]
        ],
        "findings_total": findings.count(),
        "board_url": reverse("board"),
        "last_run": JudgeRun.objects.order_by("-ended_at").first(),
    }


def _headline(row: Any) -> Mapping[str, Any] | None:
    said = getattr(row.line, "line_verdict", None)
    return said.headline if said and row.verdict in _TODO else None
