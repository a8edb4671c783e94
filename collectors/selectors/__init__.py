"""What was seen, as frozen values for the packages above. Each function costs the same queries for any number."""

from collectors.selectors.addresses import SeenAddressValue, addresses
from collectors.selectors.devices import DeviceState, device_states
from collectors.selectors.freshness import DataAge, Watched, collector_uptime, data_age, watches
from collectors.selectors.modules import ModuleValue, modules
from collectors.selectors.neighbours import NeighbourValue, neighbours
from collectors.selectors.ports import PortState, normal_port_name, port_states
from collectors.selectors.rates import P95, DailySeries, RatePoint, Step, daily_series, p95, rates

__all__ = [
    "P95",
    "DailySeries",
    "DataAge",
    "DeviceState",
    "ModuleValue",
    "NeighbourValue",
    "PortState",
    "RatePoint",
    "SeenAddressValue",
    "Step",
    "Watched",
    "addresses",
    "collector_uptime",
    "daily_series",
    "data_age",
    "device_states",
    "modules",
    "neighbours",
    "normal_port_name",
    "p95",
    "port_states",
    "rates",
    "watches",
]
