"""Loads the sample city in five steps. Each ends whole or not at all, so a load that was cut off is called again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from django.db import transaction
from django.utils import timezone

from compliance.models import Exemption, Rule
from inventory.models import Circuit, Network, RoleGrant, Tenant
from netops.accounts import open_sample_accounts
from netops.sample import addressing, alerting, histories, parts, planted, probe_histories, probes, simulation
from netops.sample.circuits import Circuits
from netops.sample.city import draw
from netops.sample.equipment import Equipment
from netops.sample.records import Records, divisions, save, write_divisions

DEPARTMENT = "市自然资源和规划局"


def is_loaded() -> bool:
    written = (histories.is_written(), probe_histories.is_written(), simulation.has_plan(), alerting.is_written())
    return _has_record() and _has_accounts() and all(written)


def load_sample(progress: Callable[[str], None]) -> None:
    """`progress` gets a sentence when a step is done. Steps that are done already are left out."""
    if not _has_record():
        with transaction.atomic():
            _write_record(progress)
    city = draw(_drawn_on(), divisions())
    if not _has_accounts():
        open_sample_accounts(Tenant.objects.get(short_name=DEPARTMENT))
        progress("示例账号已开通")
    if not alerting.is_written():
        alerting.write_alerting()
        progress("已设置告警策略与通道")
    if not histories.is_written():
        rows = histories.write_histories(city)
        progress(f"已生成 {histories.DAYS} 天流量记录 {rows} 行")
    if not probe_histories.is_written():
        rows = probe_histories.write_probe_histories(city)
        progress(f"已生成探测记录 {rows} 行")
    if not simulation.has_plan():
        simulation.write_plan(city)
        progress(f"模拟网络已就绪,共 {len(city.boxes)} 台设备")


def _write_record(progress: Callable[[str], None]) -> None:
    write_divisions()
    known = divisions()
    progress(f"已载入行政区划 {len(known)} 个")
    city = draw(timezone.localdate(), known)
    records = Records(city)
    records.write_frame(progress)
    equipment = Equipment(records)
    equipment.write()
    progress(f"已登记设备 {len(equipment.devices)} 台、端口 {len(equipment.ports)} 个")
    addressing.write_plan(records, equipment)
    addressing.write_season(records)
    Circuits(records, equipment).write()
    progress(f"已登记专线 {len(city.lines)} 条")
    probes.write(city)
    progress(f"已登记探测 {2 * len(probes.probed_lines(city))} 个")
    _write_exemption(city.today)


def _write_exemption(today: dt.date) -> None:
    """Absent where the rules were not loaded before, and where the city lets nobody exempt from this one."""
    rule = Rule.objects.filter(code="T01", exemption_allowed=True).first()
    if rule is None:
        return
    first = today - dt.timedelta(days=30)
    row = Exemption(
        rule=rule, circuit=Circuit.objects.get(line_no=planted.EXEMPT_LINE), ground="transition", category="mitigated",
        conditions="示例:新设备到货前按 10M 端口运行,到期前更换", approved_by="示例:网络科",
        document_no="示例豁免-2026-01", valid_from=first, expires_on=first + dt.timedelta(days=300),
    )  # fmt: skip
    save([row])


def _drawn_on() -> dt.date:
    """The day the record was written: a load that goes on tomorrow draws the same city."""
    return timezone.localdate(Network.objects.get(slug=parts.EXTRANET).created)


def _has_record() -> bool:
    """It is written in one transaction, so any part of it vouches for all."""
    return Network.objects.filter(slug=parts.EXTRANET).exists()


def _has_accounts() -> bool:
    # The last account that is opened.
    return RoleGrant.objects.filter(user__username="leader").exists()
