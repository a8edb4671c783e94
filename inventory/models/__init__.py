from inventory.models.addressing import VRF, Family, IPAddress, Prefix, host_key
from inventory.models.calendars import CalendarDay, Season
from inventory.models.circuits import BoundInterface, Circuit, CircuitSegment, CircuitTermination
from inventory.models.code_lists import AccessClass, Tier
from inventory.models.contracts import ContractDeduction, LineContract
from inventory.models.devices import Device, DeviceRole, DeviceType, Interface, Manufacturer, Platform
from inventory.models.grants import RoleGrant
from inventory.models.interface_types import InterfaceType
from inventory.models.maintenance import MaintenanceWindow
from inventory.models.networks import ClassifiedCount, Network
from inventory.models.providers import CircuitType, Provider
from inventory.models.racks import Rack
from inventory.models.regions import Region
from inventory.models.rings import Egress, EgressPair, Ring, RingSegment
from inventory.models.sites import Location, PlaceStatus, Site
from inventory.models.tenants import Tenant

__all__ = [
    "VRF",
    "AccessClass",
    "BoundInterface",
    "CalendarDay",
    "Circuit",
    "CircuitSegment",
    "CircuitTermination",
    "CircuitType",
    "ClassifiedCount",
    "ContractDeduction",
    "Device",
    "DeviceRole",
    "DeviceType",
    "Egress",
    "EgressPair",
    "Family",
    "IPAddress",
    "Interface",
    "InterfaceType",
    "LineContract",
    "Location",
    "MaintenanceWindow",
    "Manufacturer",
    "Network",
    "PlaceStatus",
    "Platform",
    "Prefix",
    "Provider",
    "Rack",
    "Region",
    "Ring",
    "RingSegment",
    "RoleGrant",
    "Season",
    "Site",
    "Tenant",
    "Tier",
    "host_key",
]
