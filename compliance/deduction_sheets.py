"""The deduction sheet as .xlsx. A closed month gives the same file, byte for byte, each time it is written.

The figures are values, so that every program shows them; beside each amount a formula reckons it again from the cells
before it and says whether both agree.
"""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from compliance.deduction_texts import KINDS, STATES, number, reckoning_text
from compliance.deductions import DeductedLine, Reckoning
from compliance.rules.service_months import UNKNOWN, Outage

_HEAD = PatternFill("solid", fgColor="E9F0FA")
_FORMULA = ("=", "+", "-", "@")
_MONEY = "#,##0.00"
_TIME = "yyyy-mm-dd hh:mm:ss"


class _Formula(str):
    """The only text that may begin with an equals sign."""


def workbook(reckoning: Reckoning) -> bytes:
    book = Workbook()
    book.remove(book.active)
    _summary(book, reckoning)
    _lines(book, reckoning)
    _outages(book, reckoning)
    _method(book, reckoning)
    _completeness(book, reckoning)
    stamp = min(reckoning.at, reckoning.month.end).astimezone(dt.UTC).replace(tzinfo=None, microsecond=0)
    book.properties.created = book.properties.modified = stamp
    out = io.BytesIO()
    book.save(out)
    return _steady(out.getvalue(), stamp)


def _steady(made: bytes, stamp: dt.datetime) -> bytes:
    """The archive without the time of its writing."""
    out = io.BytesIO()
    when = stamp.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    with zipfile.ZipFile(io.BytesIO(made)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(old.namelist()):
            data = old.read(name)
            if name == "docProps/core.xml":  # saving sets the time of change whatever was asked for
                head, mark, rest = data.partition(b"<dcterms:modified")
                opened, _gt, tail = rest.partition(b">")
                data = head + mark + opened + b">" + when + tail[tail.index(b"<") :] if mark else data
            new.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _sheet(book: Workbook, title: str, widths: Sequence[int]) -> Any:
    sheet = book.create_sheet(title[:31])
    for place, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(place)].width = width
    return sheet


def _add(sheet: Any, values: Sequence[Any], *, formats: dict[int, str] | None = None, is_head: bool = False) -> int:
    sheet.append([_cell(value) for value in values])
    row: int = sheet.max_row
    for place in range(len(values)):
        cell = sheet.cell(row, place + 1)
        if formats and place in formats:
            cell.number_format = formats[place]
        if isinstance(values[place], dt.datetime):
            cell.number_format = _TIME
        if is_head:
            cell.font, cell.fill = Font(bold=True), _HEAD
        cell.alignment = Alignment(vertical="top", wrap_text=isinstance(values[place], str) and len(values[place]) > 20)
    return row


def _cell(value: Any) -> Any:
    if isinstance(value, _Formula):
        return str(value)
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, dt.datetime):
        return timezone.localtime(value).replace(tzinfo=None, microsecond=0)
    if not isinstance(value, str):
        return value
    legal = "".join(c for c in value if c >= " " or c in "\n\t")
    return f"'{legal}" if legal.startswith(_FORMULA) and len(legal) > 1 else legal


def _check(formula: str, cell: str) -> _Formula:
    return _told(f"ABS(({formula})-{cell})<0.005")


def _told(condition: str) -> _Formula:
    agrees, differs = _("agrees"), _("differs")
    return _Formula(f'=IF({condition},"{agrees}","{differs}")')


