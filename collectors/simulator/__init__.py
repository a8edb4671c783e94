"""One process that answers SNMP for every device of a made-up network."""
