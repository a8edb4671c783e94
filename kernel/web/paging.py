"""Pages of a list: exact for what one person reads, bounded for what nobody counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.formats import number_format

from kernel.web.pages import whole_number

SIZES = (25, 50, 100, 250)
COUNTED = 10_000  # beyond it the screen says "10,000+": an exact count reads every row


def address(params: QueryDict, **changes: Any) -> str:
    """The same query string with some parameters changed; None drops one."""
    changed = params.copy()
    for name, value in changes.items():
        if value is None:
            changed.pop(name, None)
        elif isinstance(value, list):
            changed.setlist(name, value)
        else:
            changed[name] = str(value)
    text = changed.urlencode()
    return f"?{text}" if text else "?"


def page_of(rows: QuerySet[Any], params: QueryDict) -> tuple[list[Any], dict[str, Any]]:
    """The rows of the present page and what the pager shows. Two queries."""
    size = whole_number(params.get("size"), 50, 1, 250)
    number = whole_number(params.get("page"), 1, 1, 100_000)
    total = rows.order_by()[: COUNTED + 1].count()
    first = (number - 1) * size
    found = list(rows[first : first + size + 1])
    has_next = len(found) > size
    found = found[:size]
    text = (
        f"{number_format(COUNTED, force_grouping=True)}+"
        if total > COUNTED
        else number_format(total, force_grouping=True)
    )
    return found, {
        "first": first + 1 if found else 0,
        "last": first + len(found),
        "total": total,
        "total_text": text,
        "previous_url": address(params, page=number - 1) if number > 1 else "",
        "next_url": address(params, page=number + 1) if has_next else "",
        "page_size": size,
        "page_sizes": [{"n": n, "url": address(params, size=n, page=None)} for n in SIZES],
    }


def slice_of(rows: Sequence[Any], params: QueryDict) -> tuple[Sequence[Any], dict[str, Any]]:
    """The same for rows that are all at hand."""
    size = whole_number(params.get("size"), 50, 1, 250)
    number = whole_number(params.get("page"), 1, 1, max(1, -(-len(rows) // size)))
    first = (number - 1) * size
    found = rows[first : first + size]
    return found, {
        "first": first + 1 if found else 0,
        "last": first + len(found),
        "total": len(rows),
        "total_text": number_format(len(rows), force_grouping=True),
        "previous_url": address(params, page=number - 1) if number > 1 else "",
        "next_url": address(params, page=number + 1) if first + size < len(rows) else "",
        "page_size": size,
        "page_sizes": [{"n": n, "url": address(params, size=n, page=None)} for n in SIZES],
    }
