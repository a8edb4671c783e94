from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from inventory.models import Device, DeviceRole, DeviceType, Interface, IPAddress, Manufacturer, Platform
from inventory.specs.counts import DEVICES, count_of
from kernel.spec import PUBLIC, Scope, Spec


class ManufacturerSpec(Spec):
    model = Manufacturer
    api = ("dcim", "manufacturers")
    scope = PUBLIC
    fields = ("name", "slug", "description")
    columns = ("name", "slug", "devicetype_count", "platform_count", "description")
    search = ("name", "slug", "description")
    computed = (
        count_of("devicetype_count", _("device types"), DeviceType, "manufacturer"),
        count_of("platform_count", _("platforms"), Platform, "manufacturer"),
    )
    brief = ("name", "slug", "description")
    menu = "basics"
    icon = "id-badge-2"
    intro = _("Who makes the equipment.")
    ordering = ("name", "pk")


class DeviceRoleSpec(Spec):
    model = DeviceRole
    api = ("dcim", "device-roles")
    scope = PUBLIC
    fields = ("name", "slug", "color", "separates_zones", "description")
    columns = ("name", "slug", "color", "device_count", "description")
    search = ("name", "slug", "description")
    computed = (count_of("device_count", DEVICES, Device, "role"),)
    brief = ("name", "slug", "description")
    menu = "basics"
    icon = "list-check"
    intro = _("What devices are for: router, switch, firewall.")
    ordering = ("name", "pk")


class PlatformSpec(Spec):
    model = Platform
    api = ("dcim", "platforms")
    scope = PUBLIC
    fields = ("name", "slug", "manufacturer", "description")
    columns = ("name", "slug", "manufacturer", "device_count", "description")
    filters = ("manufacturer",)
    search = ("name", "slug", "description")
    computed = (count_of("device_count", DEVICES, Device, "platform"),)
    brief = ("name", "slug", "description")
    menu = "basics"
    icon = "adjustments"
    intro = _("The operating systems of devices.")
    ordering = ("name", "pk")


class DeviceTypeSpec(Spec):
    model = DeviceType
    api = ("dcim", "device-types")
    scope = PUBLIC
    fields = ("manufacturer", "model", "slug", "part_number", "u_height", "is_full_depth", "description")
    columns = ("model", "manufacturer", "part_number", "u_height", "is_full_depth", "device_count")
    filters = ("manufacturer", "is_full_depth")
    search = ("model", "slug", "part_number", "manufacturer__name", "description")
    computed = (count_of("device_count", DEVICES, Device, "device_type"),)
    natural_key = ("manufacturer", "model")
    brief = ("manufacturer", "model", "slug", "description")
    menu = "basics"
    icon = "stack-2"
    intro = _("Models of equipment, with the room they take in a rack.")
    ordering = ("manufacturer__name", "model", "pk")


class DeviceSpec(Spec):
    model = Device
    api = ("dcim", "devices")
    scope = Scope(org="tenant_id", area="site__region__path")
    fields = (
        "name",
        "device_type",
        "role",
        "platform",
        "tenant",
        "site",
        "location",
        "rack",
        "position",
        "face",
        "status",
        "serial",
        "asset_tag",
        "network",
        "primary_ip4",
        "purchase_category",
        "bought_on",
        "fund_source",
        "xc_ready",
        "description",
        "comments",
    )
    columns = ("name", "status", "role", "device_type", "site", "location", "tenant", "network", "primary_ip4")
    filters = (
        "status",
        "role",
        "region",
        "site",
        "location",
        "rack",
        "tenant",
        "device_type",
        "platform",
        "network",
        "purchase_category",
        "xc_ready",
    )
    subtree_filters = (("region", "site__region"),)
    search = ("name", "serial", "asset_tag", "primary_ip4__address", "description", "comments")
    computed = (count_of("interface_count", _("ports"), Interface, "device"),)
    natural_key = ("name",)
    brief = ("name", "description")
    menu = "facilities"
    icon = "router"
    intro = _("Routers, switches, firewalls and servers, where they stand and whose they are.")
    is_long = True
    ordering = ("name", "pk")


class InterfaceSpec(Spec):
    model = Interface
    api = ("dcim", "interfaces")
    scope = Scope(org="device__tenant_id", area="device__site__region__path")
    fields = (
        "device",
        "name",
        "label",
        "type",
        "enabled",
        "mgmt_only",
        "speed",
        "mtu",
        "mac_address",
        "mode",
        "parent",
        "description",
    )
    columns = ("name", "device", "type", "enabled", "speed", "count_ipaddresses", "description")
    filters = ("device", "region", "type", "enabled", "mgmt_only")
    subtree_filters = (("region", "device__site__region"),)
    search = ("name", "label", "device__name", "mac_address", "description")
    computed = (count_of("count_ipaddresses", _("addresses"), IPAddress, "interface"),)
    natural_key = ("device", "name")
    brief = ("device", "name", "description")
    menu = "facilities"
    icon = "plug-connected"
    intro = _("Ports of devices. A line is read at the port it is bound to.")
    is_long = True
    ordering = ("device__name", "name", "pk")


SPECS = (ManufacturerSpec, DeviceRoleSpec, PlatformSpec, DeviceTypeSpec, DeviceSpec, InterfaceSpec)
