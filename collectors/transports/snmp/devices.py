"""What is shared by everything that talks to one device."""

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

from collectors.transports.snmp.message import MAX_SIZE
from collectors.transports.snmp.sockets import Address
from collectors.transports.snmp.usm import Authority

MAX_REPETITIONS = 25
MAX_VALUES = 60


class Device:
    """One address as asked from one of ours, whichever session asks it; its lock keeps one request in flight."""

    __slots__ = ("address", "authority", "has_answered", "lock", "max_size", "repetitions", "source", "values")

    def __init__(self, address: Address, source: str = "") -> None:
        self.address = address
        self.source = source
        """Our address that it is asked from; empty leaves that to the system."""
        self.lock = asyncio.Lock()
        self.authority: Authority | None = None
        self.has_answered = False
        self.repetitions = MAX_REPETITIONS
        """Rows to ask for at once; comes down when the device or its path can not bear so many."""
        self.values = MAX_VALUES
        """Values to ask for in one GET, likewise."""
        self.max_size = MAX_SIZE
        """Bytes of the largest message that it says it takes (SNMPv3)."""


class Exchanger(Protocol):
    """What a conversation needs from the engine."""

    def device(self, address: Address, source: str) -> Device: ...

    async def exchange(
        self,
        device: Device,
        build: Callable[[int], bytes],
        accept: Callable[[bytes], Any],
        *,
        timeout_s: float,
        retries: int,
    ) -> Any: ...
