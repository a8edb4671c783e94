"""The smallest valid values of every registered model. `n` keeps samples apart; rows they refer to are made."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeVar

from django.db import models

from alerts.models import AlertChannel, AlertPolicy, EscalationStep
from collectors.models import Credential, Probe
from compliance.models import Clause, Exemption, PolicyDocument, Rule
from inventory.models import (
    VRF,
    BoundInterface,
    CalendarDay,
    Circuit,
    CircuitSegment,
    CircuitTermination,
    CircuitType,
    ClassifiedCount,
    ContractDeduction,
    Device,
    DeviceRole,
    DeviceType,
    Egress,
    EgressPair,
    Interface,
    IPAddress,
    LineContract,
    Location,
    MaintenanceWindow,
    Manufacturer,
    Network,
    Platform,
    Prefix,
    Provider,
    Rack,
    Region,
    Ring,
    RingSegment,
    RoleGrant,
    Season,
    Site,
    Tenant,
)
from kernel import writes
from kernel.models import Role, User
from kernel.registry import registry

Row = TypeVar("Row", bound=models.Model)
Values = dict[str, Any]
_FIRST_DAY = dt.date(2024, 1, 1)


def make(model: type[Row], n: int = 1, **overrides: Any) -> Row:
    """Save a sample as the product itself would, by an approval, so that guarded values may be given."""
    return writes.save(model(**{**SAMPLES[model](n), **overrides}), actor=None, approval="sample")


def one(model: type[Row], n: int = 1) -> Row:
    """The sample row number n, made when it isn't there yet."""
    values = SAMPLES[model](n)
    key = {name: values[name] for name in registry.of(model).natural_key}
    return model._base_manager.filter(**key).first() or make(model, n)


def _named(n: int, word: str) -> Values:
    return {"name": f"{word} {n}", "slug": f"{word}-{n}"}


def _tenant(n: int) -> Values:
    return _named(n, "department")


def _region(n: int) -> Values:
    return {"code": f"{410_000_000_000 + n}", "name": f"division{n}", "level": 3, "kind": "district"}


def _network(n: int) -> Values:
    return {**_named(n, "network"), "kind": "extranet"}


def _location(n: int) -> Values:
    return {**_named(n, "room"), "site": one(Site, n)}


def _rack(n: int) -> Values:
    room = one(Location, n)
    return {"name": f"rack {n}", "site": room.site, "location": room}


def _device_type(n: int) -> Values:
    return {"manufacturer": one(Manufacturer, n), "model": f"model{n}", "slug": f"model-{n}"}


def _device(n: int) -> Values:
    return {"name": f"device{n}", "device_type": one(DeviceType, n), "role": one(DeviceRole, n), "site": one(Site, n)}


def _address(n: int) -> Values:
    return {"address": f"10.{n // 62_500}.{n // 250 % 250}.{n % 250 + 1}/24"}


def _circuit(n: int) -> Values:
    return {"cid": f"CID-{n:04}", "provider": one(Provider, n), "type": one(CircuitType, n)}


def _contract(n: int) -> Values:
    return {
        "contract_no": f"contract-{n}",
        "provider": one(Provider, n),
        "payer": one(Tenant, n),
        "start_on": _FIRST_DAY,
        "end_on": dt.date(2030, 1, 1),
    }


def _maintenance_window(n: int) -> Values:
    start = dt.datetime(2024, 1, 1, 22, tzinfo=dt.UTC)
    return {
        "name": f"window {n}", "starts_at": start, "ends_at": start + dt.timedelta(hours=4), "network": one(Network, n),
    }  # fmt: skip


def _segment_of_ring(n: int) -> Values:
    return {
        "ring": one(Ring, n),
        "sequence": n,
        "circuit": one(Circuit, n),
        "from_location": one(Location, n),
        "to_location": one(Location, n + 1000),
    }


def _user(n: int) -> User:
    name = f"user-{n}"
    return User.objects.filter(username=name).first() or User.objects.create_user(name)


