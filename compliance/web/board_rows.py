"""Lines as the board shows them. Two queries beyond the lines themselves, whatever their number."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from collectors.selectors import DailySeries, PortKey, SeriesUnavailable, daily_series
from compliance import texts
from compliance.models import ProofState
from compliance.web.figures import bandwidth, chip, grouped, lasting, mbit, mean
from compliance.web.line_ends import End, ends_of, own_ports
from inventory.models import Circuit
from kernel.templatetags.ui import VERDICTS
from kernel.web.cells import url_of

DAYS = 30
log = logging.getLogger(__name__)
PROOF_ICONS = {"both": ("link", "ok-i"), "one": ("link", "warn-i"), "none": ("unlink", "unk-i")}


@dataclass(frozen=True)
class BoardRow:
    line: Circuit
    url: str
    verdict: str
    word: str | Promise
    rule: str
    sentence: str
    department: str
    number: str
    a_place: str
    z_place: str
    proof: str
    proof_text: str | Promise
    observed_mbps: int | None
    spark: tuple[float | None, ...]
    p95_bps: float | None
    since: dt.datetime | None
    lasting: str
    is_history_readable: bool = True

    @property
    def proof_icon(self) -> str:
        return PROOF_ICONS[self.proof][0]

    @property
    def proof_tone(self) -> str:
        return PROOF_ICONS[self.proof][1]

    @property
    def declared(self) -> str:
        return bandwidth(self.line.bandwidth_declared_mbps)

    @property
    def approved(self) -> str:
        return bandwidth(self.line.bandwidth_approved_mbps)

    @property
    def observed(self) -> str:
        return bandwidth(self.observed_mbps)

    @property
    def record_differs(self) -> bool:
        """Recorded and approved say different things."""
        declared, approved = self.line.bandwidth_declared_mbps, self.line.bandwidth_approved_mbps
        return declared is not None and approved is not None and declared != approved

    @property
    def observed_tone(self) -> str:
        """A port slower than the record contradicts it; a faster one says nothing."""
        declared = self.line.bandwidth_declared_mbps
        if self.observed_mbps is None or declared is None or self.observed_mbps >= declared:
            return ""
        return "diff" if self.verdict == "FINDING" else "diff-w"

    @property
    def p95(self) -> str:
        return mbit(self.p95_bps)

    @property
    def limit(self) -> float | None:
        declared = self.line.bandwidth_declared_mbps
        return None if declared is None else declared * 1_000_000


def board_rows(lines: Sequence[Circuit]) -> list[BoardRow]:
    """`lines` come with tenant, network, provider, region and verdict joined in."""
    ends = ends_of(line.pk for line in lines)
    ports = {line.pk: own_ports(ends.get(line.pk, {})) for line in lines}
    series = _histories({port.key for found in ports.values() for _side, port in found})
    now = timezone.now()
    rows = [_row(line, ends.get(line.pk, {}), _series(ports[line.pk], series or {}), now) for line in lines]
    return rows if series is not None else [replace(row, is_history_readable=False) for row in rows]


def _histories(keys: set[PortKey]) -> dict[PortKey, DailySeries] | None:
    """None while the store of histories doesn't answer: then the board lacks its sparklines and nothing else."""
    try:
        return daily_series(keys, DAYS)
    except SeriesUnavailable as error:
        log.warning("The board shows no traffic: %s", error)
        return None


def _series(ports: Any, series: dict[Any, DailySeries]) -> DailySeries | None:
    """Of the first end that was counted."""
    return next((series[port.key] for _side, port in ports if port.key in series), None)


def _row(line: Circuit, ends: dict[str, End], series: DailySeries | None, now: dt.datetime) -> BoardRow:
    said = getattr(line, "line_verdict", None)
    verdict = chip(said.verdict if said else None) if said else grouped(None, line.status)
    points, p95_bps = _traffic(series)
    return BoardRow(
        line=line,
        url=url_of(line),
        verdict=verdict,
        word=VERDICTS[verdict][1],
        rule=said.rule_code if said else "",
        sentence=texts.headline(said) if said else _("Nobody has judged this line yet."),
        department=line.tenant.short_name or line.tenant.name
        if line.tenant
        else line.description or str(line.provider),
        number=line.line_no or line.cid,
        a_place=ends["A"].place if "A" in ends else "",
        z_place=ends["Z"].place if "Z" in ends else "",
        proof=said.proof if said else "none",
        proof_text=ProofState(said.proof if said else "none").label,
        observed_mbps=said.observed_mbps if said else None,
        spark=points,
        p95_bps=p95_bps,
        since=said.since if said else None,
        lasting=lasting(said.since if said else None, now),
    )


def _traffic(series: DailySeries | None) -> tuple[tuple[float | None, ...], float | None]:
    """The busier direction: a value a day, and the mean of the days' 95th percentiles."""
    if series is None:
        return (), None
    means = [(value, points) for points in (series.in_p95, series.out_p95) if (value := mean(points)) is not None]
    if not means:
        return (), None
    value, points = max(means, key=lambda found: found[0])
    return points, value
