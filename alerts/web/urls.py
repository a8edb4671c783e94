from __future__ import annotations

from django.urls import URLPattern, path

from alerts.web.acts import AcknowledgeAct, TestAct, WithdrawAct
from alerts.web.pages import AlertPage, AlertsPage

urlpatterns: list[URLPattern] = [
    path("alerts/", AlertsPage.as_view(), name="alerts"),
    path("alerts/<int:pk>/", AlertPage.as_view(), name="alert"),
    path("alerts/<int:pk>/acknowledge/", AcknowledgeAct.as_view(), name="alert-acknowledge"),
    path("alerts/<int:pk>/withdraw/", WithdrawAct.as_view(), name="alert-withdraw"),
    path("alerts/channels/<int:pk>/test/", TestAct.as_view(), name="alert-channel-test"),
]
