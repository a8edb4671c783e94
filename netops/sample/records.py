"""Writes the drawn city into the record, subject by subject, each as one set."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

from django.db import models as orm

import inventory
from inventory.models import (
    CircuitType,
    ClassifiedCount,
    ContractDeduction,
    DeviceRole,
    DeviceType,
    LineContract,
    Location,
    Manufacturer,
    Network,
    Platform,
    Provider,
    Rack,
    Region,
    Site,
    Tenant,
)
from inventory.services.regions import load_divisions
from kernel import writes
from netops.sample import documents, models, parts
from netops.sample.counties import Division

REASON = "示例数据"
APPROVAL = "示例台账-2026-01"
DIVISIONS = Path(inventory.__file__ or "").parent / "data" / "divisions_4101.csv"
PROVIDERS = {"电信": "ct", "联通": "cu", "移动": "cm", "广电": "cbn", "自建": "own"}
MEDIA = {"裸光纤": "dark-fibre", "MSTP": "mstp", "PTN": "ptn", "OTN": "otn", "MPLS-VPN": "mpls-vpn",
         "互联网VPN": "internet-vpn", "5G": "5g"}  # fmt: skip

_DEDUCTIONS = (
    "示例条款:月可用率低于 99.9% 扣当月租费 5%,低于 99.5% 扣 10%,低于 99% 扣 20%;单次中断超过 4 小时另扣 5%;"
    "丢包率超过 0.1% 或平均时延超过 20 毫秒各扣 3%;当月合计不超过租费的 30%。公告的割接时间不计。"
    "连续两个月不达标,可以提前解约。"
)
_SEPARATING = ("firewall", "egress", "core")

Row = TypeVar("Row", bound=orm.Model)
Progress = Callable[[str], None]


def save(rows: Sequence[Row], approval: str = "") -> list[Row]:
    return writes.save_many(rows, actor=None, reason=REASON, approval=approval)


def divisions() -> list[Division]:
    """Every division on record."""
    columns = ("code", "name", "level", "parent__code", "kind")
    return [
        Division(code, name, level, parent or "", kind in (Region.Kind.ZONE, Region.Kind.OTHER))
        for code, name, level, parent, kind in Region.objects.order_by("code").values_list(*columns)
    ]


def write_divisions() -> None:
    with DIVISIONS.open(encoding="utf-8", newline="") as sheet:
        load_divisions(list(csv.DictReader(sheet)), actor=None, reason=REASON)


class Records:
    """Rows by the part they were made from, for whoever refers to them."""

    def __init__(self, city: parts.City) -> None:
        self.city = city
        self.regions = dict(Region.objects.values_list("code", "pk"))
        self.orgs: dict[parts.Org, Tenant] = {}
        self.places: dict[parts.Place, Site] = {}
        self.rooms: dict[parts.Room, Location] = {}
        self.racks: dict[parts.Rack, Rack] = {}
        self.networks: dict[str, Network] = {}
        self.makers: dict[str, Manufacturer] = {}
        self.platforms: dict[str, Platform] = {}
        self.roles: dict[str, DeviceRole] = {}
        self.types: dict[str, DeviceType] = {}
        self.providers: dict[str, Provider] = {}
        self.media: dict[str, CircuitType] = {}
        self.contracts: dict[parts.Contract, LineContract] = {}

    def write_frame(self, progress: Progress) -> None:
        """Everything that devices and lines refer to."""
        self._write_tenants()
        progress(f"已登记单位 {len(self.orgs)} 家")
        self._write_networks()
        self._write_places()
        progress(f"已登记场所 {len(self.places)} 处、机房 {len(self.rooms)} 间、机柜 {len(self.racks)} 架")
        self._write_kinds()
        self._write_contracts()

    def _write_tenants(self) -> None:
        """Those above before those below."""
        waiting = list(self.city.orgs)
        while waiting:
            ready = [org for org in waiting if org.parent is None or org.parent in self.orgs]
            save_each(ready, self._tenant, self.orgs)
            waiting = [org for org in waiting if org not in self.orgs]

    def _tenant(self, org: parts.Org) -> Tenant:
        groups = {"city": "city", "county": "county"}
        return Tenant(
            name=org.name, slug=org.slug, short_name=org.short[:50], org_type=org.kind, tier=org.tier,
            region_id=self.regions[org.region], parent=self.orgs[org.parent] if org.parent else None,
            vertical_level=org.vertical,
            assess_group="none" if org.vertical != "none" else groups.get(org.tier, "none"),
            description="示例单位:名称仿真,数据为虚构",
        )  # fmt: skip

    def _write_networks(self) -> None:
        operator = self.orgs[self.city.org("市大数据管理局")]
        rows = (
            Network(name="政务外网", slug=parts.EXTRANET, kind="extranet", operator=operator, asn=64_512,
                    isolation="logical", poll_allowed=True, mlps_level=3, description="示例数据:与互联网逻辑隔离"),
            Network(name="政务信息资源专网", slug=parts.RESOURCE, kind="resource", operator=operator, asn=64_612,
                    isolation="physical", poll_allowed=True, mlps_level=3,
                    description="示例数据:实际部署时由该网内自己的采集器采集"),
            Network(name="互联网", slug=parts.INTERNET, kind="internet", operator=operator, isolation="logical",
                    poll_allowed=True, description="示例数据:统一互联网出口"),
        )  # fmt: skip
        self.networks = {row.slug: row for row in save(rows)}
        save([ClassifiedCount(as_of=dt.date(2019, 6, 13), organisations=25, lines=26)])

    def _write_places(self) -> None:
        save_each(self.city.places, self._site, self.places)
        save_each(self.city.rooms, self._room, self.rooms, approval=APPROVAL)
        racks = [rack for room in self.city.rooms for rack in room.racks]
        save_each(racks, self._rack, self.racks)

    def _site(self, place: parts.Place) -> Site:
        return Site(
            name=place.name, slug=place.slug, region_id=self.regions[place.region],
            tenant=self.orgs[place.org] if place.org else None, physical_address=place.address,
            longitude=degrees(place.longitude), latitude=degrees(place.latitude), description="示例地址,不是真实场所",
        )  # fmt: skip

    def _room(self, room: parts.Room) -> Location:
        return Location(
            name=room.name, slug=room.slug, site=self.places[room.place], role=room.role,
            tenant=self.orgs[room.org] if room.org else None, area_m2=Decimal(room.area_m2), grade=room.grade,
            power_kw=Decimal(room.power_kw), commissioned_on=room.commissioned_on, decision="recognised",
            description="示例机房",
        )  # fmt: skip

    def _rack(self, rack: parts.Rack) -> Rack:
        return Rack(
            name=rack.name,
            site=self.places[rack.room.place],
            location=self.rooms[rack.room],
            power_limit_w=6000,
            description="示例机柜",
        )

    def _write_kinds(self) -> None:
        self.makers = by_slug(Manufacturer(slug=slug, name=name) for slug, name in models.MAKERS.items())
        self.platforms = by_slug(
            Platform(slug=slug, name=name, manufacturer=self.makers[maker])
            for slug, (name, maker) in models.PLATFORMS.items()
        )
        self.roles = by_slug(
            DeviceRole(slug=slug, name=name, color=color, separates_zones=slug in _SEPARATING)
            for slug, (name, color) in models.ROLES.items()
        )
        self.types = by_slug(
            DeviceType(slug=m.slug, manufacturer=self.makers[m.maker], model=m.name, u_height=Decimal(m.u_height))
            for m in models.ALL
        )
        self.providers = {
            row.name: row
            for row in save(
                [
                    Provider(slug=slug, name=name, is_own=slug == "own", description=REASON)
                    for name, slug in PROVIDERS.items()
                ]
            )
        }
        media = save([CircuitType(slug=slug, name=name) for name, slug in MEDIA.items()])
        self.media = {row.name: row for row in media}

    def _write_contracts(self) -> None:
        save_each(self.city.contracts, self._contract, self.contracts)
        steps = [
            ContractDeduction(
                contract=row,
                measure=measure,
                threshold=Decimal(limit),
                percent=Decimal(percent),
            )
            for contract, row in self.contracts.items()
            for measure, limit, percent in contract.steps
        ]
        save(steps)
        for contract, row in self.contracts.items():
            if contract.has_documents:
                documents.attach(row)

    def _contract(self, contract: parts.Contract) -> LineContract:
        months = max(1, round((contract.end_on - contract.start_on).days / 30.44))
        return LineContract(
            contract_no=contract.number, provider=self.providers[contract.provider], payer=self.orgs[contract.payer],
            start_on=contract.start_on, end_on=contract.end_on, amount=Decimal(contract.fee * months),
            sla_availability=Decimal("99.9"), sla_rtt_ms=Decimal(20), sla_loss=Decimal("0.1"), restore_h=Decimal(4),
            reminder_days=contract.reminder_days, deduction_cap=Decimal(contract.cap),
            deduction_rule=_DEDUCTIONS if contract.steps else "示例:连续两个月不达标,可以提前解约。",
            description="示例合同",
        )  # fmt: skip


def by_slug(rows: Iterable[Row]) -> dict[str, Row]:
    return {row.slug: row for row in save(list(rows))}  # type: ignore[attr-defined]  # all of these have one


Part = TypeVar("Part")


def save_each(
    made_from: Sequence[Part], make: Callable[[Part], Row], known: dict[Part, Row], *, approval: str = ""
) -> None:
    rows = [make(part) for part in made_from]
    save(rows, approval)
    known.update(zip(made_from, rows, strict=True))


def degrees(value: float) -> Decimal:
    return Decimal(f"{value:.6f}")
