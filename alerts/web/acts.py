"""The buttons: acknowledge, withdraw, send a test message. Each says in words what came of it."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from alerts import texts
from alerts.models import Alert, AlertChannel, Delivery
from alerts.sending import send_test
from alerts.services import ACKNOWLEDGE, acknowledge, withdraw
from kernel import policy
from kernel.errors import ProductError
from kernel.registry import registry
from kernel.web.cells import url_of
from kernel.web.pages import SignedInView, whole_number


def visible_alert(request: HttpRequest, pk: int) -> Alert:
    rows = policy.visible(request.user, registry.of(Alert), Alert.objects.select_related("parent"))
    alert: Alert | None = rows.filter(pk=pk).first()
    if alert is None:
        raise Http404
    return alert


class AcknowledgeAct(SignedInView):
    permission = ACKNOWLEDGE

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        alert = visible_alert(request, pk)
        hours = whole_number(request.POST.get("hours"), 0, 0, 720)
        try:
            acknowledge(alert, actor=request.user, note=request.POST.get("note", ""), hours=hours or None)
            messages.success(request, _("Acknowledged: it is neither repeated nor escalated meanwhile."))
        except ProductError as refused:
            messages.error(request, refused.message)
        return redirect("alert", pk=pk)


class WithdrawAct(SignedInView):
    permission = ACKNOWLEDGE

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        alert = visible_alert(request, pk)
        try:
            withdraw(alert, actor=request.user)
            messages.success(request, _("Withdrawn: within a minute it fires again."))
        except ProductError as refused:
            messages.error(request, refused.message)
        return redirect("alert", pk=pk)


class TestAct(SignedInView):
    """Sends at once, within the request: whoever sets up a channel wants to know now."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        spec = registry.of(AlertChannel)
        if not policy.can(request.user, "change", spec):
            raise PermissionDenied
        channel = AlertChannel.objects.filter(pk=pk).first()
        if channel is None:
            raise Http404
        sent = send_test(channel)
        if sent.state == Delivery.State.SENT:
            messages.success(request, _("The test message was taken. See whether it has come."))
        elif sent.state == Delivery.State.GIVEN_UP:
            messages.error(request, texts.error_text(sent.error))
        else:
            messages.warning(request, _("The test message waits for its turn; load this page again in a minute."))
        return redirect(url_of(channel))
