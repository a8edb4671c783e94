"""The audit of a past day, run again from what was then recorded and seen, beside what stands today."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from compliance import texts
from compliance.models import LineVerdict, VerdictWord
from compliance.past import PastAudit, PastLine, audit
from compliance.web import subjects
from compliance.web.boards import VIEW_BOARD, lines_of
from inventory.models import Circuit
from kernel.web.cells import url_of
from kernel.web.lists import sheet_response
from kernel.web.pages import SignedInView
from kernel.web.paging import address

_MOST = 500
_BAD = ("FINDING", "WARN", "UNKNOWN")


class DayForm(forms.Form):
    on = forms.DateField(
        label=gettext_lazy("Day"), widget=forms.DateInput(attrs={"type": "date"}),
        help_text=gettext_lazy("The record and the readings as they stood at the end of that day."),
    )  # fmt: skip

    def clean_on(self) -> dt.date:
        on: dt.date = self.cleaned_data["on"]
        if on > timezone.localdate():
            raise forms.ValidationError(_("Choose today or a day before."))
        return on


class PastAuditPage(SignedInView):
    permission = VIEW_BOARD

    def get(self, request: HttpRequest) -> HttpResponse:
        form = DayForm(request.GET if "on" in request.GET else None, auto_id="p_%s")
        context: dict[str, Any] = {
            "form": form, "crumbs": [{"title": _("Line audit"), "url": reverse("board")}, {"title": _("A past day")}],
        }  # fmt: skip
        if form.is_bound and form.is_valid():
            on = form.cleaned_data["on"]
            at = min(timezone.make_aware(dt.datetime.combine(on, dt.time.max)), timezone.now())
            past = audit(at)
            mine = dict(lines_of(request.user).values_list("pk", "line_no"))
            lines = [line for line in past.lines if line.circuit_id in mine]
            now = dict(LineVerdict.objects.values_list("circuit_id", "verdict"))
            if request.GET.get("export") == "xlsx":
                return sheet_response(_sheet(lines, past, now, set(mine)), f"lines-{on:%Y%m%d}", "xlsx")
            context |= _shown(lines, past, now, on) | {"export_url": address(request.GET, export="xlsx")}
        return TemplateResponse(request, "compliance/past_audit.html", context)


def _shown(lines: list[PastLine], past: PastAudit, now: dict[int, str], on: dt.date) -> dict[str, Any]:
    words = dict(VerdictWord.choices)
    bad = sorted((line for line in lines if line.verdict in _BAD), key=lambda line: (line.verdict.rank, line.line_no))
    changed = sum(1 for line in lines if now.get(line.circuit_id) not in (None, line.verdict.value))
    return {
        "on": on, "at": past.at, "rules": past.rules, "total": len(lines), "changed": changed,
        "counts": {word: sum(1 for line in lines if line.verdict == word) for word in words},
        "rows": [
            {
                "line": line, "url": url_of(Circuit(pk=line.circuit_id)), "verdict": line.verdict.value,
                "sentence": texts.sentence(line.explanation), "now": now.get(line.circuit_id, ""),
            }
            for line in bad[:_MOST]
        ],
        "bad": len(bad), "most": _MOST,
        "groups": [
            {
                "group": group, "url": subjects.page_of_subject(group.subject), "verdict": group.verdict.value,
                "sentence": texts.sentence(group.explanation),
            }
            for group in past.groups if group.verdict in ("FINDING", "WARN")
        ],
        "seconds": past.seconds,
    }  # fmt: skip


_HEADINGS = (
    gettext_lazy("Line number"), gettext_lazy("Verdict"), gettext_lazy("Rule"), gettext_lazy("What is wrong"),
    gettext_lazy("Verdict today"),
)  # fmt: skip


def _sheet(lines: list[PastLine], past: PastAudit, now: dict[int, str], mine: set[int]) -> Iterator[list[Any]]:
    """Each line's own verdict, then every rule on every line."""
    words = {word: str(label) for word, label in VerdictWord.choices}
    yield [str(heading) for heading in _HEADINGS]
    for line in lines:
        today = words.get(now.get(line.circuit_id, ""), "")
        yield [line.line_no, words[line.verdict], line.rule, texts.sentence(line.explanation), today]
    for result in past.results:
        if result.circuit_id in mine:
            said = texts.sentence(result.explanation)
            yield [result.line_no, words[result.verdict], result.rule, said, ""]
