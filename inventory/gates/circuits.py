"""A port serves one line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from inventory.gates.problems import Problems, loaded, refuse
from inventory.models import BoundInterface, CircuitTermination
from kernel.spec import Spec


@dataclass(frozen=True)
class _Binding:
    circuit_id: int
    termination_id: int
    is_shared: bool
    row: int | None


def ports_serve_one_line(spec: Spec, rows: Sequence[Any]) -> None:
    """A port serves one end of one line, unless each binding says that the port is shared."""
    if spec.model is not BoundInterface:
        return
    ends = loaded(CircuitTermination, (row.termination_id for row in rows), "circuit_id")
    own = {row.pk for row in rows}
    at_port: dict[int, list[_Binding]] = defaultdict(list)
    stored = BoundInterface._base_manager.filter(interface_id__in={row.interface_id for row in rows}).order_by("pk")
    for pk, port, end, circuit, is_shared in stored.values_list(
        "pk", "interface_id", "termination_id", "termination__circuit_id", "is_shared"
    ):
        if pk not in own:
            at_port[port].append(_Binding(circuit, end, is_shared, None))
    for i, row in enumerate(rows):
        circuit = ends[row.termination_id]["circuit_id"]
        at_port[row.interface_id].append(_Binding(circuit, row.termination_id, row.is_shared, i))
    problems: Problems = {}
    for bindings in at_port.values():
        for binding in bindings:
            if binding.row is not None and (message := _binding_problem(binding, bindings)):
                problems[binding.row] = {"interface": [message]}
    refuse(problems)


def _binding_problem(binding: _Binding, bindings: Sequence[_Binding]) -> str:
    others = [other for other in bindings if other.termination_id != binding.termination_id]
    if any(other.circuit_id == binding.circuit_id for other in others):
        return _("The other end of this line is bound to this port; bind each end to a port of its own.")
    if others and not (binding.is_shared and all(other.is_shared for other in others)):
        return _("Another line uses this port; choose a free one, or tick “shared” on both if it is a trunk.")
    return ""