def _summary(book: Workbook, reckoning: Reckoning) -> None:
    sheet = _sheet(book, _("Summary"), (30, 18, 26, 12, 12, 16, 16, 12))
    lines = _("Lines")
    _add(sheet, [_("Deductions for %(month)s") % {"month": reckoning.month.name}])
    sheet["A1"].font = Font(bold=True, size=14)
    _add(sheet, [_("Measured from"), reckoning.month.start])
    _add(sheet, [_("Measured until"), min(reckoning.at, reckoning.month.end)])
    state = _("closed month") if reckoning.is_final else _("month still runs; the amounts may change")
    _add(sheet, [_("State"), state])
    _add(sheet, [_("Digest of the inputs"), reckoning.digest()])
    _add(sheet, [])
    heads = (_("Contract"), _("Carrier"), _("Paid by"), _("Lines measured"), _("Lines with deduction"),
             _("Monthly fees, yuan"), _("Deduction, yuan"), _("Check"))  # fmt: skip
    first = _add(sheet, heads, is_head=True) + 1
    formats = {5: _MONEY, 6: _MONEY}
    for total in reckoning.contracts:
        row = sheet.max_row + 1
        again = f"SUMIF('{lines}'!A:A,A{row},'{lines}'!R:R)"
        contract = total.contract
        values = [contract.contract_no, str(contract.provider), str(contract.payer), len(total.lines), total.deducted,
                  total.fee, total.amount, _check(again, f"G{row}")]  # fmt: skip
        _add(sheet, values, formats=formats)
    last = sheet.max_row
    if last >= first:
        fee = sum((t.fee for t in reckoning.contracts), Decimal(0))
        values = [_("Total"), "", "", len(reckoning.lines), sum(t.deducted for t in reckoning.contracts), fee,
                  reckoning.amount, _check(f"SUM(G{first}:G{last})", f"G{last + 1}")]  # fmt: skip
        _add(sheet, values, formats=formats, is_head=True)


_LINE_WIDTHS = (24, 20, 26, 12, 12, 12, 12, 12, 11, 11, 11, 11, 11, 11, 11, 13, 12, 14, 12, 60)


def _lines(book: Workbook, reckoning: Reckoning) -> None:
    sheet = _sheet(book, _("Lines"), _LINE_WIDTHS)
    heads = (
        _("Contract"), _("Line number"), _("Department"), _("Up, s"), _("Down, s"), _("Maintenance, s"),
        _("One probe alone, s"), _("Not known, s"), _("Availability, %"), _("Promised, %"), _("Mean delay, ms"),
        _("95th percentile, ms"), _("Promised, ms"), _("Loss, %"), _("Longest outage, h"), _("Fee, yuan"),
        _("Deduction, %"), _("Deduction, yuan"), _("Check"), _("How it came about"),
    )  # fmt: skip
    _add(sheet, heads, is_head=True)
    sheet.freeze_panes = "C2"
    for row in reckoning.lines:
        number_ = sheet.max_row + 1
        month, found, promise = row.month, row.deduction, row.facts.promise
        values = [
            row.line.contract.contract_no if row.line.contract else "", row.facts.line_no, str(row.line.tenant or ""),
            month.up_s, month.down_s, month.maintenance_s, month.alone_s, month.unknown_s, month.availability,
            promise.availability if promise else None, month.rtt_ms, month.p95_ms, promise.rtt_ms if promise else None,
            month.loss, month.longest_h, found.fee, found.percent, found.amount,
            _line_check(number_, month.availability is not None), reckoning_text(found),
        ]  # fmt: skip
        _add(sheet, values, formats={8: "0.000", 9: "0.000", 13: "0.000", 15: _MONEY, 17: _MONEY})


def _line_check(row: int, is_measured: bool) -> _Formula:
    """Amount and availability, reckoned again from the cells before them."""
    agree = f"ABS(ROUND(P{row}*Q{row}/100,2)-R{row})<0.005"
    if is_measured:
        agree = f"AND({agree},ABS(ROUND(D{row}/(D{row}+E{row})*100,3)-I{row})<0.0005)"
    return _told(agree)


def _outages(book: Workbook, reckoning: Reckoning) -> None:
    sheet = _sheet(book, _("Outages"), (24, 20, 21, 21, 14, 14, 30, 34, 60, 50))
    heads = (
        _("Contract"), _("Line number"), _("Start"), _("End"), _("Duration, s"), _("Of it counted, s"),
        _("Counted or left out"), _("Maintenance window"), _("Probes"), _("Bound ports"),
    )  # fmt: skip
    _add(sheet, heads, is_head=True)
    sheet.freeze_panes = "C2"
    for row in reckoning.lines:
        for outage in row.month.outages:
            _add(sheet, _outage(row, outage))


def _outage(row: DeductedLine, outage: Outage) -> list[Any]:
    window = outage.window
    return [
        row.line.contract.contract_no if row.line.contract else "", row.facts.line_no, outage.start, outage.end,
        outage.duration_s, outage.counted_s, str(KINDS[outage.kind]),
        f"{window.name} {window.document_no}".strip() if window else "",
        "\n".join(f"{label}: {STATES[state]}" for label, state in outage.probes),
        "\n".join(f"{label}: {STATES[state]}" for label, state in outage.ports),
    ]  # fmt: skip


