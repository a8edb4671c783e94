"""SNMP v2c and v3 on asyncio, for managers and for the simulator's agents."""
