"""Counts every request and how long it took, right also with several web server processes.

Under gunicorn (see `netops/gunicorn.py`) prometheus_client keeps each process's counts in a file of its own, in the
folder that PROMETHEUS_MULTIPROC_DIR names; reading adds them up. Elsewhere there is one process and its memory.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.multiprocess import MultiProcessCollector

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_BUCKETS_S = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_own = CollectorRegistry()
_REQUESTS = Counter("netops_http_requests", "Requests answered.", ("view", "method", "status"), registry=_own)
_SECONDS = Histogram(
    "netops_http_request_duration_seconds",
    "Seconds until the answer.",
    ("view", "status"),
    registry=_own,
    buckets=_BUCKETS_S,
)


class Counted:
    """The outermost middleware, so that what others refuse is counted too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._respond = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        response = self._respond(request)
        view, status = view_of(request), str(response.status_code)
        method = request.method if request.method in _METHODS else "other"
        _REQUESTS.labels(view, method, status).inc()
        _SECONDS.labels(view, status).observe(time.perf_counter() - started)
        return response


def view_of(request: HttpRequest) -> str:
    """The name in the address table, never the address: addresses have no end."""
    match = request.resolver_match
    if match is None:
        return "unmatched"
    return str(match.view_name or match.url_name or "unnamed")


def counted_requests() -> CollectorRegistry:
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return _own
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry
