"""Old rows go, and nobody who polls is held up or turned away by that."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.exceptions import ImproperlyConfigured

from collectors.models import PortRate5m, PortRateDay, PortRateHour, PortSample
from collectors.retention import clean_up
from netops.settings.environment import Environment
from tests.collectors.beside import DEVICES, PORTS

ROOT = Path(__file__).resolve().parents[2]
NOW = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)
OLD_ROWS = 20_000


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A database of the same kind as the tests', that two processes share."""
    own = {**os.environ, "NETOPS_DATA_DIR": str(tmp_path)}
    url = os.environ.get("NETOPS_DATABASE_URL")
    if not url:
        yield own
        return
    name = f"beside_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
    yield {**own, "NETOPS_DATABASE_URL": f"{url.rsplit('/', 1)[0]}/{name}"}
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def start(environment: dict[str, str], *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.collectors.beside", *arguments]
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def answer(process: subprocess.Popen[str]) -> Any:
    said, complaints = process.communicate(timeout=300)
    assert process.returncode == 0, complaints
    assert "locked" not in complaints
    return json.loads(said)


def test_polls_are_stored_while_very_many_rows_are_deleted(environment: dict[str, str], tmp_path: Path) -> None:
    assert answer(start(environment, "fill", str(OLD_ROWS)))["rows"] == OLD_ROWS
    stop = tmp_path / "stop"
    storing = start(environment, "store", str(stop))
    try:
        cleaned = answer(start(environment, "clean"))
    finally:
        stop.touch()
        stored = answer(storing)
    assert cleaned["deleted"]["raw"] == OLD_ROWS
    sizes = [rows for _at, rows in cleaned["batches"]]
    assert max(sizes) <= 250
    spans = stored["spans"]
    assert stored["kept"] == len(spans) * DEVICES * PORTS
    # The wait is counted in batches of the other side, which the machine's load doesn't change: no store had to wait
    # for the clean-up to end, and the two ran at the same time.
    during = [sum(1 for at, _rows in cleaned["batches"] if began <= at <= ended) for began, ended in spans]
    assert sum(1 for batches in during if batches) >= 3, during
    assert max(during) < len(sizes) / 2, during


@pytest.mark.django_db(databases="__all__")
def test_each_kind_of_row_is_kept_as_long_as_is_set(settings: Any) -> None:
    settings.KEEP_RAW_HOURS, settings.KEEP_5M_DAYS, settings.KEEP_HOUR_DAYS, settings.KEEP_DAY_DAYS = 30, 3, 9, 0
    ages = (dt.timedelta(hours=29), dt.timedelta(days=2), dt.timedelta(days=8), dt.timedelta(days=4000))
    for age in ages:
        PortSample.objects.create(device_id=1, port="p", if_index=1, at=NOW - age)
        for model in (PortRate5m, PortRateHour, PortRateDay):
            model.objects.create(device_id=1, port="p", start=NOW - age, samples=1)
    assert {k: n for k, n in clean_up(NOW).items() if n} == {"raw": 3, "5m": 2, "hour": 1}
    settings.KEEP_DAY_DAYS = 3
    assert clean_up(NOW)["day"] == 2


@pytest.mark.django_db(databases="__all__")
def test_a_clean_up_that_ran_out_of_time_goes_on_next_time() -> None:
    PortSample.objects.bulk_create(
        PortSample(device_id=1, port="p", if_index=1, at=NOW - dt.timedelta(days=9, seconds=n)) for n in range(700)
    )
    assert clean_up(NOW, limit_s=0)["raw"] == 0
    first = clean_up(NOW, limit_s=0.01)["raw"]
    assert first % 250 == 0 or first == 700
    assert first + clean_up(NOW)["raw"] == 700
    assert not PortSample.objects.exists()


def test_a_keep_outside_its_bounds_is_refused_by_name() -> None:
    with pytest.raises(ImproperlyConfigured, match="NETOPS_KEEP_RAW_HOURS must lie between 24 and 336"):
        Environment({"NETOPS_KEEP_RAW_HOURS": "12"}).number("NETOPS_KEEP_RAW_HOURS", 48, 24, 336)
