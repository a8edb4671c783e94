"""Hostile packets for the SNMP decoder, the SNMPv3 opener and whole sessions; `make fuzz` is the long run."""
