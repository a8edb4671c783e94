"""The trail: what it records, that nobody can alter it, and that its seal tells when somebody did."""

from __future__ import annotations

import importlib

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError

from inventory.models import Manufacturer
from kernel import writes
from kernel.models import ChangeRecord
from kernel.sealing import seal_pending, verify
from tests.conftest import drop_trail_triggers

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def triggers() -> None:
    module = importlib.import_module("kernel.migrations.0002_trail_is_append_only")
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            for create, _drop in module._statements("sqlite"):
                cursor.execute(create)


@pytest.mark.usefixtures("triggers")
@pytest.mark.parametrize(
    "statement", ["UPDATE kernel_changerecord SET reason = 'x'", "DELETE FROM kernel_changerecord"]
)
def test_the_database_refuses_to_change_or_delete_a_record(statement: str) -> None:
    writes.save(Manufacturer(name="m", slug="m"), actor=None)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert ChangeRecord.objects.count() == 1


def test_the_seal_is_whole_and_breaks_where_a_record_was_altered() -> None:
    rows = [Manufacturer(name=f"m{n}", slug=f"m{n}") for n in range(5)]
    writes.save_many(rows, actor=None)
    assert seal_pending(limit=3) == 3
    assert verify().unsealed == 2
    assert seal_pending() == 2
    report = verify()
    assert (report.is_whole, report.checked, report.unsealed) == (True, 5, 0)
    third = ChangeRecord.objects.order_by("pk")[2]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE kernel_changerecord DISABLE TRIGGER USER")
    else:
        drop_trail_triggers()
    ChangeRecord.objects.filter(pk=third.pk).update(reason="forged")
    assert verify().broken_at == third.pk


def test_a_write_and_its_record_stand_or_fall_together() -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        writes.save(Manufacturer(name="m", slug="m"), actor=None)
        raise RuntimeError
    assert Manufacturer.objects.count() == ChangeRecord.objects.count() == 0
