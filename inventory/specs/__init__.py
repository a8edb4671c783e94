"""What the records show, accept and guard. Each subject adds its tuple here."""

from inventory.specs import (
    addressing,
    circuits,
    contracts,
    devices,
    grants,
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
    *rings.SPECS,
    *tenants.SPECS,
    *regions.SPECS,
    *networks.SPECS,
    *providers.SPECS,
    *sites.SPECS,
    *racks.SPECS,
    *devices.SPECS,
    *addressing.SPECS,
    *grants.SPECS,
)
