"""One line with what its page's panels share."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from compliance.facts import line_facts
from compliance.models import LineVerdict
from compliance.rules.values import LineFacts
from compliance.web.figures import chip, grouped
from compliance.web.line_ends import End, ends_of
from inventory.models import Circuit
from kernel.models import ChangeRecord
from kernel.registry import registry
from kernel.web import trail

_RECORDS = 60


class LineView:
    """One line and what its panels share; each part is read once, when a panel asks for it."""

    def __init__(self, line: Circuit) -> None:
        self.line = line

    @classmethod
    def of(cls, line: Circuit) -> LineView:
        view = line.__dict__.get("_line_view")
        if view is None:
            view = line.__dict__["_line_view"] = cls(line)
        return view  # type: ignore[no-any-return]  # kept on the row, which doesn't declare it

    @cached_property
    def verdict(self) -> LineVerdict | None:
        return LineVerdict.objects.filter(circuit_id=self.line.pk).first()

    @cached_property
    def chip(self) -> str:
        return chip(self.verdict.verdict) if self.verdict else grouped(None, self.line.status)

    @cached_property
    def ends(self) -> dict[str, End]:
        return ends_of([self.line.pk]).get(self.line.pk, {})

    @cached_property
    def facts(self) -> LineFacts | None:
        return line_facts(self.line.pk)

    @cached_property
    def records(self) -> list[ChangeRecord]:
        return list(trail.of_row(registry.of(Circuit), self.line.pk)[:_RECORDS])

    def set_by(self, field: str) -> dict[str, Any] | None:
        """Who wrote the present value of a recorded field, and when."""
        attname = Circuit._meta.get_field(field).attname  # type: ignore[union-attr]  # a concrete field
        for record in self.records:
            if (record.before or {}).get(attname) != (record.after or {}).get(attname):
                return {"who": record.who, "at": record.at, "reason": record.reason}
        return None
