"""What the records show, accept and guard. Each subject adds its tuple here."""

from inventory.specs import (
    addressing,
    calendars,
    circuits,
    contracts,
    devices,
    grants,
    maintenance,
    networks,
    providers,
    racks,
    regions,
    rings,
    sites,
    tenants,
)

# In the order of the menu.
SPECS = (
    *circuits.SPECS,
    *contracts.SPECS,
    *maintenance.SPECS,
    *rings.SPECS,
    *tenants.SPECS,
    *regions.SPECS,
    *networks.SPECS,
    *providers.SPECS,
    *sites.SPECS,
    *racks.SPECS,
    *devices.SPECS,
    *addressing.SPECS,
    *calendars.SPECS,
    *grants.SPECS,
)
