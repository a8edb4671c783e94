"""The panels that this package adds to the pages of lines, devices and findings; `netops/assembly.py` assigns them."""

from __future__ import annotations

from compliance.web import contracts, devices, findings, ledgers, lines, service_levels
from kernel.spec import Panel

CIRCUIT_PANELS: tuple[Panel, ...] = (
    Panel("compliance/panels/line_banner.html", lines.line_banner, "banner"),
    Panel("compliance/panels/ledger.html", ledgers.ledger, "banner"),
    Panel("compliance/panels/ends.html", lines.ends_panel, "banner"),
    Panel("compliance/panels/traffic.html", lines.traffic_panel, "main"),
    Panel("compliance/panels/service_level.html", service_levels.service_panel, "main"),
    Panel("compliance/panels/line_rules.html", lines.rules_panel, "main"),
    Panel("compliance/panels/line_fields.html", lines.fields_panel, "main", replaces_fields=True),
    Panel("compliance/panels/contract.html", lines.contract_panel, "side"),
    Panel("compliance/panels/timeline.html", lines.timeline_panel, "side"),
)
DEVICE_PANELS: tuple[Panel, ...] = (
    Panel("compliance/panels/device_banner.html", devices.device_banner, "banner"),
    Panel("compliance/panels/ports.html", devices.ports_panel, "banner"),
    Panel("compliance/panels/neighbours.html", devices.neighbours_panel, "main"),
    Panel("compliance/panels/modules.html", devices.modules_panel, "main"),
    Panel("compliance/panels/polling.html", devices.polling_panel, "side"),
)
FINDING_PANELS: tuple[Panel, ...] = (
    Panel("compliance/panels/finding.html", findings.finding_context, "banner", replaces_fields=True),
)
LINE_CONTRACT_PANELS: tuple[Panel, ...] = (
    Panel("compliance/panels/contract_banner.html", contracts.contract_banner, "banner"),
    Panel("compliance/panels/contract_lines.html", contracts.lines_panel, "banner"),
    Panel("compliance/panels/contract_promises.html", contracts.promises_panel, "main"),
    Panel("compliance/panels/contract_price.html", contracts.price_panel, "side"),
)
