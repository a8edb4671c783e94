from __future__ import annotations

from django.urls import URLPattern, path

from alerts.web.acts import AcknowledgeAct, TestAct, WithdrawAct
from alerts.web.pages import AlertPage, AlertsPage

# Not below "alerts/", where the models' own pages are: the menu tells by the path where one is.
urlpatterns: list[URLPattern] = [
    path("alert/", AlertsPage.as_view(), name="alerts"),
    path("alert/<int:pk>/", AlertPage.as_view(), name="alert"),
    path("alert/<int:pk>/acknowledge/", AcknowledgeAct.as_view(), name="alert-acknowledge"),
    path("alert/<int:pk>/withdraw/", WithdrawAct.as_view(), name="alert-withdraw"),
    path("alert/channels/<int:pk>/test/", TestAct.as_view(), name="alert-channel-test"),
]
