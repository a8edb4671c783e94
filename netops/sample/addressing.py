"""The sample's address plan: zones of the extranet, link blocks, one department's own block, one nobody may poll."""

from __future__ import annotations

from inventory.models import VRF, Device, IPAddress, Prefix, Season
from netops.sample import models, parts, planted
from netops.sample.equipment import Equipment
from netops.sample.records import REASON, Records, save

OWN_BLOCK = "10.50.43.0/24"
_ZONES = (
    ("公用网络区", "64512:10", parts.EXTRANET, "public"),
    ("专用网络区", "64512:20", parts.EXTRANET, "private_vpn"),
    ("互联网接入区", "64512:30", parts.EXTRANET, "internet"),
    ("资源专网", "64612:10", parts.RESOURCE, "public"),
)
_BLOCKS = (
    ("10.41.0.0/16", "公用网络区", "示例:专线互联地址"),
    ("10.52.0.0/16", "专用网络区", "示例:部门 VPN 地址"),
    ("203.0.113.0/24", "互联网接入区", "示例:互联网接入区地址(文档专用段)"),
    ("172.20.0.0/16", "资源专网", "示例:专线互联地址"),
)


def write_plan(records: Records, equipment: Equipment) -> None:
    zones = {
        name: VRF(name=name, rd=rd, network=records.networks[network], zone=zone, description=REASON)
        for name, rd, network, zone in _ZONES
    }
    save(list(zones.values()))
    owner = records.orgs[records.city.line(planted.OWN_LAN_LINE).org]
    save(
        [
            *(
                Prefix(prefix=prefix, vrf=zones[zone], network=zones[zone].network, description=description)
                for prefix, zone, description in _BLOCKS
            ),
            Prefix(
                prefix=OWN_BLOCK, vrf=zones["公用网络区"], network=zones["公用网络区"].network, tenant=owner,
                description="示例:本单位局域网",
            ),
            Prefix(
                prefix="10.99.0.0/16", status="reserved", polling_forbidden=True,
                description="示例:省级垂直网络的管理地址,本市不得采集",
            ),
        ]
    )  # fmt: skip
    _write_forbidden_device(records, equipment)


def _write_forbidden_device(records: Records, equipment: Equipment) -> None:
    """Recorded with an address in the forbidden block: it is never asked, and the record is a finding."""
    core = next(box for box in records.city.boxes if box.name == "GX-CR01")
    (device,) = save(
        [
            Device(
                name=planted.FORBIDDEN_DEVICE, device_type=records.types[models.CPE[0].slug],
                role=records.roles["cpe"], platform=records.platforms[models.CPE[0].vendor],
                tenant=equipment.devices[core].tenant, site=records.places[core.place],
                network=records.networks[parts.EXTRANET], description="示例:省厅带外管理设备",
            )
        ]
    )  # fmt: skip
    (address,) = save([IPAddress(address="10.99.0.5/24", description=REASON)])
    device.primary_ip4 = address
    save([device])


def write_season(records: Records) -> None:
    """A season around today, so that its line is at rest whenever the sample is loaded."""
    first, last = (records.city.today.replace(day=1), records.city.today.replace(day=28))
    org = records.city.line(planted.SEASON_LINE).org
    save(
        [
            Season(
                name=f"示例:{org.short}休业期", tenant=records.orgs[org], first_day=f"{first:%m-%d}",
                last_day=f"{last:%m-%d}", description=REASON,
            )
        ]
    )  # fmt: skip
