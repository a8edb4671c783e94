"""What lines cost: by department, carrier, network and division, and where money can be saved."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models.functions import Length
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from compliance import texts
from compliance.selectors.costs import (
    DAYS,
    IDLE_DAYS,
    OVER_DAYS,
    OVER_SHARE,
    CostSum,
    IdleLine,
    LineCost,
    OverBought,
    grouped,
    idle_lines,
    line_costs,
    lines_down,
    over_bought,
    summed,
)
from compliance.web.board_filters import NONE
from compliance.web.boards import VIEW_BOARD
from compliance.web.contracts import yuan
from compliance.web.dashboards import board_url
from compliance.web.figures import bandwidth, lasting, mbit
from inventory.models import Region
from inventory.selectors.contracts import RENTED
from kernel.web.lists import sheet_response
from kernel.web.pages import SignedInView
from kernel.web.paging import address, slice_of

_MBIT = 1_000_000


@dataclass(frozen=True)
class _By:
    """One way to add costs up."""

    code: str
    title: Promise
    parameter: str  # of the line audit, to list a group's lines
    key: Callable[[LineCost], Any]
    label: Callable[[LineCost], str]
    nobody: Promise


_BY = (
    _By(
        "department", gettext_lazy("By department"), "tenant", lambda line: line.tenant_id, lambda line: line.tenant,
        gettext_lazy("no department recorded"),
    ),
    _By(
        "carrier", gettext_lazy("By carrier"), "provider", lambda line: line.provider_id, lambda line: line.provider,
        gettext_lazy("none"),
    ),
    _By(
        "network", gettext_lazy("By network"), "network", lambda line: line.network_id, lambda line: line.network,
        gettext_lazy("no network recorded"),
    ),
)  # fmt: skip
_DIVISION, _IDLE, _OVER = "division", "idle", "overbought"
_TABS = (
    *((by.code, by.title) for by in _BY),
    (_DIVISION, gettext_lazy("By division")),
    (_IDLE, gettext_lazy("Idle lines")),
    (_OVER, gettext_lazy("Over-bought lines")),
)


@dataclass(frozen=True)
class Group:
    label: str
    url: str
    sum: CostSum


class CostsPage(SignedInView):
    permission = VIEW_BOARD

    def get(self, request: HttpRequest) -> HttpResponse:
        lines = line_costs(request.user)
        tab = request.GET.get("by", "")
        tab = tab if tab in dict(_TABS) else _BY[0].code
        idle, over = idle_lines(lines, lines_down(lines)), over_bought(lines)
        if tab == _IDLE:
            rows: Sequence[Any] = idle
            show, sheet = _idle_row, _idle_sheet
        elif tab == _OVER:
            rows, show, sheet = over, _over_row, _over_sheet  # type: ignore[assignment]  # each its own kind of row
        else:
            rows = division_groups(lines) if tab == _DIVISION else _groups(lines, next(b for b in _BY if b.code == tab))
            show, sheet = _group_row, _group_sheet  # type: ignore[assignment]  # each its own kind of row
        if request.GET.get("export") == "xlsx":
            return sheet_response(sheet(rows), f"costs-{tab}", "xlsx")  # type: ignore[arg-type]  # as chosen above
        found, pager = slice_of(rows, request.GET)
        return TemplateResponse(
            request,
            "compliance/costs.html",
            {
                "tab": tab,
                "tabs": [
                    {"title": title, "active": code == tab, "url": f"?by={code}", "count": count}
                    for (code, title), count in zip(_TABS, (None, None, None, None, len(idle), len(over)), strict=True)
                ],
                "rows": [show(row) for row in found],  # type: ignore[arg-type]  # as chosen above
                "pager": pager,
                "total": _group_row(Group(_("All lines"), board_url(status=RENTED), summed(lines))),
                "figures": _figures(lines, idle, over),
                "export_url": address(request.GET, by=tab, export="xlsx", page=None),
                "is_division": tab == _DIVISION,
                "days": DAYS,
                "idle_days": IDLE_DAYS,
                "over_days": OVER_DAYS,
                "over_percent": round(100 * OVER_SHARE),
            },
        )


# Groups --------------------------------------------------------------------------------------------------------


def _groups(lines: Sequence[LineCost], by: _By) -> list[Group]:
    """The dearest first."""
    labels = {by.key(line): by.label(line) for line in lines}
    sums = grouped(lines, lambda line: (by.key(line),))
    found = [
        Group(
            labels[key] if key is not None else str(by.nobody),
            board_url(**{by.parameter: NONE if key is None else key}, status=RENTED),
            of,
        )
        for key, of in sums.items()
    ]
    return _dearest_first(found)


def _dearest_first(groups: Iterable[Group]) -> list[Group]:
    return sorted(groups, key=lambda group: (-group.sum.fee, -group.sum.lines, group.label, group.url))


def division_groups(lines: Sequence[LineCost]) -> list[Group]:
    """Counties and zones as the line audit lists them: a place that a zone runs counts with its county too."""
    counties = dict(Region.objects.filter(level=Region.Level.COUNTY).values_list("code", "name"))
    managed = list(
        Region.objects.filter(managed_by__kind=Region.Kind.ZONE)
        .annotate(length=Length("path"))
        .order_by("-length", "pk")
        .values_list("path", "managed_by__code")
    )
    known: dict[str, tuple[str, ...]] = {}

    def of(line: LineCost) -> tuple[str, ...]:
        if line.region_path not in known:
            known[line.region_path] = _divisions_of(line.region_path, counties, managed)
        return known[line.region_path]

    return _dearest_first(
        Group(counties[code] if code else _("in no county"), board_url(region=code or NONE, status=RENTED), of_group)
        for code, of_group in grouped(lines, of).items()
    )


def _divisions_of(path: str, counties: Mapping[str, str], managed: list[tuple[str, str]]) -> tuple[str, ...]:
    found = {part for part in path.split("/") if part in counties}
    found |= {zone for below, zone in managed if path.startswith(below) and zone in counties}
    return tuple(sorted(found)) or ("",)


def _group_row(group: Group) -> dict[str, Any]:
    of = group.sum
    return {
        "label": group.label,
        "url": group.url,
        "lines": of.lines,
        "fee": yuan(of.fee),
        "without_fee": of.without_fee,
        "approved": bandwidth(of.approved_mbps) if of.without_approved < of.lines else "",
        "without_approved": of.without_approved,
        "used": mbit(of.used_mbps * _MBIT) if of.used_mbps is not None else "",
        "without_usage": of.without_usage,
        "per_approved": yuan(of.fee_per_approved, 2),
        "per_used": yuan(of.fee_per_used, 2),
    }


def _group_sheet(groups: Sequence[Group]) -> Iterable[list[Any]]:
    yield [
        _("Group"), _("Lines"), _("Fee of the month, yuan"), _("Lines without a fee"), _("Approved, Mbit/s"),
        _("Lines without an approved bandwidth"), _("Used, Mbit/s"), _("Lines without data"),
        _("Yuan per approved Mbit/s"), _("Yuan per used Mbit/s"),
    ]  # fmt: skip
    for group in groups:
        of = group.sum
        yield [
            group.label, of.lines, float(of.fee), of.without_fee,
            of.approved_mbps if of.without_approved < of.lines else None, of.without_approved,
            None if of.used_mbps is None else round(of.used_mbps, 2), of.without_usage,
            _number(of.fee_per_approved), _number(of.fee_per_used),
        ]  # fmt: skip


def _number(value: Decimal | None) -> float | None:
    return None if value is None else round(float(value), 2)


# Ranked lines --------------------------------------------------------------------------------------------------


def _figures(lines: Sequence[LineCost], idle: list[IdleLine], over: list[OverBought]) -> dict[str, Any]:
    idle_fee = sum((one.line.fee for one in idle if one.line.fee is not None), Decimal(0))
    saving = sum((one.saving for one in over if one.saving is not None), Decimal(0))
    return {
        "idle_fee": yuan(idle_fee),
        "idle_lines": len(idle),
        "saving": yuan(saving),
        "over_lines": len(over),
        "spare": sum(line.is_spare for line in lines),
    }


def _line_of(line: LineCost) -> dict[str, Any]:
    return {
        "url": reverse("circuits-circuit-detail", args=[line.pk]),
        "number": line.number,
        "department": line.tenant,
        "network": line.network,
        "carrier": line.provider,
        "medium": line.type,
        "approved": bandwidth(line.approved_mbps),
        "fee": yuan(line.fee),
    }


def _idle_row(one: IdleLine) -> dict[str, Any]:
    return {**_line_of(one.line), "why": _idle_reason(one), "is_down": one.down is not None}


def _idle_reason(one: IdleLine) -> str:
    usage = one.line.usage
    if one.down is not None:
        said = texts.sentence(one.down.explanation)
        return _("%(sentence)s So for %(span)s.") % {"sentence": said, "span": lasting(one.down.since)}
    assert usage is not None  # a line without data is not idle
    return ngettext(
        "At most %(rate)s kbit/s (95th percentile of the busiest of %(days)d day).",
        "At most %(rate)s kbit/s (95th percentile of the busiest of %(days)d days).",
        usage.days,
    ) % {"rate": f"{usage.highest_bps / 1000:.1f}", "days": usage.days}


def _idle_sheet(rows: Sequence[IdleLine]) -> Iterable[list[Any]]:
    yield [*_line_heads(), _("Evidence")]
    for one in rows:
        yield [*_line_cells(one.line), _idle_reason(one)]


def _line_heads() -> list[str]:
    return [
        _("Line number"), _("Department"), _("Network"), _("Carrier"), _("Medium"), _("Approved, Mbit/s"),
        _("Used, Mbit/s"), _("Days with data"), _("Monthly fee, yuan"),
    ]  # fmt: skip


def _line_cells(line: LineCost) -> list[Any]:
    used = line.used_mbps
    return [
        line.number, line.tenant, line.network, line.provider, line.type, line.approved_mbps,
        None if used is None else round(used, 3), line.usage.days if line.usage else 0, _number(line.fee),
    ]  # fmt: skip


def _over_row(one: OverBought) -> dict[str, Any]:
    usage = one.line.usage
    assert usage is not None  # else it would not be known as over-bought
    return {
        **_line_of(one.line),
        "used": mbit(usage.p95_bps),
        "share": f"{100 * one.share:.1f}",
        "days": usage.days,
        "next": bandwidth(one.next_mbps),
        "saving": yuan(one.saving),
        "why": _price_reason(one),
    }


def _price_reason(one: OverBought) -> str:
    if one.price is None:
        return _("Nothing on record tells this carrier's price.")
    values = {
        "carrier": one.line.provider,
        "medium": one.line.type,
        "speed": bandwidth(one.next_mbps),
        "fee": yuan(one.price.fee),
        "count": one.price.lines,
    }
    if one.price.is_of_speed:
        return (
            ngettext(
                "%(speed)s would cost %(fee)s yuan: the fee of the one line of %(carrier)s on %(medium)s.",
                "%(speed)s would cost %(fee)s yuan: the median of %(count)d lines of %(carrier)s on %(medium)s.",
                one.price.lines,
            )
            % values
        )
    return (
        ngettext(
            "%(speed)s would cost about %(fee)s yuan, by the price per Mbit/s of the one line of %(carrier)s"
            " on %(medium)s.",
            "%(speed)s would cost about %(fee)s yuan, by the median price per Mbit/s of %(count)d lines of %(carrier)s"
            " on %(medium)s.",
            one.price.lines,
        )
        % values
    )


def _over_sheet(rows: Sequence[OverBought]) -> Iterable[list[Any]]:
    yield [*_line_heads(), _("Used of approved, %"), _("Next speed, Mbit/s"), _("Saved a month, yuan"), _("Estimate")]
    for one in rows:
        yield [
            *_line_cells(one.line), round(100 * one.share, 1), one.next_mbps, _number(one.saving), _price_reason(one)
        ]  # fmt: skip
