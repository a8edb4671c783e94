"""What every request gets: a content security policy, one number in the trail, and pages for expected failures."""

from __future__ import annotations

import json
import logging
import secrets
import uuid
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation, ValidationError
from django.db import DataError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _

from kernel.errors import ProductError
from kernel.pictures import current_request

logger = logging.getLogger(__name__)
Respond = Callable[[HttpRequest], HttpResponse]

POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)


class ContentSecurityPolicy:
    def __init__(self, get_response: Respond) -> None:
        self._respond = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._respond(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers.setdefault("Referrer-Policy", "same-origin")
        return response


def _is_of_a_program(request: HttpRequest) -> bool:
    """A call of the API with a token; a signed-in browser that calls it reads like its pages."""
    return _is_of_the_api(request) and "Authorization" in request.headers


def _is_of_the_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


class ChosenLanguage:
    """The language that the reader chose by the switch, else the product's own. What a browser asks for by itself
    doesn't count: a clerk's Chinese page must not turn English because of a fresh desktop. A program's wish counts."""

    def __init__(self, get_response: Respond) -> None:
        self._respond = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = self._language(request)
        with translation.override(language):
            request.LANGUAGE_CODE = language  # type: ignore[attr-defined]  # as Django's own middleware sets it
            response = self._respond(request)
        response.headers.setdefault("Content-Language", language)
        if _is_of_the_api(request):
            patch_vary_headers(response, ["Accept-Language", "Authorization"])
        return response

    @staticmethod
    def _language(request: HttpRequest) -> str:
        if _is_of_a_program(request):
            return translation.get_language_from_request(request)
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        return chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


class OneRequestOneChange:
    """All writes of one request share a number in the trail."""

    def __init__(self, get_response: Respond) -> None:
        self._respond = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = current_request.set(uuid.uuid4())
        try:
            return self._respond(request)
        finally:
            current_request.reset(token)


class ExpectedFailures:
    """Expected failures that a page didn't handle itself, and a number for those nobody expected. Under /api/ every
    one of them is JSON, an address that leads nowhere too."""

    def __init__(self, get_response: Respond) -> None:
        self._respond = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._respond(request)
        is_page = response.headers.get("Content-Type", "").startswith("text/html")
        if response.status_code >= 400 and is_page and _is_of_the_api(request):
            unknown = response.status_code == 404
            detail = _("There is nothing at this address.") if unknown else _("The request can't be answered.")
            response.content = json.dumps({"detail": detail}).encode()
            response.headers["Content-Type"] = "application/json"
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, Http404 | PermissionDenied | SuspiciousOperation | RequestDataTooBig):
            return None  # Django has pages for these
        if isinstance(error, ProductError) and error.status < 500:
            return self._page(request, error.message, error.status)
        if isinstance(error, ValidationError):
            return self._page(request, " ".join(error.messages), 400)
        if isinstance(error, DataError):
            return self._page(request, _("A value is out of the range that the database can keep."), 400)
        if isinstance(error, OperationalError) and "locked" in str(error):
            return self._page(request, _("The database is busy; nothing was written. Try again."), 503)
        number = f"E-{timezone.localtime():%m%d-%H%M}-{secrets.token_hex(2).upper()}"
        request.error_number = number  # type: ignore[attr-defined]  # shown by the 500 page
        logger.exception("Unexpected failure %s at %s", number, request.path, exc_info=error)
        if _is_of_the_api(request):
            detail = _("Something went wrong that nobody expected. Report it with the number %(number)s.")
            return JsonResponse({"detail": detail % {"number": number}, "error_number": number}, status=500)
        return render(request, "500.html", {"error_number": number}, status=500)

    @staticmethod
    def _page(request: HttpRequest, message: str, status: int) -> HttpResponse:
        if _is_of_the_api(request):
            return JsonResponse({"detail": message}, status=status)
        context: dict[str, Any] = {"message": message, "status": status}
        return render(request, "kernel/refused.html", context, status=status)
