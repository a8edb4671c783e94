from inventory.models.addressing import IPAddress
from inventory.models.circuits import BoundInterface, Circuit, CircuitSegment, CircuitTermination
from inventory.models.code_lists import AccessClass, Tier
from inventory.models.contracts import LineContract
from inventory.models.devices import Device, DeviceRole, DeviceType, Interface, Manufacturer, Platform
from inventory.models.grants import RoleGrant
from inventory.models.interface_types import InterfaceType
from inventory.models.networks import ClassifiedCount, Network
from inventory.models.providers import CircuitType, Provider
from inventory.models.racks import Rack
from inventory.models.regions import Region
from inventory.models.rings import Egress, EgressPair, Ring, RingSegment
from inventory.models.sites import Location, PlaceStatus, Site
from inventory.models.tenants import Tenant

__all__ = [
    "AccessClass",
    "BoundInterface",
    "Circuit",
    "CircuitSegment",
    "CircuitTermination",
    "CircuitType",
    "ClassifiedCount",
    "Device",
    "DeviceRole",
    "DeviceType",
    "Egress",
    "EgressPair",
    "IPAddress",
    "Interface",
    "InterfaceType",
    "LineContract",
    "Location",
    "Manufacturer",
    "Network",
    "PlaceStatus",
    "Platform",
    "Provider",
    "Rack",
    "Region",
    "Ring",
    "RingSegment",
    "RoleGrant",
    "Site",
    "Tenant",
    "Tier",
]
