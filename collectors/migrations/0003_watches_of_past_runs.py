import datetime as dt

from django.db import migrations

REACH = dt.timedelta(minutes=10)  # passes come every five minutes; a later one begins a new watch
BATCH = 2000


def watches_of_runs(apps, schema_editor):
    """The runs on record as the times in which somebody was asking. Run twice, it adds nothing."""
    alias = schema_editor.connection.alias
    runs = apps.get_model("collectors", "CollectorRun").objects.using(alias)
    watches = apps.get_model("collectors", "CollectorWatch")
    if watches.objects.using(alias).exists():
        return
    rows = runs.order_by("network_id", "started_at", "id").values_list("network_id", "started_at", "worker", "is_sample")
    found = []
    for network_id, started_at, worker, is_sample in rows.iterator(chunk_size=BATCH):
        last = found[-1] if found else None
        if last is not None and last.network_id == network_id and started_at - last.last_at <= REACH:
            last.last_at, last.worker = started_at, worker
        else:
            found.append(
                watches(
                    network_id=network_id, worker=worker, first_at=started_at, last_at=started_at, is_sample=is_sample
                )
            )
    watches.objects.using(alias).bulk_create(found, batch_size=BATCH)


class Migration(migrations.Migration):
    dependencies = [("collectors", "0002_watches_and_reach")]
    operations = [
        migrations.RunPython(
            watches_of_runs, migrations.RunPython.noop, hints={"model_name": "collectorwatch"}, elidable=True
        ),
    ]
