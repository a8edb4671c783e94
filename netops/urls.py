"""Every address of the product."""

from __future__ import annotations

from django.contrib.auth import views as auth
from django.urls import include, path
from django.views.i18n import set_language

from alerts.web.urls import urlpatterns as alert_pages
from compliance.web.urls import urlpatterns as domain_pages
from kernel.api.urls import api_urls
from kernel.registry import registry
from kernel.web.urls import web_urls
from netops.login import LoginPage
from netops.operations.views import HealthView, MetricsView, ReadinessView, SystemPage

urlpatterns = [
    path("login/", LoginPage.as_view(), name="login"),
    path("logout/", auth.LogoutView.as_view(), name="logout"),
    path("language/", set_language, name="set_language"),
    path("healthz", HealthView.as_view(), name="healthz"),
    path("readyz", ReadinessView.as_view(), name="readyz"),
    path("metrics", MetricsView.as_view(), name="metrics"),
    path("system/", SystemPage.as_view(), name="system"),
    path("api/", include(api_urls(registry))),
    *domain_pages,
    *alert_pages,
    *web_urls(registry),
]
