"""Run as a program: stores readings or cleans up, in the database that the environment names, and tells when as JSON.

`python -m tests.collectors.beside fill ROWS | store STOPFILE | clean`
"""

from __future__ import annotations

import datetime as dt
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import django

DEVICES, PORTS = 12, 24


def fill(rows: int) -> dict[str, Any]:
    from django.core.management import call_command
    from django.db import transaction

    from collectors.databases import observed_alias
    from collectors.models import PortSample

    app = ["collectors"] if observed_alias() == "observed" else []
    call_command("migrate", *app, database=observed_alias(), interactive=False, verbosity=0)
    old = dt.datetime.now(dt.UTC) - dt.timedelta(days=20)
    with transaction.atomic(using=observed_alias()):
        PortSample.objects.bulk_create(
            (
                PortSample(device_id=1, port="ge9/0/1", if_index=9, at=old + dt.timedelta(seconds=n), in_octets=n)
                for n in range(rows)
            ),
            batch_size=5000,
        )
    return {"rows": PortSample.objects.count()}


def store(stop: Path) -> dict[str, Any]:
    """Poll results of a dozen devices again and again, until the file is there."""
    from collectors.models import PortSample
    from collectors.observe import Observation, store_many
    from tests.collectors.readings import counters, port, reading

    spans: list[tuple[float, float]] = []
    while not stop.exists():
        at, began = dt.datetime.now(dt.UTC), time.monotonic()
        said = reading(
            *(port(n, mtu=1500 + len(spans)) for n in range(1, PORTS + 1)),
            counters=tuple(counters(n, in_octets=len(spans)) for n in range(1, PORTS + 1)),
        )
        store_many([Observation(device_id=100 + n, at=at, reading=said) for n in range(DEVICES)])
        spans.append((began, time.monotonic()))
    return {"spans": spans, "kept": PortSample.objects.filter(device_id__gte=100).count()}


def clean() -> dict[str, Any]:
    from django.db import connections

    from collectors.databases import observed_alias
    from collectors.retention import clean_up

    batches: list[tuple[float, int]] = []

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        answer = execute(sql, params, many, context)
        if sql.startswith("DELETE"):
            batches.append((time.monotonic(), context["cursor"].rowcount))
        return answer

    with connections[observed_alias()].execute_wrapper(watch):
        deleted = clean_up()
    return {"deleted": deleted, "batches": batches}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "netops.settings")
    django.setup()
    what, *rest = sys.argv[1:]
    answer = fill(int(rest[0])) if what == "fill" else store(Path(rest[0])) if what == "store" else clean()
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main()
