from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction

from inventory.models import BoundInterface, Circuit, CircuitTermination, Interface
from kernel import writes


def bind_interface(
    *,
    circuit: Circuit,
    side: str,
    interface: Interface,
    actor: Any,
    is_shared: bool = False,
    bound_on: dt.date | None = None,
    reason: str = "",
    approval: str = "",
) -> BoundInterface:
    """Bind a port to one end of a line; an end that is not recorded yet is added where the port's device stands.

    May be called again: the same port at the same end is one binding, whose values are brought up to date.
    Raises ValidationError when the port serves another line or the line's other end.
    """
    with transaction.atomic():
        # The line is locked, so that two callers don't both add the end.
        Circuit.objects.select_for_update().get(pk=circuit.pk)
        end = CircuitTermination.objects.filter(circuit=circuit, term_side=side).first()
        if end is None:
            device = interface.device
            end = CircuitTermination(
                circuit=circuit, term_side=side, site_id=device.site_id, location_id=device.location_id
            )
            writes.save(end, actor=actor, reason=reason, approval=approval)
        binding = BoundInterface.objects.filter(termination=end, interface=interface).first()
        if binding is None:
            binding = BoundInterface(termination=end, interface=interface)
        binding.is_shared = is_shared
        binding.bound_on = bound_on or binding.bound_on
        return writes.save(binding, actor=actor, reason=reason, approval=approval)
