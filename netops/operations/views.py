"""Health for the programs that watch, figures for Prometheus, and the same for people."""

from __future__ import annotations

import datetime as dt
import platform
import shutil
from dataclasses import asdict
from typing import Any

import django
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views import View
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from compliance.web.menu import freshness
from inventory.models import Network
from kernel import policy
from kernel.web.pages import SignedInView
from netops.backups.making import last_backup
from netops.operations.access import may_read_details, may_read_figures
from netops.operations.checks import Check, is_ready, readiness
from netops.operations.figures import figures
from netops.operations.metrics import exposition
from netops.version import product_version

VIEW_SYSTEM = "extras.view_system"
_OLD_BACKUP = dt.timedelta(days=2)


class _Unkept(View):
    """Answers that nobody may keep for later."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = super().dispatch(request, *args, **kwargs)
        response.headers["Cache-Control"] = "no-store"
        return response


class HealthView(_Unkept):
    """The process answers; nothing else is asked."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return JsonResponse({"status": "ok"})


class ReadinessView(_Unkept):
    def get(self, request: HttpRequest) -> HttpResponse:
        checks = readiness()
        ready = is_ready(checks)
        said: dict[str, Any] = {"status": "ok" if ready else "not ready"}
        if may_read_details(request):
            said["checks"] = [asdict(check) for check in checks]
        return JsonResponse(said, status=200 if ready else 503, json_dumps_params={"ensure_ascii": False})


class MetricsView(_Unkept):
    def get(self, request: HttpRequest) -> HttpResponse:
        if may_read_figures(request):
            return HttpResponse(exposition(), content_type=CONTENT_TYPE_LATEST)
        if not settings.METRICS_TOKEN:
            return HttpResponse("Set NETOPS_METRICS_TOKEN to read this from another machine.\n", "text/plain", 403)
        headers = {"WWW-Authenticate": 'Bearer realm="metrics"'}
        return HttpResponse("A bearer token is needed.\n", "text/plain", 401, headers=headers)


class SystemPage(SignedInView):
    """For those who run the whole: a right held for one department or one county doesn't open it."""

    permission = VIEW_SYSTEM

    def get(self, request: HttpRequest) -> HttpResponse:
        if policy.is_restricted(request.user):
            raise PermissionDenied
        checks, now = readiness(), timezone.now()
        backup = last_backup()
        context = {
            "checks": [{"check": check, "title": _title(check)} for check in checks],
            "wrong": sum(not check.ok for check in checks),
            "ages": freshness(request.user),
            "backup": backup,
            "backup_at": backup.ended_at if backup else None,
            "backup_is_old": backup is None or now - backup.ended_at > _OLD_BACKUP,
            "backup_mb": _mb(backup.size) if backup else "",
            "facts": _facts(),
            **_figures_shown(checks),
        }
        return TemplateResponse(request, "operations/system.html", context)


def _figures_shown(checks: list[Check]) -> dict[str, Any]:
    if not all(check.ok for check in checks if check.name in ("database", "migrations")):
        return {"figures": None}
    found = figures()
    names = {**dict(Network.objects.values_list("slug", "name")), "none": _("without a network")}
    return {
        "figures": found,
        "runs": [{"network": names.get(run.network, run.network), "run": run} for run in found.runs],
        "due": sum(row.due for row in found.readings),
        "overdue": sum(row.overdue for row in found.readings),
        "databases": [{"name": name, "mb": _mb(size)} for name, size in found.database_bytes.items()],
    }


def _facts() -> list[tuple[str, str]]:
    disk = shutil.disk_usage(settings.DATA_DIR)
    return [
        (_("Release"), " ".join(filter(None, (product_version(), settings.BUILD)))),
        ("Python", platform.python_version()),
        ("Django", django.get_version()),
        (_("Database"), {"sqlite": "SQLite", "postgresql": "PostgreSQL"}.get(connection.vendor, connection.vendor)),
        (_("Data folder"), str(settings.DATA_DIR)),
        (_("Free disk space"), f"{disk.free / 1e9:.1f} / {disk.total / 1e9:.1f} GB"),
    ]


def _title(check: Check) -> str:
    return {
        "database": _("Database"), "migrations": _("Tables"), "queue": _("Queue"), "disk": _("Disk"),
        "schedule": _("Schedule"), "worker": _("Workers"), "clock": _("Clock"),
    }[check.name]  # fmt: skip


def _mb(size: int) -> str:
    return f"{size / 1e6:.1f} MB"