def _rules(reckoning: Reckoning) -> list[tuple[str, str]]:
    share = {"share": reckoning.parameters["measured_share"]}
    down = _("A probe is down from the first round that nobody answered to the first that was answered again, once at "
             "least two rounds in a row were lost.")  # fmt: skip
    two = _("A line is down while two of its probes are silent and none is answered. What one probe says alone never "
            "counts.")  # fmt: skip
    works = _("Time inside an announced window that fits the line is left out of everything; hours that a window "
              "touches are left out of delay and loss.")  # fmt: skip
    away = _("Time in which the collector didn't ask, or was cut off from all lines of the network at once, is neither "
             "up nor down.")  # fmt: skip
    return [
        (_("Up and down"), down),
        (_("Two probes"), two),
        (_("Maintenance"), works),
        (_("Not measured"), away),
        (_("Availability"), _("Up seconds / (up + down seconds), in per cent with three decimals.")),
        (_("Delay"), _("The mean of all answers of all probes of the line; the 95th percentile is for information.")),
        (_("Loss"), _("Packets without an answer / packets sent; what an outage lost is not counted a second time.")),
        (_("Longest outage"), _("At its full length, in the month in which it ends.")),
        (_("Enough data"), _("Nothing is deducted below %(share)s %% of measured time.") % share),
        (_("Steps"), _("Of the steps of one measure the largest that is reached counts; measures add up to the cap.")),
        (_("Amount"), _("Monthly fee x percent / 100, half a fen rounded up.")),
    ]


def _method(book: Workbook, reckoning: Reckoning) -> None:
    sheet = _sheet(book, _("How it is reckoned"), (30, 110))
    for name, text in _rules(reckoning):
        _add(sheet, [name, text])
    for total in reckoning.contracts:
        contract = total.contract
        _add(sheet, [])
        _add(sheet, [_("Contract"), contract.contract_no], is_head=True)
        _add(sheet, [_("Clause"), contract.deduction_rule or _("The contract on record quotes no clause.")])
        _add(sheet, [_("Deducted at most, %"), number(contract.deduction_cap)])
        for step in total.lines[0].steps:
            said = {
                "availability": _("availability below %(limit)s %%: %(percent)s %%"),
                "rtt": _("round trip above %(limit)s ms: %(percent)s %%"),
                "loss": _("loss above %(limit)s %%: %(percent)s %%"),
                "restore": _("longest outage above %(limit)s h: %(percent)s %%"),
            }[step.measure]
            _add(sheet, [_("Step"), said % {"limit": number(step.threshold), "percent": number(step.percent)}])


def _completeness(book: Workbook, reckoning: Reckoning) -> None:
    sheet = _sheet(book, _("Completeness"), (20, 40, 16, 14, 14, 21, 21, 24))
    heads = (_("Line number"), _("Probe"), _("Measured share, %"), _("Packets sent"), _("Answers"), _("Not known from"),
             _("Until"), _("Why"))  # fmt: skip
    _add(sheet, heads, is_head=True)
    until = min(reckoning.at, reckoning.month.end)
    for row in reckoning.lines:
        for probe in row.facts.probes:
            _add(
                sheet, [row.facts.line_no, probe.label, row.month.measured_share, probe.sums.sent, probe.sums.received]
            )
            for gap in probe.stretches:
                if gap.state == UNKNOWN and gap.end > row.facts.start and gap.start < until:
                    start, end = max(gap.start, row.facts.start), min(gap.end, until)
                    _add(sheet, ["", "", None, None, None, start, end, cause_text(gap.cause)])


def cause_text(code: str) -> str:
    """Why the collector didn't measure, as a reader would say it."""
    said = {
        "not_asked": _("the collector didn't ask"),
        "cut_off": _("the collector was cut off"),
        "icmp_not_permitted": _("this machine may not send ICMP"),
        "no_route": _("the collector has no route"),
        "source_not_here": _("the source address isn't the collector's"),
        "send_refused": _("the collector's firewall refused it"),
        "target_forbidden": _("the target lies in a prefix where polling is forbidden"),
        "network_not_polled": _("polling is not allowed in the line's network"),
    }
    return said.get(code, code)
