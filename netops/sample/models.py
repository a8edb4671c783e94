"""Kinds of boxes that cities buy, with the ports they have, and the roles they play."""

from __future__ import annotations

from netops.sample.parts import Model

MAKERS = {"huawei": "华为", "h3c": "新华三", "zte": "中兴", "ruijie": "锐捷"}
PLATFORMS = {
    "huawei_vrp": ("Huawei VRP", "huawei"),
    "h3c_comware": ("H3C Comware", "h3c"),
    "zte": ("ZTE ROSng", "zte"),
    "ruijie": ("Ruijie RGOS", "ruijie"),
}
ROLES = {
    "core": ("核心路由器", "b71c1c"),
    "egress": ("出口路由器", "e65100"),
    "firewall": ("边界防火墙", "6a1b9a"),
    "aggregation": ("汇聚交换机", "1565c0"),
    "county": ("县级节点", "00695c"),
    "cpe": ("接入设备", "558b2f"),
}

CORE = Model("huawei-ne40e-m2k", "huawei", "huawei_vrp", "NE40E-M2K", 24, 24, 3, 4)
EGRESS_ONE = Model("huawei-ne40e-x3a", "huawei", "huawei_vrp", "NE40E-X3A", 12, 12, 5, 3)
EGRESS_TWO = Model("h3c-cr16006-f", "h3c", "h3c_comware", "CR16006-F", 12, 12, 7, 3)
FIREWALL_ONE = Model("huawei-usg6655f", "huawei", "huawei_vrp", "USG6655F", 12, 8, 1, 0, "security")
FIREWALL_TWO = Model("h3c-f5000-ai-25", "h3c", "h3c_comware", "F5000-AI-25", 12, 8, 2, 0, "security")
AGGREGATION = (
    Model("huawei-s5736-s48s4xc", "huawei", "huawei_vrp", "S5736-S48S4XC", 48, 4, 1, 1),
    Model("h3c-s5590-48s4xc", "h3c", "h3c_comware", "S5590-48S4XC-EI", 48, 4, 1, 1),
    Model("zte-5960-52tm", "zte", "zte", "ZXR10 5960M-52TM", 48, 4, 1, 1),
)
COUNTY_ROUTER = Model("huawei-ne20e-s4", "huawei", "huawei_vrp", "NE20E-S4", 16, 8, 3, 2)
CPE = (
    Model("huawei-ar6140-16g4xg", "huawei", "huawei_vrp", "AR6140-16G4XG", 16, 4),
    Model("huawei-s5735-l24t4x", "huawei", "huawei_vrp", "S5735-L24T4X-A1", 24, 4),
    Model("h3c-msr3610-x1", "h3c", "h3c_comware", "MSR3610-X1", 10, 2),
    Model("h3c-s5560x-30c", "h3c", "h3c_comware", "S5560X-30C-EI", 24, 4),
    Model("zte-zsr-1809", "zte", "zte", "ZSR 1809", 8, 0),
    Model("ruijie-rsr20-x-28", "ruijie", "ruijie", "RSR20-X-28", 8, 2),
    Model("ruijie-s5750c-28gt4xs", "ruijie", "ruijie", "RG-S5750C-28GT4XS-H", 24, 4),
)
VILLAGE_CPE = (CPE[4], CPE[5], Model("huawei-ar611", "huawei", "huawei_vrp", "AR611", 8, 0))
ALL = (
    CORE, EGRESS_ONE, EGRESS_TWO, FIREWALL_ONE, FIREWALL_TWO, *AGGREGATION, COUNTY_ROUTER, *CPE, VILLAGE_CPE[2],
)  # fmt: skip
