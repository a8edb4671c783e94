"""Ports and addresses belong to the device that refers to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from inventory.gates.problems import Problems, loaded, refuse
from inventory.models import Device, Family, Interface, IPAddress
from kernel.spec import Spec


def parent_ports_are_of_the_device(spec: Spec, rows: Sequence[Any]) -> None:
    if spec.model is not Interface:
        return
    parents = loaded(Interface, (row.parent_id for row in rows), "device_id")
    refuse(
        {
            i: {"parent": [_("The parent port is on another device; choose a port of this one.")]}
            for i, row in enumerate(rows)
            if row.parent_id in parents and parents[row.parent_id]["device_id"] != row.device_id
        }
    )


def management_addresses_are_own(spec: Spec, rows: Sequence[Any]) -> None:
    """A device is polled at an IPv4 address that no other device has at a port."""
    if spec.model is Device:
        refuse(_foreign_management_addresses(rows))
    elif spec.model is IPAddress:
        refuse(_addresses_in_use_elsewhere(rows))


def _foreign_management_addresses(rows: Sequence[Device]) -> Problems:
    found = loaded(IPAddress, (row.primary_ip4_id for row in rows), "family", "interface__device_id")
    problems: Problems = {}
    for i, row in enumerate(rows):
        address = found.get(row.primary_ip4_id or 0)
        if address is None:
            continue
        if address["family"] != Family.IPV4:
            problems[i] = {"primary_ip4": [_("This is an IPv6 address; choose an IPv4 address.")]}
        elif address["interface__device_id"] not in (None, row.pk):
            problems[i] = {"primary_ip4": [_("This address is at a port of another device; choose one of its own.")]}
    return problems


def _addresses_in_use_elsewhere(rows: Sequence[IPAddress]) -> Problems:
    pks = {row.pk for row in rows} - {None}
    if not pks:
        return {}
    devices = dict(Device._base_manager.filter(primary_ip4_id__in=pks).values_list("primary_ip4_id", "pk"))
    ports = loaded(Interface, (row.interface_id for row in rows), "device_id") if devices else {}
    problems: Problems = {}
    for i, row in enumerate(rows):
        if row.pk not in devices:
            continue
        if row.family != Family.IPV4:
            problems[i] = {"address": [_("A device is polled at this address; it has to stay IPv4.")]}
        elif row.interface_id in ports and ports[row.interface_id]["device_id"] != devices[row.pk]:
            message = _("Another device is polled at this address; choose its port or change its management address.")
            problems[i] = {"interface": [message]}
    return problems
