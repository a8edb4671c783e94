"""Read a line's devices again and judge it, at once: for whoever just mended it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong
from dataclasses import dataclass

from django.conf import settings
from django.contrib import messages
from django.db import connections
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from collectors import polls, schedule
from compliance.errors import AlreadyJudging
from compliance.judge import judge
from inventory.models import BoundInterface, Circuit
from kernel import policy
from kernel.registry import registry
from kernel.web.cells import url_of
from kernel.web.pages import SignedInView

logger = logging.getLogger(__name__)
PATIENCE_S = 8.0
JUDGE_WAIT_S = 3.0
_DEVICES = 8  # a line has two ends; a shared trunk adds few


@dataclass(frozen=True)
class Recheck:
    asked: int
    answered: int
    busy: int
    is_judged: bool


def poll_and_judge(circuit_id: int) -> Recheck:
    """Ask the devices at the line's ends in full, then judge."""
    bound = BoundInterface.objects.filter(termination__circuit_id=circuit_id)
    ids = list(bound.order_by().values_list("interface__device_id", flat=True).distinct()[:_DEVICES])
    owner = polls.new_owner()
    claimed = schedule.claim(owner, len(ids), device_ids=ids) if ids else []
    try:
        answers = polls.run_pass(claimed, owner, is_full=True, is_sample=settings.IS_SAMPLE) if claimed else []
    finally:
        schedule.release(owner)
    try:
        judge(wait_s=JUDGE_WAIT_S)
        is_judged = True
    except AlreadyJudging:
        is_judged = False
    answered = sum(1 for answer in answers if answer.error is None)
    return Recheck(len(answers), answered, len(ids) - len(claimed), is_judged)


def _in_background(circuit_id: int) -> Recheck:
    try:
        return poll_and_judge(circuit_id)
    finally:
        connections.close_all()


class RecheckView(SignedInView):
    permission = "collect.poll"
    # Called with the line's number; longer than PATIENCE_S it goes on without the reader.
    work: Callable[[int], Recheck] = staticmethod(_in_background)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        line = policy.visible(request.user, registry.of(Circuit), Circuit.objects.all()).filter(pk=pk).first()
        if line is None:
            raise Http404
        workers = ThreadPoolExecutor(1, thread_name_prefix="recheck")
        waiting = workers.submit(self.work, line.pk)
        workers.shutdown(wait=False)
        try:
            self._tell(waiting.result(timeout=PATIENCE_S))
        except TookTooLong:
            messages.warning(
                request,
                _("The devices have not all answered yet. The reading goes on; load this page again in a minute."),
            )
        return redirect(url_of(line))

    def _tell(self, done: Recheck) -> None:
        request = self.request
        if done.asked == 0 and done.busy == 0:
            messages.warning(
                request, _("No port is bound to this line, so nothing could be read. Bind the port it ends in.")
            )
            return
        said = _("%(answered)d of %(asked)d devices answered.") % {"answered": done.answered, "asked": done.asked}
        if done.busy:
            said += " " + _("%(busy)d are not polled or are being read already.") % {"busy": done.busy}
        if done.is_judged:
            said += " " + _("The line was judged again on what they said.")
        else:
            said += " " + _("Another run is judging just now; its result will show here.")
        level = messages.success if done.answered and done.answered == done.asked else messages.warning
        level(request, said)
