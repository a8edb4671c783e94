"""What a finding is about: its name and its page."""

from __future__ import annotations

from django.urls import reverse

from compliance.models import Finding
from kernel.web.cells import url_of

# What `named` needs, so that a list asks once.
RELATED = ("circuit__provider", "circuit__network", "ring", "egress_pair", "contract", "device")


def name_of(finding: Finding) -> str:
    if finding.circuit is not None:
        return finding.circuit.line_no or finding.circuit.cid
    if finding.device is not None:
        return f"{finding.device.name} {finding.port}".strip()
    return str(finding.ring or finding.egress_pair or finding.contract)


def page_of(finding: Finding) -> str:
    if finding.ring_id is not None:
        return reverse("ring", args=[finding.ring_id])
    subject = finding.circuit or finding.device or finding.egress_pair or finding.contract
    return url_of(subject) if subject is not None else ""
