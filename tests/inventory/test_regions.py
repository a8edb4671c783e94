from __future__ import annotations

import csv
from io import StringIO
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from inventory.models import Region
from inventory.services.regions import LoadReport, load_divisions
from kernel import writes
from kernel.errors import RowsRejected
from kernel.models import ChangeRecord
from tests.samples import make

pytestmark = pytest.mark.django_db(databases="__all__")
SHIPPED = Path(__file__).resolve().parents[2] / "inventory" / "data" / "divisions_4101.csv"


def line(code: str, name: str, level: int, parent: str = "", managed_by: str = "", kind: str = "区") -> dict[str, str]:
    return {
        "code": code,
        "name": name,
        "level": str(level),
        "parent": parent,
        "managed_by": managed_by,
        "kind": kind,
        "source": "MCA",
    }


CITY = line("410100000000", "郑州市", 2, "410000000000", kind="市")
COUNTY = line("410184000000", "新郑市", 3, "410100000000", kind="县级市")
ZONE = line("410173000000", "航空港区", 3, "410100000000", kind="功能区")
TOWNSHIP = line("410184204000", "八千乡", 4, "410184000000", "410173000000", kind="乡")


def test_a_subtree_is_a_prefix_of_the_paths_below() -> None:
    load_divisions([TOWNSHIP, COUNTY, ZONE, CITY], actor=None)
    assert Region.objects.get(name="八千乡").path == "410100000000/410184000000/410184204000/"


def test_a_township_keeps_its_statutory_parent_and_names_who_manages_it() -> None:
    load_divisions([CITY, COUNTY, ZONE, TOWNSHIP], actor=None)
    township = Region.objects.get(name="八千乡")
    assert (township.parent.name, township.managed_by.name) == ("新郑市", "航空港区")


def test_loading_twice_changes_nothing() -> None:
    rows = [CITY, COUNTY, ZONE, TOWNSHIP]
    assert load_divisions(rows, actor=None) == LoadReport(4, 0, 0)
    records = ChangeRecord.objects.count()
    assert load_divisions(rows, actor=None) == LoadReport(0, 0, 4)
    assert ChangeRecord.objects.count() == records


def test_a_renamed_division_is_changed_and_the_others_are_left_alone() -> None:
    load_divisions([CITY, COUNTY], actor=None)
    report = load_divisions([CITY, {**COUNTY, "name": "新郑"}], actor=None)
    assert report == LoadReport(0, 1, 1)
    assert Region.objects.get(code="410184000000").name == "新郑"


@pytest.mark.parametrize(
    ("wrong", "column"),
    [
        ({"kind": "州"}, "kind"),
        ({"level": "x"}, "level"),
        ({"parent": "419900000000"}, "parent"),
        ({"managed_by": "419900000000"}, "managed_by"),
        ({"code": "410100000000"}, "code"),
        ({"longitude": "east"}, "longitude"),
    ],
)
def test_a_sheet_with_a_line_that_makes_no_sense_writes_nothing(wrong: dict[str, str], column: str) -> None:
    with pytest.raises(RowsRejected) as refused:
        load_divisions([CITY, {**COUNTY, **wrong}], actor=None)
    assert column in refused.value.rows[1]
    assert Region.objects.count() == 0


@pytest.mark.slow
def test_the_shipped_divisions_load_whole() -> None:
    said = StringIO()
    call_command("load_divisions", stdout=said)
    with SHIPPED.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert Region.objects.count() == len(rows) == 3532
    assert f"{len(rows)} added" in said.getvalue()
    assert Region.objects.filter(level=3).exclude(kind=Region.Kind.ZONE).count() == 12
    assert Region.objects.filter(longitude__isnull=False, level=3).count() == 12


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"nothing\.csv"):
        call_command("load_divisions", str(tmp_path / "nothing.csv"))


def test_the_level_is_one_below_the_parent_unless_it_is_a_zone() -> None:
    city = make(Region, 1, level=2, kind="city")
    with pytest.raises(ValidationError) as refused:
        make(Region, 2, parent=city, level=4)
    assert "level" in refused.value.message_dict
    assert make(Region, 3, parent=city, level=4, kind="zone").pk


def test_a_code_of_eleven_digits_is_refused() -> None:
    with pytest.raises(ValidationError) as refused:
        make(Region, 1, code="41010500000")
    assert "code" in refused.value.message_dict


def test_a_division_with_others_below_it_cant_change_its_parent() -> None:
    first, second = make(Region, 1, level=2, kind="city"), make(Region, 2, level=2, kind="city")
    county = make(Region, 3, parent=first)
    make(Region, 4, parent=county, level=4, kind="town")
    county.parent = second
    with pytest.raises(ValidationError) as refused:
        writes.save(county, actor=None)
    assert "parent" in refused.value.message_dict


def test_a_division_with_nothing_below_it_moves_with_its_path() -> None:
    first, second = make(Region, 1, level=2, kind="city"), make(Region, 2, level=2, kind="city")
    county = make(Region, 3, parent=first)
    county.parent = second
    writes.save(county, actor=None)
    assert Region.objects.get(pk=county.pk).path == f"{second.path}{county.code}/"


def test_a_division_cant_lie_below_itself() -> None:
    zone = make(Region, 1, kind="zone")
    zone.parent = zone
    with pytest.raises(ValidationError) as refused:
        writes.save(zone, actor=None)
    assert "parent" in refused.value.message_dict
