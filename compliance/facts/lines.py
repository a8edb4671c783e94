"""Lines as the rules read them: the record and what was seen, put together without a query."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from django.utils import timezone

from collectors.selectors import NeighbourValue, Watched, normal_port_name
from compliance.facts.plan import Plan
from compliance.facts.record import Binding, Line
from compliance.facts.seen import Asked, Seen, ShownAddress
from compliance.rules.values import (
    AddressFacts,
    Device,
    EndFacts,
    Holder,
    LineFacts,
    Sight,
    UseDay,
    UseFacts,
)

DEFAULT_AGE_LIMIT_MIN = 15
_SUB_INTERFACE_TYPES = {"l2vlan", "propVirtual", "l3ipvlan"}
_OPPOSITE = {"A": "Z", "Z": "A"}


@dataclass(frozen=True, slots=True)
class Uses:
    """What the days say, for all lines at once."""

    days: Mapping[tuple[int, str], tuple[UseDay, ...]]
    watches: Mapping[int | None, Watched]
    quiet: Mapping[int | None, frozenset[dt.date]]
    working_days: tuple[dt.date, ...]


def line_of(
    line: Line, bindings: Sequence[Binding], seen: Seen, plan: Plan, uses: Uses, at: dt.datetime, *, in_ring: bool
) -> LineFacts:
    limit = dt.timedelta(minutes=line.age_limit_min or DEFAULT_AGE_LIMIT_MIN)
    at_ports, at_host = _addresses(line, bindings, seen, plan)
    watched = uses.watches.get(line.network_id)
    return LineFacts(
        circuit_id=line.circuit_id, line_no=line.line_no, at=at, status=line.status, role=line.role,
        declared_mbps=line.declared_mbps, opened_on=line.install_date or line.created_on,
        ends=tuple(_end(b, _opposite(b, bindings), seen, at - limit) for b in bindings),
        is_rate_limited_upstream=line.is_rate_limited_upstream, acceptance_mbps=line.acceptance_mbps,
        is_ring_segment=in_ring, tenant_id=line.tenant_id, region_id=line.region_id,
        collector=watched.worker if watched else "", approved_mbps=line.approved_mbps,
        monthly_fee="" if line.monthly_fee is None else f"{line.monthly_fee:.2f}",
        has_contract=line.contract_id is not None, is_own_line=line.is_own_line, use=_use(line, bindings, uses),
        addresses=at_ports, host_addresses=at_host,
        has_plan=line.tenant_id in plan.tenants or line.network_id in plan.networks or None in plan.networks,
    )  # fmt: skip


def _use(line: Line, bindings: Iterable[Binding], uses: Uses) -> UseFacts | None:
    own = [b for b in bindings if not b.is_shared]
    if not own:
        return None
    quiet = uses.quiet.get(line.tenant_id, frozenset()) | uses.quiet.get(None, frozenset())
    watched = uses.watches.get(line.network_id)
    return UseFacts(
        ends={f"{b.device} {b.interface}": uses.days.get((b.device_id, b.port), ()) for b in own},
        collector_share=watched.share if watched else 0.0, quiet_days=quiet,
        working_days=uses.working_days,
    )  # fmt: skip


def _addresses(
    line: Line, bindings: Iterable[Binding], seen: Seen, plan: Plan
) -> tuple[tuple[AddressFacts, ...], tuple[AddressFacts, ...]]:
    """Those at the line's own ports, and those at the user's own device."""
    at_ports: list[AddressFacts] = []
    at_host: list[AddressFacts] = []
    for binding in bindings:
        shown = seen.addresses.get(binding.device_id)
        if not shown or binding.is_shared:
            continue
        asked = seen.targets.get(binding.device_id)
        is_users = (
            binding.side == "A" and binding.device_tenant_id is not None
            and binding.device_tenant_id == line.tenant_id and not binding.separates_zones
        )  # fmt: skip
        for one in shown:
            is_own = one.port == binding.port
            if (is_own or is_users) and (facts := _address(one, line, binding, plan, asked)) is not None:
                (at_ports if is_own else at_host).append(facts)
    # The user's device is taken whole: what stands at the line's own port belongs to the host as well.
    users = [a for a in at_ports if any(a.device == h.device for h in at_host)]
    return tuple(at_ports), (*users, *at_host)


def _address(one: ShownAddress, line: Line, binding: Binding, plan: Plan, asked: Asked | None) -> AddressFacts | None:
    blocks = plan.holders(one.address)
    if blocks is None:
        return None
    is_confirmed = asked is not None and asked.read_at is not None and asked.read_at > one.since
    holder, prefix, zone = Holder.NOBODY, "", ""
    for block in blocks:
        if line.tenant_id is not None and block.tenant_id == line.tenant_id:
            said = Holder.OWN
        elif block.tenant_id is None and block.network_id in (None, line.network_id):
            said = Holder.NETWORK
        else:
            said = Holder.OTHER
        if holder is Holder.NOBODY or said is not Holder.OTHER:
            holder, prefix, zone = said, block.prefix, block.zone
    return AddressFacts(
        one.address, binding.device, one.port, one.since, holder, prefix, zone, 2 if is_confirmed else 1
    )


def _opposite(binding: Binding, bindings: Iterable[Binding]) -> list[Binding]:
    return [other for other in bindings if other.side == _OPPOSITE.get(binding.side)]


def _end(binding: Binding, others: list[Binding], seen: Seen, oldest: dt.datetime) -> EndFacts:
    target = seen.targets.get(binding.device_id)
    end = EndFacts(
        side=binding.side, device=binding.device, device_id=binding.device_id, interface=binding.interface,
        device_state=device_state(target, oldest), last_read_at=target.read_at if target else None,
        is_trunk=binding.is_shared, is_shaped=binding.rate_limit_mbps is not None,
        policer_mbps=binding.rate_limit_mbps, is_sub_interface=binding.is_sub_interface,
        speaks_lldp=binding.device_id in seen.listening, other_end_is_bound=bool(others),
        sight=_sight(binding, others, seen),
    )  # fmt: skip
    port = seen.ports.get((binding.device_id, binding.port))
    if port is None:
        return end
    return replace(
        end, is_seen=True, admin=port.admin, oper=port.oper, speed_mbps=port.speed_mbps, alias=port.alias,
        if_index=port.if_index, value_since=port.value_since, first_seen_at=port.first_seen_at,
        ever_up_at=timezone.localtime(port.ever_up_at) if port.ever_up_at else None, observations=port.observations,
        is_sub_interface=binding.is_sub_interface or port.type in _SUB_INTERFACE_TYPES,
    )  # fmt: skip


def device_state(target: Asked | None, oldest: dt.datetime) -> Device:
    if target is None:
        return Device.NOT_POLLED
    if target.read_at is None:
        return Device.NEVER
    if target.state == "down":
        return Device.SILENT
    return Device.FRESH if target.read_at >= oldest else Device.STALE


def _sight(binding: Binding, others: list[Binding], seen: Seen) -> Sight | None:
    ports = dict.fromkeys((binding.port, binding.physical_port))
    heard = [n for port in ports for n in seen.neighbours.get((binding.device_id, port), ())]
    if not heard:
        return None
    sights = [
        Sight(n.remote_name or n.remote_chassis_id, n.remote_port, n.since, any(_is(n, o, seen) for o in others))
        for n in heard
    ]
    return max(sights, key=lambda sight: sight.is_expected)


def _is(heard: NeighbourValue, other: Binding, seen: Seen) -> bool:
    """Whether a neighbour is the port that the record has at the other end."""
    names = {host_name(other.device), host_name(seen.names.get(other.device_id, ""))} - {""}
    if host_name(heard.remote_name) not in names:
        return False
    port = seen.ports.get((other.device_id, other.port))
    known = {other.port, other.physical_port, normal_port_name(other.label)}
    if port is not None:
        known |= {_bare(port.mac), str(port.if_index)}
    known.discard("")
    said = {normal_port_name(heard.remote_port), normal_port_name(heard.remote_description), _bare(heard.remote_port)}
    # A device that names its port by an address or a number of its own says which device, but not which port.
    return bool(known & said) or _is_opaque(heard.remote_port)


def host_name(name: str) -> str:
    """Some devices send their name with the domain, some without."""
    return name.strip().lower().split(".")[0]


def _bare(address: str) -> str:
    return "".join(c for c in address.lower() if c in "0123456789abcdef") if ":" in address or "-" in address else ""


def _is_opaque(port: str) -> bool:
    return port.isdigit() or len(_bare(port)) == 12
