"""What was seen, as frozen values for the packages above. Each function costs the same queries for any number."""

from collectors.selectors.addresses import SeenAddressValue, addresses
from collectors.selectors.devices import DeviceState, device_states
from collectors.selectors.freshness import DataAge, Watched, data_age, watches
from collectors.selectors.modules import ModuleValue, modules
from collectors.selectors.neighbours import NeighbourValue, neighbours
from collectors.selectors.ports import PortKey, PortState, normal_port_name, port_states
from collectors.selectors.rates import (
    P95,
    DailyRate,
    DailySeries,
    PortUsage,
    daily_rates,
    daily_series,
    mean_rate,
    p95,
    port_usage,
    rates,
)
from collectors.series import RatePoint, SeriesStoreState, SeriesUnavailable, Step, series_store_state

__all__ = [
    "P95",
    "DailyRate",
    "DailySeries",
    "DataAge",
    "DeviceState",
    "ModuleValue",
    "NeighbourValue",
    "PortKey",
    "PortState",
    "PortUsage",
    "RatePoint",
    "SeenAddressValue",
    "SeriesStoreState",
    "SeriesUnavailable",
    "Step",
    "Watched",
    "addresses",
    "daily_rates",
    "daily_series",
    "data_age",
    "device_states",
    "mean_rate",
    "modules",
    "neighbours",
    "normal_port_name",
    "p95",
    "port_states",
    "port_usage",
    "rates",
    "series_store_state",
    "watches",
]
