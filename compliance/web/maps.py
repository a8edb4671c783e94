"""The district map: the outlines as JSON, and each division's figures for the drawing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

import inventory
from kernel.web.pages import SignedInView

OUTLINES = Path(inventory.__file__).parent / "data" / "zhengzhou_counties.geojson"
# Too small to be named at the city's scale, so they are drawn again, larger.
_INNER = ("410102", "410103", "410104", "410105", "410108")
# Names moved off their neighbours', in pixels.
_SHIFTS = {"410106": (-18, -12), "410182": (22, 12)}
_STEPS = (20, 10, 5, 0.01)


@cache
def _outlines() -> dict[str, str]:
    """Names on the map by six-digit code."""
    if not OUTLINES.exists():
        return {}
    features = json.loads(OUTLINES.read_text(encoding="utf-8"))["features"]
    return {str(f.get("id") or f["properties"].get("code", ""))[:6]: f["properties"]["name"] for f in features}


def has_map() -> bool:
    return bool(_outlines())


class OutlinesView(SignedInView):
    def get(self, request: HttpRequest) -> HttpResponse:
        if not OUTLINES.exists():
            raise Http404
        response = HttpResponse(OUTLINES.read_bytes(), content_type="application/geo+json")
        response["Cache-Control"] = "private, max-age=86400"
        return response


def map_data(divisions: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What charts.js draws; a division without an outline stands in the table alone."""
    names = _outlines()
    rows = [_row(row, names[row["code"][:6]]) for row in divisions if row["code"][:6] in names]
    inner = [names[code] for code in _INNER if code in names]
    return {
        "data": {
            "rows": rows,
            "steps": _steps(),
            "inset": {"title": "", "names": inner} if inner else None,
        },
        "geo": reverse("outlines"),
        "without": sum(1 for row in divisions if row["code"][:6] not in names),
    }


def _row(row: dict[str, Any], name: str) -> dict[str, Any]:
    todo, lines = row["todo"], row["judged"]
    tip = _("%(todo)d of %(lines)d lines with a finding or a warning") % {"todo": todo, "lines": lines}
    return {
        "name": name,
        "label": f"{name}\n{todo}/{lines}",
        "tip": tip,
        "url": row["url"],
        "shift": _SHIFTS.get(row["code"][:6], (0, 0)),
        "value": round(100 * todo / lines, 2) if lines else None,
    }


def _steps() -> list[dict[str, Any]]:
    first, second, third, some = _STEPS
    return [
        {"gte": first, "label": _("%(n)d %% or more") % {"n": first}},
        {"gte": second, "lt": first, "label": f"{second}–{first} %"},
        {"gte": third, "lt": second, "label": f"{third}–{second} %"},
        {"gte": some, "lt": third, "label": _("below %(n)d %%") % {"n": third}},
        {"lt": some, "label": _("none")},
    ]
