"""Writes the lines with their ends and bindings, the rings and the exits."""

from __future__ import annotations

from decimal import Decimal

from inventory.models import (
    BoundInterface,
    Circuit,
    CircuitTermination,
    Egress,
    EgressPair,
    Ring,
    RingSegment,
)
from netops.sample import parts
from netops.sample.equipment import Equipment
from netops.sample.records import APPROVAL, REASON, Records, save, save_each


class Circuits:
    def __init__(self, records: Records, equipment: Equipment) -> None:
        self._records, self._equipment = records, equipment
        self._circuits: dict[parts.Line, Circuit] = {}

    def write(self) -> None:
        lines = self._records.city.lines
        save_each([line for line in lines if line.main is None], self._circuit, self._circuits, approval=APPROVAL)
        save_each([line for line in lines if line.main is not None], self._circuit, self._circuits, approval=APPROVAL)
        self._write_ends(lines)
        self._write_rings()
        self._write_egresses()
        self._write_county_uplinks()

    def _circuit(self, line: parts.Line) -> Circuit:
        records = self._records
        return Circuit(
            line_no=line.number, cid=f"{'郑' if line.provider != '自建' else 'ZJ'}{line.number.replace('-', '')}",
            provider=records.providers[line.provider], type=records.media[line.medium], status=line.status,
            tenant=records.orgs[line.org], region_id=records.regions[line.region],
            network=records.networks[line.network], role=line.role, grade=line.grade, access_class=line.access_class,
            bandwidth_declared_mbps=line.declared, bandwidth_approved_mbps=line.approved,
            commit_rate=line.approved * 1000, pair=self._circuits[line.main] if line.main else None,
            contract=records.contracts[line.contract] if line.contract else None, install_date=line.opened_on,
            monthly_fee=Decimal(line.fee), converted=line.is_converted,
            is_rate_limited_upstream=line.is_rate_limited_upstream, acceptance_mbps=line.acceptance_mbps,
            description=line.description,
        )  # fmt: skip

    def _write_ends(self, lines: list[parts.Line]) -> None:
        rows: list[CircuitTermination] = []
        bound: list[tuple[CircuitTermination, parts.Line, parts.End]] = []
        for line in lines:
            for side, end in zip("AZ", line.ends, strict=True):
                row = self._end(line, side, end)
                rows.append(row)
                if end.port is not None:
                    bound.append((row, line, end))
        save(rows)
        save(
            [
                BoundInterface(
                    termination=row, interface=self._equipment.ports[end.port], is_shared=end.is_shared,
                    rate_limit_mbps=end.rate_limit_mbps, bound_on=line.opened_on,
                )
                for row, line, end in bound if end.port is not None
            ]
        )  # fmt: skip

    def _end(self, line: parts.Line, side: str, end: parts.End) -> CircuitTermination:
        return CircuitTermination(
            circuit=self._circuits[line], term_side=side, site=self._records.places[end.place],
            location=self._records.rooms[end.room] if end.room else None,
            port_speed=end.port.mbps * 1000 if end.port else None,
            pp_info=f"ODF-{end.room.slug.upper()}-{line.number[-3:]}" if end.room else "", description=REASON,
        )  # fmt: skip

    def _write_rings(self) -> None:
        network = self._records.networks[parts.EXTRANET]
        for plan in self._records.city.rings:
            ring = Ring(
                name=plan.name,
                network=network,
                protocol=plan.protocol,
                capacity_gbps=Decimal(plan.capacity_gbps),
                description=REASON,
            )
            save([ring])
            save(
                [
                    RingSegment(
                        ring=ring, sequence=number, circuit=self._circuits[segment.line],
                        from_location=self._records.rooms[segment.start], to_location=self._records.rooms[segment.end],
                    )
                    for number, segment in enumerate(plan.segments, start=1)
                ]
            )  # fmt: skip

    def _write_county_uplinks(self) -> None:
        """A county's two uplinks stand in for each other, and both leave by its one router."""
        pair = EgressPair(
            name="中牟县上联", network=self._records.networks[parts.EXTRANET], target="upper",
            description="示例数据:主备上联在同一台路由器",
        )  # fmt: skip
        save([pair])
        router = self._equipment.devices[self._records.city.box("ZM-NR01")]
        lines = [
            line for line in self._circuits
            if line.a.port is not None and line.a.port.box.name == "ZM-NR01" and line.role in ("uplink", "standby")
        ]  # fmt: skip
        save(
            [
                Egress(
                    name=f"中牟县{'主用' if line.main is None else '备用'}上联", pair=pair, description=REASON,
                    circuit=self._circuits[line], router=router, bandwidth_mbps=line.approved,
                )
                for line in lines
            ]
        )  # fmt: skip

    def _write_egresses(self) -> None:
        pair = EgressPair(
            name="互联网双出口",
            network=self._records.networks[parts.EXTRANET],
            target="internet",
            description="示例数据:两家运营商、两间机房、两台路由器",
        )
        save([pair])
        save(
            [
                Egress(
                    name=plan.name, pair=pair, circuit=self._circuits[plan.line], description=REASON,
                    router=self._equipment.devices[plan.router], firewall=self._equipment.devices[plan.firewall],
                    bandwidth_mbps=plan.line.approved,
                )
                for plan in self._records.city.egresses
            ]
        )  # fmt: skip
