"""Health, readiness, figures and the page of the system's state, through the doors that watchers and people use."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from collectors.models import CollectorRun, Target
from netops.operations.heartbeats import SCHEDULE, WORKER
from tests.collectors.record import make_network
from tests.netops.installations import ROOT, Installation, first_release
from tests.servers import free_port

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def samples_of(text: str) -> Samples:
    """By name and labels, as Prometheus itself reads them."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def total(samples: Samples, name: str, **labels: str) -> float:
    return sum(v for (found, said), v in samples.items() if found == name and labels.items() <= dict(said).items())


def signs(folder: Path) -> None:
    (folder / "heartbeats").mkdir(exist_ok=True)
    for name in (SCHEDULE, WORKER):
        (folder / "heartbeats" / name).touch()


@pytest.fixture
def healthy(settings: Any, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    signs(tmp_path)
    return tmp_path


def test_health_asks_no_database(client: Client) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}  # the test has no database, and would fail


@pytest.mark.django_db(databases="__all__")
class TestReadiness:
    def test_all_is_well(self, client: Client, healthy: Path) -> None:
        answer = client.get("/readyz")
        checks = {check["name"]: check for check in answer.json()["checks"]}
        assert answer.status_code == 200, checks
        assert set(checks) == {"database", "migrations", "queue", "disk", "schedule", "worker", "clock"}
        assert all(check["ok"] and check["text"] for check in checks.values())

    def test_a_stranger_gets_the_status_alone(self, client: Client, healthy: Path, settings: Any) -> None:
        assert client.get("/readyz", REMOTE_ADDR="10.1.1.1").json() == {"status": "ok"}
        assert client.get("/readyz", headers={"X-Forwarded-For": "10.1.1.1"}).json() == {"status": "ok"}
        settings.METRICS_TOKEN = "a-token-of-the-test"
        shown = {"Authorization": "Bearer a-token-of-the-test"}
        assert "checks" in client.get("/readyz", REMOTE_ADDR="10.1.1.1", headers=shown).json()

    def wrong(self, client: Client) -> set[str]:
        answer = client.get("/readyz")
        assert answer.status_code == 503
        return {check["name"] for check in answer.json()["checks"] if not check["ok"]}

    def test_a_dead_schedule_and_worker_are_named(self, client: Client, healthy: Path) -> None:
        long_ago = time.time() - 3600
        for name in (SCHEDULE, WORKER):
            os.utime(healthy / "heartbeats" / name, (long_ago, long_ago))
        assert self.wrong(client) == {"schedule", "worker"}

    def test_a_full_disk_is_named(self, client: Client, healthy: Path, settings: Any) -> None:
        settings.MIN_FREE_MB = 10**9
        assert self.wrong(client) == {"disk"}

    def test_a_clock_behind_the_newest_record_is_named(self, client: Client, healthy: Path) -> None:
        later = timezone.now() + dt.timedelta(hours=1)
        Target.objects.create(device_id=1, next_due_at=later, last_try_at=later)
        assert self.wrong(client) == {"clock"}

    def test_a_missing_migration_is_named(self, client: Client, healthy: Path) -> None:
        from django.db import connection
        from django.db.migrations.recorder import MigrationRecorder

        MigrationRecorder(connection).record_unapplied("kernel", "0002_trail_is_append_only")
        assert self.wrong(client) == {"migrations"}


@pytest.mark.django_db(databases="__all__")
class TestFigures:
    def test_only_the_token_or_this_machine_reads_them(self, client: Client, healthy: Path, settings: Any) -> None:
        assert client.get("/metrics").status_code == 200
        assert client.get("/metrics", REMOTE_ADDR="10.1.1.1").status_code == 403
        assert client.get("/metrics", headers={"X-Forwarded-For": "10.1.1.1"}).status_code == 403
        settings.METRICS_TOKEN = "a-token-of-the-test"
        assert client.get("/metrics").status_code == 401
        for wrong in ("Bearer wrong", "Basic a-token-of-the-test", "Bearer 令牌"):
            assert client.get("/metrics", HTTP_AUTHORIZATION=wrong).status_code == 401
        shown = {"Authorization": "Bearer a-token-of-the-test"}
        assert client.get("/metrics", REMOTE_ADDR="10.1.1.1", headers=shown).status_code == 200

    def test_they_say_what_is_there_in_a_fixed_number_of_queries(
        self, client: Client, healthy: Path, django_assert_max_num_queries: Any
    ) -> None:
        row, now = make_network(), timezone.now()
        Target.objects.bulk_create(
            Target(
                device_id=n, network_id=row.pk, state="up" if n % 3 else "down", last_ok_at=now - dt.timedelta(seconds=90),
                next_due_at=now + dt.timedelta(seconds=60) if n < 50 else now - dt.timedelta(seconds=1 if n < 55 else 3600),
            )
            for n in range(60)
        )  # fmt: skip
        CollectorRun.objects.create(
            network_id=row.pk, worker="w", started_at=now - dt.timedelta(seconds=70), ended_at=now - dt.timedelta(seconds=60),
            asked=60, answered=40,
        )  # fmt: skip
        with django_assert_max_num_queries(9):
            text = client.get("/metrics").content.decode()
        found = samples_of(text)
        named = {"network": row.slug}
        assert total(found, "netops_devices", **named, state="up") == 40
        assert total(found, "netops_devices", **named, state="down") == 20
        assert 89 <= total(found, "netops_data_age_seconds", **named) < 120
        assert total(found, "netops_targets_due", **named) == 10
        assert total(found, "netops_targets_overdue", **named) == 5
        assert total(found, "netops_collector_asked_last_hour", **named) == 60
        assert total(found, "netops_collector_answered_last_hour", **named) == 40
        assert total(found, "netops_collector_seconds_last_hour", **named) == pytest.approx(10)
        assert total(found, "netops_build_info") == 1
        assert total(found, "netops_unsealed_changes") >= 1
        assert total(found, "netops_database_size_bytes") > 0
        assert total(found, "netops_web_resident_memory_bytes") > 10_000_000

    def test_views_are_counted_by_name_and_addresses_are_not(self, client: Client, healthy: Path) -> None:
        before = samples_of(client.get("/metrics").content.decode())
        for number in range(3):
            client.get(f"/no-such-page-{number}/")
        text = client.get("/metrics").content.decode()
        after = samples_of(text)
        counted = {"view": "unmatched", "status": "404"}
        assert (
            total(after, "netops_http_requests_total", **counted)
            - total(before, "netops_http_requests_total", **counted)
            == 3
        )
        assert "no-such-page" not in text


