"""The words of the deductions page and sheet."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from django.utils.functional import Promise as Lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from compliance.rules.deductions import Deduction, Part
from compliance.rules.service_months import Kind

REASONS: Mapping[str, str | Lazy] = {
    "one_probe": gettext_lazy("one probe alone says so"),
    "too_little": gettext_lazy("too little was measured"),
    "no_steps": gettext_lazy("the contract has no deduction steps"),
    "no_fee": gettext_lazy("no monthly fee is on record"),
    "kept": gettext_lazy("no step is reached"),
    "": "",
}
KINDS: Mapping[Kind, str | Lazy] = {
    Kind.DOWN: gettext_lazy("counted"),
    Kind.MAINTENANCE: gettext_lazy("left out: announced maintenance"),
    Kind.ALONE: gettext_lazy("left out: one probe alone says so"),
}
STATES: Mapping[str, str | Lazy] = {
    "up": gettext_lazy("up"), "down": gettext_lazy("down"), "unknown": gettext_lazy("not known"),
}  # fmt: skip


def number(value: Decimal | None) -> str:
    return "—" if value is None else f"{value.normalize():f}"


def part_text(part: Part) -> str:
    values = {
        "value": number(part.measured), "limit": number(part.step.threshold), "percent": number(part.step.percent),
    }  # fmt: skip
    if part.measure == "availability":
        return _("availability %(value)s %% below %(limit)s %%: %(percent)s %%") % values
    if part.measure == "rtt":
        return _("round trip %(value)s ms above %(limit)s ms: %(percent)s %%") % values
    if part.measure == "loss":
        return _("loss %(value)s %% above %(limit)s %%: %(percent)s %%") % values
    return _("longest outage %(value)s h above %(limit)s h: %(percent)s %%") % values


def reckoning_text(found: Deduction) -> str:
    """How the percent came about, or why there is none."""
    if not found.parts:
        return str(REASONS[found.reason])
    said = "; ".join(part_text(part) for part in found.parts)
    if found.sum_percent > found.cap:
        said += "; " + _("held at the contract's cap of %(cap)s %%") % {"cap": number(found.cap)}
    return f"{said}; {REASONS[found.reason]}" if found.reason else said
