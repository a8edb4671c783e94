"""Rings: all at a glance, and each with what its ends say."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from compliance import texts
from compliance.models import RuleResult, VerdictChange
from compliance.web.boards import lines_of
from compliance.web.ring_pictures import RingPicture, ring_pictures
from compliance.web.rule_rows import changes_of, evidence_rows
from inventory.models import Ring
from kernel import policy
from kernel.registry import registry
from kernel.web.pages import SignedInView

VIEW_RING = "network.view_ring"


def visible_rings(user: Any) -> Any:
    return policy.visible(user, registry.of(Ring), Ring.objects.all())


class RingsPage(SignedInView):
    permission = VIEW_RING

    def get(self, request: HttpRequest) -> HttpResponse:
        pictures = ring_pictures(visible_rings(request.user), lines_of(request.user))
        order = {"FINDING": 0, "WARN": 1, "UNKNOWN": 2}
        pictures.sort(key=lambda picture: (order.get(picture.verdict, 3), picture.ring.pk))
        add_url = ""
        spec = registry.of(Ring)
        if policy.can(request.user, "add", spec):
            add_url = reverse(f"{spec.route}-add")
        return TemplateResponse(request, "compliance/rings.html", {"pictures": pictures, "add_url": add_url})


class RingPage(SignedInView):
    permission = VIEW_RING

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        pictures = ring_pictures(visible_rings(request.user).filter(pk=pk), lines_of(request.user))
        if not pictures:
            raise Http404
        picture = pictures[0]
        spec = registry.of(Ring)
        changes = VerdictChange.objects.filter(ring_id=pk).order_by("-at", "-pk")[:20]
        return TemplateResponse(
            request,
            "compliance/ring.html",
            {
                "picture": picture,
                "segments": _with_evidence(picture),
                "changes": changes_of(changes),
                "next_step": texts.next_step(_down_explanation(picture)),
                "crumbs": [{"title": _("Rings and topology"), "url": reverse("rings")}, {"title": picture.ring.name}],
                "record_url": reverse(f"{spec.route}-detail", args=[pk]),
            },
        )


def _down_explanation(picture: RingPicture) -> dict[str, Any] | None:
    return {"code": "t08_segment_down", "values": {}} if picture.down else None


def _with_evidence(picture: RingPicture) -> list[dict[str, Any]]:
    """Each segment with the sentence and the raw evidence of its own line. One query."""
    results = (
        {
            row.circuit_id: row
            for row in RuleResult.objects.filter(
                circuit_id__in=[s.line.pk for s in picture.segments], rule_code=picture.ring.ring_verdict.rule_code
            )
        }
        if getattr(picture.ring, "ring_verdict", None)
        else {}
    )
    found = []
    for segment in picture.segments:
        row = results.get(segment.line.pk)
        found.append(
            {
                "segment": segment,
                "sentence": texts.sentence(row.explanation) if row else "",
                "evidence": evidence_rows(row.evidence) if row else [],
                "since": row.since if row else None,
            }
        )
    return found
