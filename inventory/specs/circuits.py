from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from inventory.models import BoundInterface, Circuit, CircuitSegment, CircuitTermination, Network
from inventory.specs.counts import count_of
from kernel.models import ChangeRecord
from kernel.spec import Guard, Scope, Spec


def opens_governed_line(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> bool:
    """A line goes into service on a network where that takes an approved request, or leaves one while in service."""
    if after["status"] != Circuit.Status.ACTIVE:
        return False
    networks = {after["network_id"]}
    if before is not None and before["status"] == Circuit.Status.ACTIVE:
        networks.add(before["network_id"])
    return Network.objects.filter(pk__in=networks - {None}, kind__in=Network.GOVERNED_KINDS).exists()


def was_in_service(row: Mapping[str, Any]) -> bool:
    """Now, or at any time by its trail: taking a line out of service first doesn't make it deletable."""
    records = ChangeRecord.objects.filter(object_type="circuits.circuit", object_id=row["id"], after__status="active")
    return opens_governed_line(None, row) or any(opens_governed_line(None, record.after or {}) for record in records)


class CircuitSpec(Spec):
    model = Circuit
    api = ("circuits", "circuits")
    scope = Scope(org="tenant_id", area="region__path")
    fields = (
        "line_no",
        "cid",
        "provider",
        "type",
        "status",
        "tenant",
        "region",
        "network",
        "role",
        "grade",
        "access_class",
        "bandwidth_declared_mbps",
        "bandwidth_approved_mbps",
        "commit_rate",
        "pair",
        "contract",
        "install_date",
        "termination_date",
        "monthly_fee",
        "converted",
        "is_rate_limited_upstream",
        "acceptance_mbps",
        "description",
        "comments",
    )
    columns = (
        "line_no",
        "cid",
        "provider",
        "type",
        "status",
        "tenant",
        "region",
        "network",
        "role",
        "bandwidth_approved_mbps",
    )
    filters = (
        "status",
        "network",
        "region",
        "tenant",
        "provider",
        "type",
        "role",
        "grade",
        "access_class",
        "contract",
        "converted",
    )
    subtree_filters = (("region", "region"),)
    search = ("line_no", "cid", "tenant__name", "description", "comments")
    computed = (
        count_of("bound_count", _("bound ports"), BoundInterface, "termination__circuit"),
        count_of("segment_count", _("segments"), CircuitSegment, "circuit"),
    )
    natural_key = ("provider", "cid")
    words = ("line_no", "cid")
    brief = ("cid", "line_no", "provider", "description")
    guards = (
        Guard(
            ("bandwidth_approved_mbps",),
            "LINE_CHANGE",
            _("The approved bandwidth changes only by an approved request; file a change of the line."),
        ),
        Guard(
            ("status", "network"),
            "LINE_OPEN",
            _("A line of this network goes into service only by an approved request; file the opening of the line."),
            opens_governed_line,
        ),
        Guard(
            (),
            "LINE_CLOSE",
            _("A line that was in service is not deleted: file its closing; it stays on record as decommissioned."),
            on_delete=was_in_service,
        ),
    )
    menu = "lines"
    has_attachments = True
    icon = "link"
    intro = _("Dedicated lines: who uses them, who carries them, what was asked for and what was approved.")
    is_long = True
    ordering = ("line_no", "cid", "pk")


class CircuitTerminationSpec(Spec):
    model = CircuitTermination
    api = ("circuits", "circuit-terminations")
    scope = Scope(org="circuit__tenant_id", area="circuit__region__path")
    fields = ("circuit", "term_side", "site", "location", "port_speed", "pp_info", "description")
    columns = ("circuit", "term_side", "site", "location", "port_speed", "pp_info", "bound_count")
    filters = ("circuit", "term_side", "site", "location", "region")
    subtree_filters = (("region", "site__region"),)
    search = ("circuit__cid", "circuit__line_no", "pp_info", "description")
    computed = (count_of("bound_count", _("bound ports"), BoundInterface, "termination"),)
    natural_key = ("circuit", "term_side")
    brief = ("circuit", "term_side", "description")
    menu = "details"
    icon = "arrow-right"
    intro = _("Where lines end: the A end at the user, the Z end on the network's side.")
    is_long = True
    ordering = ("circuit__cid", "term_side", "pk")


class BoundInterfaceSpec(Spec):
    model = BoundInterface
    api = ("circuits", "bound-interfaces")
    scope = Scope(org="termination__circuit__tenant_id", area="termination__circuit__region__path")
    fields = ("termination", "interface", "is_shared", "rate_limit_mbps", "bound_on")
    filters = ("termination", "interface", "is_shared")
    search = (
        "termination__circuit__cid",
        "termination__circuit__line_no",
        "interface__name",
        "interface__device__name",
    )
    natural_key = ("termination", "interface")
    brief = ("is_shared",)
    menu = "details"
    icon = "plug-connected"
    intro = _("Which ports the lines are read at. A line without a bound port gives no verdict.")
    is_long = True


class CircuitSegmentSpec(Spec):
    model = CircuitSegment
    api = ("circuits", "circuit-segments")
    scope = Scope(org="circuit__tenant_id", area="circuit__region__path")
    fields = ("circuit", "sequence", "provider", "type", "provider_circuit_id", "description")
    filters = ("circuit", "provider", "type")
    search = ("circuit__cid", "circuit__line_no", "provider_circuit_id", "description")
    natural_key = ("circuit", "sequence")
    brief = ("circuit", "sequence")
    menu = "details"
    icon = "minus"
    intro = _("The pieces of lines that several carriers or media make up.")
    is_long = True
    ordering = ("circuit__cid", "sequence", "pk")


SPECS = (CircuitSpec, CircuitTerminationSpec, BoundInterfaceSpec, CircuitSegmentSpec)
