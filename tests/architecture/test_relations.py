"""What import contracts don't see: relations between packages, and writes that go round the write path."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.core.checks import run_checks

from inventory.models import Provider
from kernel import writes
from kernel.errors import OutsideWritePath

ORDER = ["kernel", "inventory", "collectors", "compliance", "alerts", "netops"]
FOREIGN = {"auth", "axes", "contenttypes", "sessions", "messages"}


def test_a_foreign_key_points_down_the_import_order() -> None:
    wrong = []
    for model in apps.get_models():
        label = model._meta.app_label
        if label in FOREIGN:
            continue
        for field in model._meta.get_fields():
            if not (field.is_relation and getattr(field, "concrete", False)) or field.related_model is None:
                continue
            target = field.related_model._meta.app_label
            if target in FOREIGN or ORDER.index(target) > ORDER.index(label):
                wrong.append(f"{model.__name__}.{field.name} -> {target}")
    assert wrong == []


def test_no_foreign_key_crosses_between_recorded_and_observed() -> None:
    from collectors.databases import ObservedRouter

    router = ObservedRouter()
    wrong = []
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if field.is_relation and router.db_for_read(model) != router.db_for_read(field.related_model):
                wrong.append(f"{model.__name__}.{field.name}")
    assert wrong == []


def test_start_up_checks_find_nothing() -> None:
    assert run_checks() == []


@pytest.mark.django_db
def test_recorded_rows_are_not_written_outside_the_write_path() -> None:
    row = writes.save(Provider(name="p", slug="p"), actor=None)
    for attempt in (
        lambda: Provider.objects.update(name="x"),
        lambda: Provider.objects.filter(pk=row.pk).delete(),
        lambda: Provider.objects.bulk_create([Provider(name="y", slug="y")]),
        lambda: Provider.objects.bulk_update([row], ["name"]),
        lambda: Provider(name="z", slug="z").save(),
        lambda: row.delete(),
    ):
        with pytest.raises(OutsideWritePath):
            attempt()
    assert [p.name for p in Provider.objects.all()] == ["p"]
