"""The pages that look across models."""

from __future__ import annotations

from django.urls import URLPattern, path

from compliance.web.boards import BoardPage
from compliance.web.contracts import ContractLinesPage, RenewalsPage
from compliance.web.costs import CostsPage
from compliance.web.coverage import CoveragePage
from compliance.web.dashboards import HomePage
from compliance.web.deductions import DeductionsPage
from compliance.web.device_lists import DeviceStatesPage
from compliance.web.findings import FindingPage, FindingsPage
from compliance.web.foresight import ForesightPage
from compliance.web.maps import OutlinesView
from compliance.web.past_audits import PastAuditPage
from compliance.web.recheck import RecheckView
from compliance.web.rings import RingPage, RingsPage
from compliance.web.roles import RolesPage
from compliance.web.rules import RulesPage

urlpatterns: list[URLPattern] = [
    path("", HomePage.as_view(), name="home"),
    path("lines/", BoardPage.as_view(), name="board"),
    path("lines/past/", PastAuditPage.as_view(), name="past-audit"),
    path("lines/<int:pk>/recheck/", RecheckView.as_view(), name="recheck"),
    path("contracts/renewals/", RenewalsPage.as_view(), name="renewals"),
    path("contracts/<int:pk>/lines/", ContractLinesPage.as_view(), name="contract-lines"),
    path("costs/", CostsPage.as_view(), name="costs"),
    path("rings/", RingsPage.as_view(), name="rings"),
    path("rings/<int:pk>/", RingPage.as_view(), name="ring"),
    path("findings/", FindingsPage.as_view(), name="findings"),
    path("findings/<int:pk>/", FindingPage.as_view(), name="finding"),
    path("rules/", RulesPage.as_view(), name="rules"),
    path("rules/<str:code>/what-if/", ForesightPage.as_view(), name="foresight"),
    path("roles/", RolesPage.as_view(), name="roles"),
    path("devices/states/", DeviceStatesPage.as_view(), name="device-states"),
    path("deductions/", DeductionsPage.as_view(), name="deductions"),
    path("coverage/", CoveragePage.as_view(), name="coverage"),
    path("map/outlines.json", OutlinesView.as_view(), name="outlines"),
]
