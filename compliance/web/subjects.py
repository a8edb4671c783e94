"""What a finding is about: its name and its page."""

from __future__ import annotations

from django.db.models import Model
from django.urls import reverse

from compliance.models import Finding
from compliance.rules.groups import CONTRACT, DEVICE, EGRESS_PAIR, PORT, RING, Subject
from inventory.models import Circuit, Device, EgressPair, LineContract
from kernel.web.cells import url_of

_MODELS: dict[str, type[Model]] = {
    "circuit": Circuit, EGRESS_PAIR: EgressPair, CONTRACT: LineContract, PORT: Device, DEVICE: Device,
}  # fmt: skip
# What `named` needs, so that a list asks once.
RELATED = ("circuit__provider", "circuit__network", "ring", "egress_pair", "contract", "device")


def name_of(finding: Finding) -> str:
    if finding.circuit is not None:
        return finding.circuit.line_no or finding.circuit.cid
    if finding.device is not None:
        return f"{finding.device.name} {finding.port}".strip()
    return str(finding.ring or finding.egress_pair or finding.contract)


def page_of_subject(subject: Subject) -> str:
    """Of a ring, a pair of exits, a contract, a device or one of its ports."""
    if subject.kind == RING:
        return reverse("ring", args=[subject.pk])
    return url_of(_MODELS[subject.kind](pk=subject.pk))


def page_of(finding: Finding) -> str:
    if finding.ring_id is not None:
        return reverse("ring", args=[finding.ring_id])
    subject = finding.circuit or finding.device or finding.egress_pair or finding.contract
    return url_of(subject) if subject is not None else ""
