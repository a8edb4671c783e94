"""Who may read what the installation says about itself."""

from __future__ import annotations

import hmac
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest

# Behind a proxy on the same machine everybody comes from loopback; a proxy says so by one of these.
_FORWARDED = ("X-Forwarded-For", "Forwarded", "X-Real-Ip")


def may_read_figures(request: HttpRequest) -> bool:
    """Whoever shows the token; without a token set, programs on this machine."""
    if token := settings.METRICS_TOKEN:
        scheme, _space, shown = request.headers.get("Authorization", "").partition(" ")
        is_right = hmac.compare_digest(shown.strip().encode(), token.encode())
        return is_right and scheme.lower() == "bearer"
    return is_local(request)


def may_read_details(request: HttpRequest) -> bool:
    return is_local(request) or bool(settings.METRICS_TOKEN and may_read_figures(request))


def is_local(request: HttpRequest) -> bool:
    try:
        address = ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    return address.is_loopback and not any(name in request.headers for name in _FORWARDED)
