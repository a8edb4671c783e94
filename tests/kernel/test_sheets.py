"""Sheets as people bring them in: every encoding and every damage, with errors where the file has them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import Workbook

from inventory.models import CircuitType, Manufacturer, Provider, RoleGrant, Site
from kernel.models import User
from tests.samples import make

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def bring(client: Client, login: Any) -> Callable[..., Any]:
    """The page that answers an upload of these bytes."""
    login("*")

    def send(content: bytes, model: str = "dcim-manufacturer") -> Any:
        return client.post(reverse(f"{model}-import"), {"file": SimpleUploadedFile("sheet", content)})

    return send


def workbook(*rows: list[Any]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def with_part(content: bytes, name: str, part: bytes) -> bytes:
    """The workbook with one of its parts replaced."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.namelist():
            new.writestr(entry, part if entry == name else old.read(entry))
    return out.getvalue()


def wrong_rows(page: Any) -> list[int]:
    return [row["line"] for row in page.context["rows"] if row["status"] == "wrong"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le-bom"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_text_file_of_any_spreadsheet_program_is_read(bring: Any, encoding: str, end: str) -> None:
    text = "name\tslug\n华为\thw\n".replace("\n", end)
    content = b"\xff\xfe" + text.encode("utf-16-le") if encoding == "utf-16-le-bom" else text.encode(encoding)
    page = bring(content)
    assert page.status_code == 200
    assert page.context["counts"]["added"] == 1


PARTS = [
    "xl/worksheets/sheet1.xml",
    "xl/styles.xml",
    "xl/workbook.xml",
    "[Content_Types].xml",
    "xl/_rels/workbook.xml.rels",
]


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("damage", [b"", b"<", b"<a>&b;</a>", b"\xff" * 50, b'<?xml version="1.0"?><a/>'])
def test_a_damaged_workbook_is_refused_and_not_an_accident(bring: Any, part: str, damage: bytes) -> None:
    page = bring(with_part(workbook(["name", "slug"], ["a", "a"]), part, damage))
    assert page.status_code in (200, 400)
    assert page.status_code == 400 or page.context["counts"]["added"] == 1  # some parts aren't needed to read it


def test_a_truncated_workbook_is_refused(bring: Any) -> None:
    content = workbook(["name", "slug"], ["a", "a"])
    for size in range(2, len(content), 97):
        assert bring(content[:size]).status_code == 400


def test_a_formula_without_its_value_is_refused_naming_the_cell(bring: Any) -> None:
    page = bring(workbook(["name", "slug", "description"], ["a", "a", "x"], ["b", "b", "=A2"]))
    assert page.status_code == 400
    assert "C3" in page.context["error"]
    assert not Manufacturer.objects.exists()


def test_a_formula_with_an_empty_value_beside_it_is_an_empty_cell(bring: Any) -> None:
    content = workbook(["name", "slug", "description"], ["b", "b", "=A2"])
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    computed = sheet.replace('<c r="C2"', '<c t="str" r="C2"')
    assert computed != sheet
    page = bring(with_part(content, "xl/worksheets/sheet1.xml", computed.encode()))
    assert page.context["counts"]["added"] == 1


@pytest.mark.parametrize("make_content", [lambda rows: workbook(*rows), lambda rows: csv_of(rows)])
def test_blank_lines_do_not_shift_the_row_numbers(bring: Any, make_content: Any) -> None:
    rows = [["name", "slug"], ["a", "a"], ["", ""], ["", ""], ["b", "not a slug"], ["", ""], ["", "c"]]
    assert wrong_rows(bring(make_content(rows))) == [5, 7]


def csv_of(rows: list[list[str]]) -> bytes:
    return "\n".join(",".join(row) if any(row) else "" for row in rows).encode()


@pytest.mark.parametrize("make_content", [lambda rows: workbook(*rows), lambda rows: csv_of(rows)])
def test_a_sheet_with_more_than_200_columns_is_refused_naming_the_limit(bring: Any, make_content: Any) -> None:
    page = bring(make_content([["name", "slug", *(f"x{n}" for n in range(199))], ["a", "a", *["1"] * 199]]))
    assert page.status_code == 400
    assert "200" in page.context["error"]


def test_a_workbook_that_unpacks_beyond_60_mb_is_refused_naming_the_limit(bring: Any) -> None:
    page = bring(with_part(workbook(["name", "slug"], ["a", "a"]), "docProps/app.xml", b" " * (61 * 1024 * 1024)))
    assert page.status_code == 400
    assert "60" in page.context["error"]


def test_a_guarded_column_is_marked_on_each_row_that_sets_it(bring: Any) -> None:
    maker, kind = make(Provider, 1), make(CircuitType, 1)
    lines = ["cid,provider,type,bandwidth_approved_mbps"]
    lines += [f"c{n},{maker.name},{kind.name},{'100' if n in (2, 4) else ''}" for n in range(1, 6)]
    page = bring("\n".join(lines).encode(), "circuits-circuit")
    assert page.status_code == 400
    assert wrong_rows(page) == [3, 5]
    column = lines[0].split(",").index("bandwidth_approved_mbps")
    assert all(row["cells"][column]["is_wrong"] for row in page.context["rows"])
    assert not page.context["can_write"]


def test_a_broken_constraint_is_marked_on_its_row_of_a_long_sheet(bring: Any) -> None:
    maker, kind = make(Provider, 1), make(CircuitType, 1)
    lines = ["cid,provider,type,install_date,termination_date"]
    ends = ["2024-01-01" if n == 33 else "2026-01-01" for n in range(50)]
    lines += [f"c{n},{maker.name},{kind.name},2025-01-01,{end}" for n, end in enumerate(ends)]
    page = bring("\n".join(lines).encode(), "circuits-circuit")
    assert wrong_rows(page) == [35]
    assert page.context["rows"][0]["cells"][4]["is_wrong"]


def test_checking_a_long_sheet_costs_no_queries_by_the_row(bring: Any) -> None:
    maker, kind = make(Provider, 1), make(CircuitType, 1)
    costs = []
    for size in (20, 120):
        lines = [f"c{size}-{n},{maker.name},{kind.name}" for n in range(size)]
        with CaptureQueriesContext(connection) as seen:
            bring("\n".join(["cid,provider,type", *lines]).encode(), "circuits-circuit")
        costs.append(len(seen))
    assert costs[1] - costs[0] < 10


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize(
    "text", ["first\r\nsecond", "=1+1", "'=1+1", "''+1", "-", "'", "'-", "+86 371", "007", "@home"]
)
def test_a_text_comes_in_again_as_it_went_out(client: Client, bring: Any, kind: str, text: str) -> None:
    form = {"name": "m", "slug": "m", "status": "active", "description": "", "comments": "", "physical_address": text}
    assert client.post("/dcim/sites/add/", form).status_code == 302
    kept = Site.objects.get().physical_address
    assert kept == text.replace("\r\n", "\n")
    page = bring(client.get("/dcim/sites/", {"export": kind}).content, "dcim-site")
    assert page.context["counts"]["unchanged"] == 1, page.context["rows"]


def test_an_empty_cell_clears_an_optional_address(bring: Any) -> None:
    User.objects.create(username="someone", email="a@example.org")
    page = bring(b"username,email\nsomeone,\n", "users-user")
    assert page.context["counts"]["changed"] == 1


def test_grants_that_differ_in_scope_or_time_are_told_apart(bring: Any) -> None:
    grant = make(RoleGrant, 1, tenant=None, region=None)
    key = f"{grant.user},{grant.role}"
    lines = ["user,role,tenant,region,valid_from", f"{key},,,{grant.valid_from}", f"{key},,,2025-05-05"]
    page = bring("\n".join(lines).encode(), "users-rolegrant")
    assert (page.context["counts"]["unchanged"], page.context["counts"]["added"]) == (1, 1)


def test_a_line_that_speaks_of_two_rows_is_refused(bring: Any) -> None:
    grant = make(RoleGrant, 1)
    make(RoleGrant, 1)
    line = f"{grant.user},{grant.role},{grant.tenant},{grant.region.code},{grant.valid_from}"
    page = bring(f"user,role,tenant,region,valid_from\n{line}\n".encode(), "users-rolegrant")
    assert wrong_rows(page) == [2]
