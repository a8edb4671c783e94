"""What every registered model promises. A new model gets all of this by having a spec and a sample."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, models
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from inventory.models import MaintenanceWindow
from kernel.derive import files, sheets
from kernel.derive.forms import form_for
from kernel.derive.keys import display, key_text, word_paths
from kernel.models import ChangeRecord
from kernel.registry import registry
from kernel.spec import Spec
from tests.samples import SAMPLES, make

pytestmark = pytest.mark.django_db(databases="__all__")
WRITABLE = [spec for spec in registry.all() if not spec.read_only]
each = pytest.mark.parametrize("spec", WRITABLE, ids=lambda s: s.object_type)
PAGES = (("list", 0), ("add", 0), ("import", 0), ("detail", 1), ("edit", 1), ("delete", 1), ("history", 1))


def url(spec: Spec, name: str, *args: Any) -> str:
    return reverse(f"{spec.route}-{name}", args=args)


def api_url(spec: Spec, *args: Any) -> str:
    return reverse(f"api-{spec.route}-{'detail' if args else 'list'}", args=args)


def plain(spec: Spec, n: int) -> dict[str, Any]:
    """A sample as an API client would send it: rows by number."""
    values = {}
    for name, value in SAMPLES[spec.model](n).items():
        values[name] = value.pk if isinstance(value, models.Model) else value
    return values


def form_values(spec: Spec, n: int) -> dict[str, Any]:
    """The same as a browser would send it: what the empty form holds, and related rows by name where it searches."""
    form = form_for(spec)(user=None)
    values = {}
    for name in form.fields:
        shown = form[name].value()
        if shown not in (None, "", False):
            values[name] = shown
    for name, value in SAMPLES[spec.model](n).items():
        if isinstance(value, models.Model):
            related = registry.of(value)
            values[name] = key_text(value, related) if related.is_long else value.pk
        elif isinstance(value, list):
            import json

            values[name] = json.dumps(value)
        elif value is not None and value is not False:
            values[name] = value
    return values


@each
def test_has_a_sample(spec: Spec) -> None:
    assert spec.model in SAMPLES


@each
def test_the_api_and_the_pages_call_a_row_the_same(spec: Spec) -> None:
    row = make(spec.model, 1)
    values = spec.model._default_manager.filter(pk=row.pk).values(*word_paths(spec))[0]
    assert str(row) == display(spec, values)


@each
@pytest.mark.parametrize(("name", "args"), PAGES)
def test_a_stranger_signs_in_first_and_somebody_without_rights_is_refused(
    client: Client, login: Any, spec: Spec, name: str, args: int
) -> None:
    target = url(spec, name, *([make(spec.model, 1).pk] if args else []))
    assert client.get(target).status_code == 302
    login()
    assert client.get(target).status_code == 403


@each
@pytest.mark.parametrize(("name", "args"), PAGES)
def test_each_page_opens_for_somebody_with_rights(client: Client, login: Any, spec: Spec, name: str, args: int) -> None:
    row = make(spec.model, 1)
    login("*")
    answer = client.get(url(spec, name, *([row.pk] if args else [])))
    assert answer.status_code == 200
    assert b"<h1" in answer.content


@each
def test_a_row_is_added_changed_and_deleted_and_each_step_is_recorded(client: Client, login: Any, spec: Spec) -> None:
    user = login("*")
    answer = client.post(url(spec, "add"), {**form_values(spec, 1), "change_reason": "because"})
    assert answer.status_code == 302, answer.context["form"].errors
    row = spec.model._default_manager.order_by("pk").last()
    assert row is not None
    version = row.version
    changed = client.post(url(spec, "edit", row.pk), {**form_values(spec, 2), "version": version})
    assert changed.status_code == 302, changed.context["form"].errors
    assert client.get(url(spec, "history", row.pk)).status_code == 200
    assert client.post(url(spec, "delete", row.pk), {"change_reason": "over"}).status_code == 302
    records = ChangeRecord.objects.filter(object_type=spec.object_type, object_id=row.pk).order_by("pk")
    assert [(r.action, r.actor_id) for r in records] == [("create", user.pk), ("update", user.pk), ("delete", user.pk)]
    assert [r.reason for r in records] == ["because", "", "over"]
    assert records[1].before != records[1].after


@each
def test_saving_without_a_change_records_nothing(client: Client, login: Any, api: Any, spec: Spec) -> None:
    program = api()
    row = make(spec.model, 1)
    before = ChangeRecord.objects.count()
    listed = program.get(api_url(spec, row.pk)).json()
    values = {n: v["id"] if isinstance(v, dict) and "id" in v else v for n, v in listed.items() if n in spec.fields}
    answer = program.patch(api_url(spec, row.pk), {n: v for n, v in values.items() if v is not None})
    assert answer.status_code == 200, answer.content
    assert ChangeRecord.objects.count() == before


@each
def test_a_stale_edit_is_refused_and_shows_both_values(client: Client, login: Any, spec: Spec) -> None:
    row = make(spec.model, 1)
    login("*")
    first = form_values(spec, 2)
    assert client.post(url(spec, "edit", row.pk), {**first, "version": row.version}).status_code == 302
    second = client.post(url(spec, "edit", row.pk), {**form_values(spec, 3), "version": row.version})
    assert second.status_code == 409
    assert second.context["stale"]["differences"]
    assert ChangeRecord.objects.filter(object_type=spec.object_type, object_id=row.pk, action="update").count() == 1


@each
def test_a_list_costs_the_same_queries_whatever_its_length(client: Client, login: Any, spec: Spec) -> None:
    login("*")
    costs = []
    number = 0
    for size in (2, 6):
        for _row in range(size):
            number += 1
            make(spec.model, number)
        cost = []
        for target in (url(spec, "list"), api_url(spec), url(spec, "list") + "?export=csv"):
            client.get(target)  # what is cached per process is cached now
            with CaptureQueriesContext(connection) as seen:
                assert client.get(target).status_code == 200
            cost.append(len(seen))
        costs.append(cost)
    assert costs[0] == costs[1]
    assert costs[0][0] <= 15


@each
def test_the_api_creates_reads_changes_and_deletes(api: Any, spec: Spec) -> None:
    client = api()
    made = client.post(api_url(spec), plain(spec, 1))
    assert made.status_code == 201, made.content
    row = made.json()
    assert {"id", "url", "display", "created", "last_updated", *spec.fields} <= set(row)
    one = api_url(spec, row["id"])
    assert client.get(one).json() == row
    changed = client.patch(one, plain(spec, 2))
    assert changed.status_code == 200, changed.content
    assert client.get(api_url(spec), {"id": row["id"]}).json()["count"] == 1
    assert client.delete(one).status_code == 204
    assert client.get(one).status_code == 404
    records = ChangeRecord.objects.filter(object_type=spec.object_type, object_id=row["id"]).order_by("pk")
    assert [r.action for r in records] == ["create", "update", "delete"]


@each
def test_the_api_writes_many_or_none(api: Any, spec: Spec) -> None:
    client = api()
    made = client.post(api_url(spec), [plain(spec, 1), plain(spec, 2)])
    assert made.status_code == 201, made.content
    ids = [row["id"] for row in made.json()]
    again = client.post(api_url(spec), [plain(spec, 3), {"nonsense": 1}, 7])
    assert again.status_code == 400
    assert spec.model._default_manager.filter(pk__gt=max(ids)).count() == 0
    changed = client.patch(api_url(spec), [{"id": ids[0], **plain(spec, 4)}])
    assert changed.status_code == 200, changed.content
    gone = client.delete(api_url(spec), [{"id": i} for i in ids])
    assert gone.status_code == 204, gone.content
    assert not spec.model._default_manager.filter(pk__in=ids).exists()


@each
def test_the_api_refuses_without_rights_and_without_a_token(client: Client, api: Any, spec: Spec) -> None:
    row = make(spec.model, 1)
    assert client.get(api_url(spec)).status_code == 403
    stranger = api("nothing.at_all")
    assert stranger.get(api_url(spec)).status_code == 403
    reader = api(spec.permission("view"))
    assert reader.get(api_url(spec, row.pk)).status_code == 200
    assert reader.post(api_url(spec), plain(spec, 2)).status_code == 403
    assert reader.delete(api_url(spec, row.pk)).status_code == 403


@each
def test_every_filter_finds_the_row_and_nonsense_is_refused_with_400(api: Any, spec: Spec) -> None:
    from kernel.derive.filters import filters_of

    row = make(spec.model, 1)
    client = api()
    for name, filter_ in filters_of(spec).items():
        if filter_.kind in ("subtree", "key"):
            continue
        values = spec.queryset().filter(pk=row.pk).values_list(filter_.path, flat=True)[0]
        if values in (None, ""):
            continue
        text = (
            str(values).lower() if isinstance(values, bool) else getattr(values, "isoformat", lambda v=values: str(v))()
        )
        found = client.get(api_url(spec), {name: text})
        assert row.pk in [r["id"] for r in found.json()["results"]], (name, text)
        if filter_.kind in ("number", "id", "date", "datetime", "bool", "choice", "decimal"):
            assert client.get(api_url(spec), {name: "nonsense!"}).status_code == 400, name
        assert client.get(api_url(spec), {f"{name}__gte": "\x00"}).status_code in (200, 400)
    assert client.get(api_url(spec), {"q": "x" * 3000}).status_code == 200
    assert client.get(api_url(spec), {"limit": "-1"}).status_code == 400


@each
def test_search_finds_the_row_by_each_searched_field(client: Client, login: Any, spec: Spec) -> None:
    row = make(spec.model, 1)
    login("*")
    for path in spec.search:
        value: Any = row
        for step in path.split("__"):
            value = getattr(value, step, None)
        if value:
            word = str(value).split()[0]
            page = client.get(url(spec, "list"), {"q": word})
            assert str(row.pk) in [str(r["pk"]) for r in page.context["rows"]], (path, word)


@each
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_an_exported_sheet_can_be_imported_again(client: Client, login: Any, spec: Spec, kind: str) -> None:
    login("*")
    row = make(spec.model, 1)
    content = client.get(url(spec, "list"), {"export": kind, "id": row.pk}).content
    before = list(sheets.table(spec, spec.queryset().filter(pk=row.pk)))
    approved = [name for guard in spec.guards for name in guard.fields]
    from kernel import writes

    writes.delete(row, actor=None)
    header, rows = files.read(content)
    found = sheets.preview(spec, header, rows, user=None)
    assert not found.wrong, [(line.number, line.errors) for line in found.wrong]
    assert sheets.load(found, actor=None, approval="import" if approved else "") == 1
    after = list(sheets.table(spec, spec.queryset().order_by("-pk")[:1]))
    assert after == before


# Relations that may be empty each, but not all at once.
_ONE_OF = {MaintenanceWindow: {"network"}}


def emptied(spec: Spec, n: int) -> dict[str, Any]:
    """Nothing for every field that may be empty, but for what the sample needs to be valid."""
    needed = {name for name, value in SAMPLES[spec.model](n).items() if not isinstance(value, models.Model)}
    needed |= _ONE_OF.get(spec.model, set())
    fields = [spec.meta.get_field(name) for name in spec.fields if name not in needed]
    return {f.name: None if f.null else "" for f in fields if f.blank and (f.null or f.empty_strings_allowed)}


@each
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_an_exported_sheet_that_comes_in_again_changes_nothing(
    client: Client, login: Any, spec: Spec, kind: str
) -> None:
    login("*")
    make(spec.model, 1)
    make(spec.model, 2, **emptied(spec, 2))
    count = spec.model._default_manager.count()
    sheet = SimpleUploadedFile(f"sheet.{kind}", client.get(url(spec, "list"), {"export": kind}).content)
    page = client.post(url(spec, "import"), {"file": sheet})
    assert page.status_code == 200, page.context["rows"]
    assert page.context["counts"] == {"added": 0, "changed": 0, "unchanged": count, "wrong": 0}, page.context["rows"]


@each
def test_one_bad_row_rejects_the_whole_sheet_naming_row_and_column(client: Client, login: Any, spec: Spec) -> None:
    login("*")
    row = make(spec.model, 1)
    lines = list(sheets.table(spec, spec.queryset().filter(pk=row.pk)))
    from kernel import writes

    writes.delete(row, actor=None)
    count = spec.model._default_manager.count()
    bad = [None] * len(lines[0])
    bad[-1] = "x" * 3000
    page = client.post(url(spec, "import"), {"pasted": sheets.as_csv([*lines, bad]).decode("utf-8-sig"), "check": "1"})
    assert page.status_code == 400
    wrong = [r for r in page.context["rows"] if r["status"] == "wrong"]
    assert [r["line"] for r in wrong] == [3]
    assert all(r["errors"] for r in wrong)
    token = page.context["token"]
    assert client.post(url(spec, "import"), {"token": token, "write": "1"}).status_code == 400
    assert spec.model._default_manager.count() == count


@each
def test_bulk_delete_asks_first_and_then_deletes_all(client: Client, login: Any, spec: Spec) -> None:
    login("*")
    rows = [make(spec.model, 1), make(spec.model, 2)]
    pks = [r.pk for r in rows]
    asked = client.post(url(spec, "bulk-delete"), {"pk": pks})
    assert asked.status_code == 200
    assert spec.model._default_manager.filter(pk__in=pks).count() == 2
    assert client.post(url(spec, "bulk-delete"), {"pk": pks, "apply": "1"}).status_code == 302
    assert not spec.model._default_manager.filter(pk__in=pks).exists()


@each
def test_the_template_sheet_opens_in_a_spreadsheet_program(client: Client, login: Any, spec: Spec) -> None:
    login("*")
    content = client.get(url(spec, "import"), {"template": "xlsx"}).content
    sheet = load_workbook(io.BytesIO(content)).active
    assert sheet is not None
    assert len(next(sheet.iter_rows(values_only=True))) == len(spec.fields)
