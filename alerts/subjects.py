"""What an alert is about: its label, its link, and whose it is. A new kind of subject is added here alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.urls import reverse

from compliance.models import Finding
from inventory.models import Circuit, Device, EgressPair, LineContract, Network, Ring
from kernel import policy
from kernel.registry import registry


@dataclass(frozen=True, slots=True)
class Subject:
    """`object_type` is the spec's, such as `circuits.circuit`; empty for the product itself.

    The numbers after the scope are what maintenance windows and policies ask about.
    """

    object_type: str
    object_id: int | None
    label: str
    org_id: int | None = None
    area_path: str = ""
    network_id: int | None = None
    circuit_id: int | None = None
    device_id: int | None = None
    provider_id: int | None = None
    site_ids: frozenset[int] = frozenset()


PRODUCT = Subject("", None, "Netops")


def of_line(line: Circuit, area_path: str = "", site_ids: frozenset[int] = frozenset()) -> Subject:
    return Subject(
        registry.of(line).object_type, line.pk, line.line_no or line.cid, line.tenant_id, area_path, line.network_id,
        circuit_id=line.pk, provider_id=line.provider_id, site_ids=site_ids,
    )  # fmt: skip


def at_sites(subject: Subject, site_ids: frozenset[int]) -> Subject:
    """The same, with the sites at the line's ends."""
    return replace(subject, site_ids=site_ids)


def _of_ring(ring: Ring) -> Subject:
    return Subject(registry.of(ring).object_type, ring.pk, ring.name, network_id=ring.network_id)


def _of_pair(pair: EgressPair) -> Subject:
    return Subject(registry.of(pair).object_type, pair.pk, pair.name, network_id=pair.network_id)


def _of_contract(contract: LineContract) -> Subject:
    return of_contract(contract, "")


def _of_device(device: Device) -> Subject:
    return Subject(
        registry.of(device).object_type, device.pk, device.name, network_id=device.network_id, device_id=device.pk,
        site_ids=frozenset({device.site_id}),
    )  # fmt: skip


_OF: Mapping[str, Callable[[Any], Subject]] = {
    "circuit": of_line, "ring": _of_ring, "egress_pair": _of_pair, "contract": _of_contract, "device": _of_device,
}  # fmt: skip


def of_finding(finding: Finding) -> Subject:
    """The finding's own subject, with the finding's scope. One that this page doesn't know yet goes by its words."""
    found = None
    for field in finding._meta.concrete_fields:
        related = getattr(finding, field.name) if field.is_relation and field.name not in _NO_SUBJECT else None
        if related is not None:
            found = _OF[field.name](related) if field.name in _OF else _plain(related)
            break
    found = found or Subject("compliance.finding", finding.pk, finding.number)
    if finding.port:
        found = replace(found, label=f"{found.label} {finding.port}")
    return replace(found, org_id=finding.tenant_id, area_path=finding.region.path if finding.region else "")


_NO_SUBJECT = frozenset({"rule", "tenant", "region", "recurrence_of"})


def _plain(row: Any) -> Subject:
    kind = registry.of(row).object_type if type(row) in registry else ""
    return Subject(kind, row.pk, str(row)[:200])


def of_network(network: Network) -> Subject:
    return Subject(
        registry.of(network).object_type, network.pk, network.name, network.operator_id, network_id=network.pk
    )


def of_contract(contract: LineContract, area_path: str) -> Subject:
    return Subject(
        registry.of(contract).object_type, contract.pk, contract.contract_no, contract.payer_id, area_path,
        provider_id=contract.provider_id,
    )  # fmt: skip


def of_device(row: Mapping[str, Any]) -> Subject:
    """From the columns that `alerts.facts` reads of each device."""
    return Subject(
        registry.of(Device).object_type, row["id"], row["name"], row["tenant_id"], row["site__region__path"] or "",
        row["network_id"], device_id=row["id"], site_ids=frozenset({row["site_id"]}),
    )  # fmt: skip


def url_of_subject(object_type: str, object_id: int | None, user: Any) -> str:
    """The page of the subject for whoever may open it; a ring has a page of its own."""
    spec = registry.by_type(object_type)
    if spec is None or object_id is None or not policy.can(user, "view", spec):
        return ""
    if not policy.visible(user, spec, spec.model._default_manager.filter(pk=object_id)).exists():
        return ""
    return (
        reverse("ring", args=[object_id]) if spec.model is Ring else reverse(f"{spec.route}-detail", args=[object_id])
    )
