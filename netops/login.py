"""Signing in; the sample city shows its accounts on the page."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from netops.accounts import SAMPLE_PASSWORD, sample_accounts


def locked_out(request: HttpRequest, original_response: Any = None, credentials: Any = None) -> HttpResponse:
    """The log-in page again, with the reason: `credentials` were wrong too often from one place."""
    page = LoginPage.as_view(locked=_("Too many wrong passwords. Try again in a quarter of an hour."))
    request.method = "GET"
    response: Any = page(request)
    response.status_code = 429
    response.render()
    return response  # type: ignore[no-any-return]  # a rendered template response


class LoginPage(LoginView):
    redirect_authenticated_user = True
    locked = ""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        context |= {"locked": self.locked, "site_name": settings.CITY_NAME}  # not the host that Django puts there
        if settings.IS_SAMPLE:
            context |= {"sample_accounts": sample_accounts(), "sample_password": SAMPLE_PASSWORD}
        return context
