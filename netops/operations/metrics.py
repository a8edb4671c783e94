"""The figures as Prometheus reads them. Names and meanings are promises: dashboards and alarms are built on them."""

from __future__ import annotations

import logging
import os
import platform
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

import django
from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone
from kombu.exceptions import KombuError
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

from netops.backups.making import last_backup
from netops.operations.figures import Figures, figures
from netops.operations.heartbeats import SCHEDULE, WORKER, last_sign
from netops.operations.queue_lengths import queue_length
from netops.operations.requests import counted_requests
from netops.version import product_version

logger = logging.getLogger(__name__)


def exposition() -> bytes:
    """Everything, in the text format. Without the database what needs none is still told."""
    registry = CollectorRegistry()
    registry.register(_Installation())
    return generate_latest(counted_requests()) + generate_latest(registry)


class _Installation(Collector):
    def collect(self) -> Iterator[Metric]:
        yield from _about()
        yield from _machine()
        try:
            found = figures()
        except DatabaseError as error:
            logger.warning("The database can't be reached: %s", error)
            yield _gauge("netops_database_up", "1 when the database answers.", 0)
            return
        yield _gauge("netops_database_up", "1 when the database answers.", 1)
        yield from _collecting(found)
        yield from _judging(found)
        yield _gauge("netops_unsealed_changes", "Change records that are not sealed yet.", found.unsealed)
        sizes = GaugeMetricFamily("netops_database_size_bytes", "Size of each database.", labels=["database"])
        for name, size in found.database_bytes.items():
            sizes.add_metric([name], size)
        yield sizes


def _gauge(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(name, meaning, value=value)


def _about() -> Iterator[Metric]:
    said = {
        "version": product_version(), "build": settings.BUILD, "python": platform.python_version(),
        "django": django.get_version(), "database": connection.vendor,
    }  # fmt: skip
    family = GaugeMetricFamily("netops_build_info", "Always 1; the labels say what runs.", labels=list(said))
    family.add_metric(list(said.values()), 1)
    yield family
    pids = _web_pids()
    yield _gauge("netops_web_processes", "Processes of the web server.", len(pids))
    memory, cpu_s = _used(pids)
    yield _gauge("netops_web_resident_memory_bytes", "Memory of the web server's processes.", memory)
    yield _gauge("netops_web_cpu_seconds", "Processor time of the web server's living processes.", cpu_s)


def _machine() -> Iterator[Metric]:
    disk = shutil.disk_usage(settings.DATA_DIR)
    yield _gauge("netops_data_disk_free_bytes", "Free space on the data folder's disk.", disk.free)
    try:
        yield _gauge("netops_queue_length", "Tasks that wait in the queue.", queue_length())
    except (OSError, KombuError) as error:
        logger.warning("The queue can't be reached: %s", error)
    signs = GaugeMetricFamily(
        "netops_last_sign_timestamp_seconds", "When the schedule and a worker last gave a sign of life.", labels=["who"]
    )
    for who in (SCHEDULE, WORKER):
        if (seen := last_sign(who)) is not None:
            signs.add_metric([who], seen)
    yield signs
    if (backup := last_backup()) is not None:
        at = backup.ended_at.timestamp()
        yield _gauge("netops_last_backup_timestamp_seconds", "When the last whole backup was made.", at)
        yield _gauge("netops_last_backup_size_bytes", "Size of the last whole backup.", backup.size)


def _collecting(found: Figures) -> Iterator[Metric]:
    devices = GaugeMetricFamily("netops_devices", "Polled devices.", labels=["network", "state"])
    for row in found.readings:
        devices.add_metric([row.network, row.state], row.devices)
    yield devices
    networks = sorted({row.network for row in found.readings})
    now = timezone.now()
    age = GaugeMetricFamily("netops_data_age_seconds", "Since a network's newest reading.", labels=["network"])
    due = GaugeMetricFamily("netops_targets_due", "Devices whose next reading is due.", labels=["network"])
    late = GaugeMetricFamily(
        "netops_targets_overdue", "Devices due for longer than a poll interval.", labels=["network"]
    )
    for network in networks:
        rows = [row for row in found.readings if row.network == network]
        due.add_metric([network], sum(row.due for row in rows))
        late.add_metric([network], sum(row.overdue for row in rows))
        if newest := max((row.newest_at for row in rows if row.newest_at), default=None):
            age.add_metric([network], max(0.0, (now - newest).total_seconds()))
    yield from (age, due, late)
    yield from _runs(found)


def _runs(found: Figures) -> Iterable[Metric]:
    families = {
        name: GaugeMetricFamily(f"netops_collector_{name}", meaning, labels=["network"])
        for name, meaning in (
            ("runs_last_hour", "Collector runs begun within the last hour."),
            ("asked_last_hour", "Devices asked by them."),
            ("answered_last_hour", "Devices that answered them."),
            ("seconds_last_hour", "Seconds they took together."),
            ("last_end_timestamp_seconds", "When the last run ended."),
        )
    }
    for row in found.runs:
        families["runs_last_hour"].add_metric([row.network], row.runs)
        families["asked_last_hour"].add_metric([row.network], row.asked)
        families["answered_last_hour"].add_metric([row.network], row.answered)
        families["seconds_last_hour"].add_metric([row.network], row.seconds)
        if row.last_end_at is not None:
            families["last_end_timestamp_seconds"].add_metric([row.network], row.last_end_at.timestamp())
    return families.values()


def _judging(found: Figures) -> Iterator[Metric]:
    if (run := found.last_judged) is not None:
        age_s = max(0.0, (timezone.now() - run.ended_at).total_seconds())
        yield _gauge("netops_judge_age_seconds", "Since the judge's last run ended.", age_s)
        yield _gauge("netops_judge_duration_seconds", "How long the judge's last run took.", run.seconds)
        lines = GaugeMetricFamily("netops_lines", "Lines as last judged.", labels=["verdict"])
        for verdict, count in sorted(run.counts.items()):
            lines.add_metric([verdict], count)
        yield lines
    findings = GaugeMetricFamily("netops_open_findings", "Open findings.", labels=["rule", "severity"])
    for (rule, severity), count in found.findings.items():
        findings.add_metric([rule, severity], count)
    yield findings


def _web_pids() -> list[int]:
    """Under gunicorn its master and all workers, else this process."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return [os.getpid()]
    master = os.getppid()
    children = Path(f"/proc/{master}/task/{master}/children")
    return [master, *map(int, children.read_text().split())] if children.exists() else [os.getpid()]


def _used(pids: Iterable[int]) -> tuple[int, float]:
    """(bytes, seconds) of those processes that still live."""
    page, tick = os.sysconf("SC_PAGE_SIZE"), os.sysconf("SC_CLK_TCK")
    memory, cpu_s = 0, 0.0
    for pid in pids:
        try:
            said = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:
            continue
        cpu_s += (int(said[11]) + int(said[12])) / tick
        memory += int(said[21]) * page
    return memory, cpu_s
