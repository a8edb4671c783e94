"""One round of asking whether a target answers: ICMP echoes or TCP connects."""
