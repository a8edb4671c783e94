"""The database itself refuses to change or delete what the trail holds."""

from django.db import migrations

TABLES = ("kernel_changerecord", "kernel_sealentry")


def _statements(vendor):
    for table in TABLES:
        for verb in ("update", "delete"):
            name = f"{table}_no_{verb}"
            if vendor == "sqlite":
                yield (
                    f"CREATE TRIGGER {name} BEFORE {verb.upper()} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, 'the trail is append-only'); END",
                    f"DROP TRIGGER IF EXISTS {name}",
                )
            else:
                yield (
                    f"CREATE TRIGGER {name} BEFORE {verb.upper()} ON {table} "
                    "FOR EACH ROW EXECUTE FUNCTION netops_trail_is_append_only()",
                    f"DROP TRIGGER IF EXISTS {name} ON {table}",
                )


def add(apps, schema_editor):
    vendor = schema_editor.connection.vendor
    # With SQLite the tables exist in the record's database alone.
    tables = schema_editor.connection.introspection.table_names()
    if TABLES[0] not in tables:
        return
    if vendor == "postgresql":
        schema_editor.execute(
            "CREATE OR REPLACE FUNCTION netops_trail_is_append_only() RETURNS trigger AS $$ "
            "BEGIN RAISE EXCEPTION 'the trail is append-only'; END $$ LANGUAGE plpgsql"
        )
    for create, _drop in _statements(vendor):
        schema_editor.execute(create)


def drop(apps, schema_editor):
    if TABLES[0] in schema_editor.connection.introspection.table_names():
        for _create, drop_ in _statements(schema_editor.connection.vendor):
            schema_editor.execute(drop_)


class Migration(migrations.Migration):
    dependencies = [("kernel", "0001_initial")]
    operations = [migrations.RunPython(add, drop)]
