"""How the pages write figures: bandwidths, rates, spans of time, and the groups that verdicts are counted in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal

from django.db.models import Case, CharField, Q, Value, When
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inventory.models import Circuit
from kernel.templatetags.ui import VERDICTS

# Worst first. NA is whatever gives no verdict: a line not in use, or a note.
GROUPS = ("FINDING", "WARN", "UNKNOWN", "EXEMPT", "PASS", "NA")
JUDGED = GROUPS[:-1]
_CHIPS = {"NOT_APPLICABLE": "NA"}


def chip(verdict: str | None) -> str:
    """The code by which the templates draw a verdict."""
    return _CHIPS.get(verdict or "", verdict or "UNKNOWN")


def group_of_line() -> Case:
    """In which count a line stands. One that nobody judged yet is unknown once it is in use."""
    return Case(
        When(line_verdict__verdict__in=("INFO", "NOT_APPLICABLE"), then=Value("NA")),
        When(line_verdict__verdict__isnull=False, then="line_verdict__verdict"),
        When(~Q(status=Circuit.Status.ACTIVE), then=Value("NA")),
        default=Value("UNKNOWN"),
        output_field=CharField(),
    )


def grouped(verdict: str | None, status: str) -> str:
    """The same for one loaded line."""
    if verdict is None:
        return "UNKNOWN" if status == Circuit.Status.ACTIVE else "NA"
    return "NA" if verdict in ("INFO", "NOT_APPLICABLE") else verdict


def group_word(group: str) -> str:
    return _("Not judged") if group == "NA" else str(VERDICTS[group][1])


def bandwidth(mbps: float | None) -> str:
    """100M, 1G, 2.5G; empty when there is none."""
    if mbps is None:
        return ""
    if mbps >= 1000:
        return f"{mbps / 1000:.3g}G"
    return f"{mbps:.3g}M" if mbps < 100 else f"{mbps:.0f}M"


def mbit(bps: float | None) -> str:
    """A rate in Mbit/s as a bare number; empty when nobody counted."""
    if bps is None:
        return ""
    value = bps / 1_000_000
    digits = 0 if value >= 100 else 1 if value >= 1 else 2
    return number_format(Decimal(str(round(value, digits))), decimal_pos=digits, force_grouping=True)


def lasting(since: dt.datetime | None, now: dt.datetime | None = None) -> str:
    """How long something has been so, in its one largest unit."""
    if since is None:
        return ""
    seconds = max(0.0, ((now or timezone.now()) - since).total_seconds())
    minutes, hours, days = int(seconds // 60), int(seconds // 3600), int(seconds // 86_400)
    if days:
        return ngettext("%(count)d day", "%(count)d days", days) % {"count": days}
    if hours:
        return ngettext("%(count)d hour", "%(count)d hours", hours) % {"count": hours}
    return ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes}


def moment(at: dt.datetime | None) -> str:
    """Local date and time, without the year when it is this one."""
    if at is None:
        return ""
    local, now = timezone.localtime(at), timezone.localtime()
    if local.date() == now.date():
        return _("today %(time)s") % {"time": local.strftime("%H:%M")}
    return local.strftime("%m-%d %H:%M" if local.year == now.year else "%Y-%m-%d %H:%M")


def share(part: int, whole: int) -> str:
    """A percentage with one decimal; empty for a share of nothing."""
    return f"{100 * part / whole:.1f}" if whole else ""


def mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
