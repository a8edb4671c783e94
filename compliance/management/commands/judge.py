from __future__ import annotations

import datetime as dt
import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _

from compliance import texts
from compliance.judge import judge
from compliance.past import audit
from compliance.reports import GroupResult, JudgeReport, LineResult
from compliance.rules.groups import RING
from kernel.errors import ProductError


class Command(BaseCommand):
    help = "Judge every line and ring, and print each rule's verdict."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--rule", action="append", nargs="+", metavar="T01", help="Apply these rules alone.")
        parser.add_argument("--format", choices=("text", "json"), default="text")
        parser.add_argument(
            "--at", metavar="2026-11-20", help="Judge a past day or moment again, by what was then recorded and seen."
        )
        parser.add_argument("--dry", action="store_true", help="Judge and print, and write nothing.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["at"]:
            self._say_past(_moment(options["at"]), options["format"])
            return
        wanted = [code for codes in options["rule"] for code in codes] if options["rule"] else None
        try:
            report = judge(rules=wanted, dry=options["dry"])
        except ProductError as refused:
            raise CommandError(refused.message, returncode=2) from refused
        if options["format"] == "json":
            self.stdout.write(json.dumps(_listed(report), ensure_ascii=False, indent=1))
        else:
            self._say(report)

    def _say_past(self, at: dt.datetime, form: str) -> None:
        past = audit(at)
        if form == "json":
            listed = [{"line_no": r.line_no, "circuit_id": r.circuit_id} | _said(r) for r in past.results]
            listed += [{g.subject.kind: g.name, f"{g.subject.kind}_id": g.subject.pk} | _said(g) for g in past.groups]
            self.stdout.write(json.dumps(listed, ensure_ascii=False, indent=1))
            return
        for line in past.lines:
            if line.verdict in ("FINDING", "WARN"):
                said = texts.sentence(line.explanation)
                self.stdout.write(f"{line.verdict:8} {line.rule} {line.line_no}  {said}")
        counts = ", ".join(f"{word} {count}" for word, count in sorted(past.counts.items()))
        self.stdout.write(
            _("%(lines)d lines as of %(at)s, by %(rules)s, in %(seconds).1f s: %(counts)s. Nothing was written.")
            % {
                "lines": len(past.lines), "at": timezone.localtime(past.at).strftime("%Y-%m-%d %H:%M"),
                "rules": " ".join(past.rules), "seconds": past.seconds, "counts": counts or "-",
            }
        )  # fmt: skip

    def _say(self, report: JudgeReport) -> None:
        if not report.rules:
            self.stdout.write(_("No rule is in force, so nothing was judged. Run load_policy first."))
        for result in report.results:
            if result.verdict in ("FINDING", "WARN"):
                self.stdout.write(f"{result.verdict:8} {result.rule} {result.line_no}  {_explained(result)}")
        for group in report.groups:
            if group.verdict in ("FINDING", "WARN") or group.subject.kind == RING:
                self.stdout.write(f"{group.verdict:8} {group.rule} {group.name}  {_explained(group)}")
        counts = ", ".join(f"{word} {count}" for word, count in sorted(report.counts.items()))
        self.stdout.write(
            _("%(lines)d lines judged by %(rules)s in %(seconds).1f s: %(counts)s.")
            % {"lines": report.lines, "rules": " ".join(report.rules), "seconds": report.seconds, "counts": counts}
        )
        self.stdout.write(
            _("Findings: %(opened)d opened, %(closed)d closed, %(suspended)d suspended.")
            % {"opened": len(report.opened), "closed": report.closed, "suspended": report.suspended}
        )


def _moment(text: str) -> dt.datetime:
    """A moment, or the end of a day, in the product's time zone."""
    try:
        day = parse_date(text) if len(text) == _DAY else None
        at = dt.datetime.combine(day, dt.time.max) if day else parse_datetime(text)
    except ValueError:
        at = None
    if at is None:
        raise CommandError(_("%(text)s is no day or moment; write 2026-11-20 or 2026-11-20T08:00.") % {"text": text},
                           returncode=2)  # fmt: skip
    at = at if timezone.is_aware(at) else timezone.make_aware(at)
    at = min(at, timezone.now())
    return at


_DAY = len("2026-11-20")


def _explained(result: LineResult | GroupResult) -> str:
    return texts.sentence(result.explanation)


def _listed(report: JudgeReport) -> list[dict[str, Any]]:
    """Lines first; a ring as a whole has `ring` and `ring_id` where a line has its numbers, and so on by kind."""
    lines = [{"line_no": r.line_no, "circuit_id": r.circuit_id} | _said(r) for r in report.results]
    return lines + [{g.subject.kind: g.name, f"{g.subject.kind}_id": g.subject.pk} | _said(g) for g in report.groups]


def _said(result: LineResult | GroupResult) -> dict[str, Any]:
    return {
        "rule": result.rule, "verdict": result.verdict.value, "explanation": _explained(result),
        "inputs": dict(result.inputs), "since": timezone.localtime(result.since).isoformat(),
    }  # fmt: skip
