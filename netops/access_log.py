"""One line in the log for each request."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from kernel.pictures import current_request
from netops.logs import present_request

logger = logging.getLogger("netops.access")
_WATCHERS = frozenset({"/healthz", "/readyz", "/metrics"})


class AccessLog:
    """Without the query, for a search may name a person. Quiet about watchers and files that got what they wanted."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._respond = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.change_number = current_request.get()  # type: ignore[attr-defined]  # read by netops.logs
        token, started = present_request.set(request), time.perf_counter()
        try:
            response = self._respond(request)
            is_dull = request.path in _WATCHERS or request.path.startswith(settings.STATIC_URL)
            if response.status_code >= 400 or not is_dull:
                self._note(request, response, time.perf_counter() - started)
            return response
        finally:
            present_request.reset(token)

    @staticmethod
    def _note(request: HttpRequest, response: HttpResponse, seconds: float) -> None:
        ms, status = round(seconds * 1000), response.status_code
        said = {"status": status, "duration_ms": ms, "remote": request.META.get("REMOTE_ADDR", "")}
        logger.info("%s %s %d %d ms", request.method, request.path, status, ms, extra=said)