def _grant(n: int) -> Values:
    return {
        "user": _user(n),
        "role": one(Role, n),
        "tenant": one(Tenant, n),
        "region": one(Region, n),
        "valid_from": _FIRST_DAY,
    }


def _rule(n: int) -> Values:
    return {
        "code": f"X{n}",
        "title": f"rule {n}",
        "basis": "why",
        "exemption_allowed": True,
        "exemption_authority": "lead group",
    }


def _exemption(n: int) -> Values:
    return {
        "rule": one(Rule, n),
        "circuit": one(Circuit, n),
        "ground": "secret",
        "approved_by": f"leader{n}",
        "document_no": f"document-{n}",
        "valid_from": _FIRST_DAY,
        "expires_on": dt.date(2025, 1, 1),
    }


SAMPLES: dict[type[models.Model], Callable[[int], Values]] = {
    User: lambda n: {"username": f"user-{n}"},
    Role: lambda n: _named(n, "duty"),
    Region: _region,
    Tenant: _tenant,
    Network: _network,
    ClassifiedCount: lambda n: {"as_of": _FIRST_DAY + dt.timedelta(days=n), "organisations": 25 + n, "lines": 26 + n},
    Site: lambda n: _named(n, "site"),
    Location: _location,
    Rack: _rack,
    Manufacturer: lambda n: _named(n, "manufacturer"),
    DeviceRole: lambda n: _named(n, "role"),
    Platform: lambda n: _named(n, "platform"),
    DeviceType: _device_type,
    Device: _device,
    Interface: lambda n: {"device": one(Device, n), "name": f"GE0/0/{n}"},
    IPAddress: _address,
    Provider: lambda n: _named(n, "carrier"),
    CircuitType: lambda n: _named(n, "medium"),
    LineContract: _contract,
    ContractDeduction: lambda n: {
        "contract": one(LineContract, n),
        "measure": "availability",
        "threshold": Decimal(n % 100).quantize(Decimal("0.001")),
        "percent": 5,
    },
    Circuit: _circuit,
    CalendarDay: lambda n: {"date": _FIRST_DAY + dt.timedelta(days=n)},
    Season: lambda n: {"name": f"season {n}", "first_day": "07-01", "last_day": "08-31"},
    MaintenanceWindow: _maintenance_window,
    VRF: lambda n: {"name": f"vrf {n}"},
    Prefix: lambda n: {"prefix": f"10.{n // 250 % 250}.{n % 250}.0/24"},
    CircuitTermination: lambda n: {"circuit": one(Circuit, n), "term_side": "A"},
    BoundInterface: lambda n: {"termination": one(CircuitTermination, n), "interface": one(Interface, n)},
    CircuitSegment: lambda n: {"circuit": one(Circuit, n), "sequence": n},
    Ring: lambda n: {"name": f"ring {n}", "network": one(Network, n)},
    RingSegment: _segment_of_ring,
    EgressPair: lambda n: {"name": f"pair {n}", "network": one(Network, n), "target": "internet"},
    Egress: lambda n: {"name": f"exit {n}", "circuit": one(Circuit, n)},
    RoleGrant: _grant,
    Credential: lambda n: {"name": f"credential {n}", "snmp_version": "v3", "username": "reader"},
    Probe: lambda n: {
        "circuit": one(Circuit, n),
        "name": f"probe {n}",
        "target": f"10.9.{n // 250 % 250}.{n % 250 + 1}",
    },
    PolicyDocument: lambda n: {"title": f"document {n}"},
    Clause: lambda n: {"document": one(PolicyDocument, n), "ref": f"{n}", "text": f"text {n}", "modal": "must"},
    Rule: _rule,
    Exemption: _exemption,
    AlertPolicy: lambda n: {"name": f"policy {n}", "repeat_min": 0},
    AlertChannel: lambda n: {"name": f"channel {n}", "kind": "email", "address": f"noc{n}@example.org"},
    EscalationStep: lambda n: {
        "policy": one(AlertPolicy, n),
        "order": n,
        "channel": one(AlertChannel, n),
        "after_min": 0,
    },
}
