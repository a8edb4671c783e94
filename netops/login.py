"""Signing in; the sample city shows its accounts on the page."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.views import LoginView

from netops.accounts import SAMPLE_PASSWORD, sample_accounts


class LoginPage(LoginView):
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        if settings.IS_SAMPLE:
            context |= {"sample_accounts": sample_accounts(), "sample_password": SAMPLE_PASSWORD}
        return context