@pytest.mark.django_db(databases="__all__")
class TestPage:
    def test_it_shows_checks_and_says_that_no_backup_was_made(
        self, client: Client, login: Callable[..., Any], healthy: Path
    ) -> None:
        login("extras.*")
        client.cookies["django_language"] = "en"
        page = client.get("/system/")
        assert page.status_code == 200
        assert "never been backed up" in page.content.decode()
        assert page.context["wrong"] == 0

    def test_others_may_not_open_it(self, client: Client, login: Callable[..., Any], healthy: Path) -> None:
        login("dcim.*", "collect.*", "compliance.view_*")
        assert client.get("/system/").status_code == 403


class Web:
    """The product's web server as the supervisor starts it."""

    def __init__(self, installation: Installation) -> None:
        self.port = free_port()
        installation.environment["PORT"] = str(self.port)
        program = "import json; from netops.supervisor import product_services; from django.conf import settings; print(json.dumps(product_services(settings.DATA_DIR, settings.PORT)[-1].command))"
        self.log = installation.folder / "web.log"
        command = json.loads(installation.python(program))
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, *command[1:]], cwd=ROOT, env=installation.variables, stdout=out, stderr=out
            )
        until = time.monotonic() + 60
        while self.get("/healthz")[0] != 200:
            assert time.monotonic() < until, self.log.read_text()
            time.sleep(0.2)

    def get(self, path: str, **headers: str) -> tuple[int, str]:
        asked = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers=headers)
        try:
            with urllib.request.urlopen(asked, timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read().decode()
        except OSError:
            return 0, ""

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    installation = first_release(tmp_path / "data")
    installation.environment["NETOPS_METRICS_TOKEN"] = "a-token-of-the-test"
    installation.python("from netops.setup import prepare_databases; prepare_databases()")
    served = Web(installation)
    yield served
    served.stop()


def test_counts_are_right_over_several_processes(web: Web) -> None:
    assert web.get("/metrics")[0] == 401
    shown = {"Authorization": "Bearer a-token-of-the-test"}
    before = samples_of(web.get("/metrics", **shown)[1])
    workers = Path(f"/proc/{web.process.pid}/task/{web.process.pid}/children").read_text().split()
    assert len(workers) >= 2
    for _asked in range(60):
        assert web.get("/login/")[0] == 200
    seen = set()
    for _asked in range(12):  # whichever process answers
        after = samples_of(web.get("/metrics", **shown)[1])
        counted = {"view": "login", "status": "200"}
        seen.add(
            total(after, "netops_http_requests_total", **counted)
            - total(before, "netops_http_requests_total", **counted)
        )
    assert seen == {60}
    assert total(after, "netops_http_request_duration_seconds_count", **counted) >= 60
    assert total(after, "netops_web_processes") == len(workers) + 1
    assert total(after, "netops_open_findings") >= 0
    assert total(after, "netops_judge_duration_seconds") > 0
    files = list((web.log.parent / "metrics").rglob("*.db"))
    assert len({file.name.rpartition("_")[2] for file in files}) >= 2  # both processes answered


def test_a_database_that_is_gone_is_said_without_its_password(tmp_path: Path) -> None:
    installation = Installation(tmp_path / "data", f"postgres://netops:hunter2-secret@127.0.0.1:{free_port()}/netops")
    installation.folder.mkdir()
    served = Web(installation)
    try:
        status, said = served.get("/readyz")
        assert status == 503
        checks = {check["name"]: check["ok"] for check in json.loads(said)["checks"]}
        assert checks["database"] is checks["migrations"] is checks["clock"] is False
        assert checks["queue"] is checks["disk"] is True
        status, text = served.get("/metrics")
        assert status == 200
        assert total(samples_of(text), "netops_database_up") == 0
        assert total(samples_of(text), "netops_build_info") == 1
        assert served.get("/healthz")[0] == 200
    finally:
        served.stop()
    assert "hunter2-secret" not in said + text + served.log.read_text()
