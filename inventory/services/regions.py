from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from inventory.models import Region
from kernel import writes
from kernel.errors import RowsRejected

_BATCH = 500
_DEGREE = Decimal("0.000001")  # as stored, so that an equal value is seen to be equal
_KINDS = {
    "省": Region.Kind.PROVINCE,
    "市": Region.Kind.CITY,
    "区": Region.Kind.DISTRICT,
    "市辖区": Region.Kind.DISTRICT,
    "县级市": Region.Kind.COUNTY_CITY,
    "县": Region.Kind.COUNTY,
    "功能区": Region.Kind.ZONE,
    "镇": Region.Kind.TOWN,
    "乡": Region.Kind.TOWNSHIP,
    "街道": Region.Kind.SUBDISTRICT,
    "村": Region.Kind.VILLAGE,
    "社区": Region.Kind.COMMUNITY,
}


@dataclass(frozen=True)
class LoadReport:
    added: int
    changed: int
    unchanged: int


@dataclass(frozen=True)
class _Line:
    position: int
    code: str
    name: str
    level: int
    parent: str
    managed_by: str
    kind: str
    source: str
    longitude: Decimal | None
    latitude: Decimal | None


def load_divisions(rows: Iterable[Mapping[str, str]], *, actor: Any, reason: str = "") -> LoadReport:
    """Add and update divisions from a sheet with code, name, level, parent, managed_by, kind, source and, where
    known, longitude and latitude.

    By level and in batches, each a transaction of its own; loading the same sheet again changes nothing. Divisions
    that the sheet doesn't name stay. Raises RowsRejected, by position in `rows`; the sheet is read whole before the
    first write, so a line that can't be understood writes nothing.
    """
    lines = _read(rows)
    known = {region.code: region for region in Region.objects.all()}
    _refuse_unknown_parents(lines, known)
    new = {line.code for line in lines} - set(known)
    written: set[str] = set()
    by_level: dict[int, list[_Line]] = defaultdict(list)
    for line in lines:
        by_level[line.level].append(line)
    for level in sorted(by_level):
        pairs = [(line, _region(line, known)) for line in by_level[level]]
        written |= _save(pairs, actor=actor, reason=reason)
        known.update({region.code: region for _line, region in pairs})
    # A manager may stand on any level, so it is set when every division has its row.
    managed = []
    for line in lines:
        manager = known[line.managed_by] if line.managed_by else None
        if known[line.code].managed_by_id != (manager.pk if manager else None):
            known[line.code].managed_by = manager
            managed.append((line, known[line.code]))
    written |= _save(managed, actor=actor, reason=reason)
    return LoadReport(len(new), len(written - new), len(lines) - len(written))


def _read(rows: Iterable[Mapping[str, str]]) -> list[_Line]:
    lines: list[_Line] = []
    problems: dict[int, dict[str, list[str]]] = {}
    seen: set[str] = set()
    for position, row in enumerate(rows):
        wrong: dict[str, list[str]] = {}
        values = {
            name: (row.get(name) or "").strip()
            for name in ("code", "name", "level", "parent", "managed_by", "kind", "source", "longitude", "latitude")
        }
        if values["code"] in seen:
            wrong["code"] = [_("This code stands in the sheet twice; remove one line.")]
        seen.add(values["code"])
        kind = _KINDS.get(values["kind"], values["kind"])
        if kind not in Region.Kind.values:
            wrong["kind"] = [_("“%(kind)s” is no kind of division that is known here.") % {"kind": values["kind"]}]
        if values["level"] not in {str(level) for level in Region.Level.values}:
            wrong["level"] = [_("Give the level as a number from 1 to 5.")]
        source = "NBS" if values["source"].startswith("NBS") else values["source"]
        coordinates: dict[str, Decimal | None] = {}
        for name in ("longitude", "latitude"):
            try:
                coordinates[name] = Decimal(values[name]).quantize(_DEGREE) if values[name] else None
            except InvalidOperation:
                wrong[name] = [_("Give degrees with a decimal point, for instance 113.65.")]
        if wrong:
            problems[position] = wrong
            continue
        lines.append(
            _Line(
                position,
                values["code"],
                values["name"],
                int(values["level"]),
                values["parent"],
                values["managed_by"],
                str(kind),
                source,
                coordinates["longitude"],
                coordinates["latitude"],
            )
        )
    _refuse(problems)
    return lines


def _refuse(problems: dict[int, dict[str, list[str]]]) -> None:
    if problems:
        raise RowsRejected(_("The sheet of divisions can't be loaded; correct the lines named."), problems)


def _refuse_unknown_parents(lines: Sequence[_Line], known: Mapping[str, Region]) -> None:
    """A parent is recorded, or stands higher in the sheet; the sheet's top may hang on a division not recorded."""
    level_of = {code: region.level for code, region in known.items()} | {line.code: line.level for line in lines}
    top = min((line.level for line in lines), default=1)
    problems: dict[int, dict[str, list[str]]] = {}
    for line in lines:
        if line.parent not in level_of and line.level != top:
            problems[line.position] = {"parent": [_("No division has this code; add the parent to the sheet.")]}
        elif line.parent in level_of and level_of[line.parent] >= line.level:
            problems[line.position] = {"parent": [_("The parent is not on a higher level; correct the level.")]}
        if line.managed_by and line.managed_by not in level_of:
            problems.setdefault(line.position, {})["managed_by"] = [
                _("No division has this code; add the manager to the sheet.")
            ]
    _refuse(problems)


def _region(line: _Line, known: Mapping[str, Region]) -> Region:
    region = known.get(line.code) or Region(code=line.code)
    region.name, region.level, region.kind, region.source = line.name, line.level, line.kind, line.source
    region.parent = known.get(line.parent)
    if line.longitude is not None and line.latitude is not None:
        region.longitude, region.latitude = line.longitude, line.latitude
    return region


def _save(pairs: Sequence[tuple[_Line, Region]], *, actor: Any, reason: str) -> set[str]:
    """The codes of the rows that had to be written."""
    written: set[str] = set()
    for start in range(0, len(pairs), _BATCH):
        part = pairs[start : start + _BATCH]
        try:
            saved = writes.save_many([region for _line, region in part], actor=actor, reason=reason)
            written |= {region.code for region in saved}
        except RowsRejected as rejected:
            _refuse({part[position][0].position: errors for position, errors in rejected.rows.items()})
    return written
