"""Whose block of the address plan an address lies in: the narrowest one that holds it."""

from __future__ import annotations

import ipaddress
from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache

from compliance.facts.record import Block

_Key = tuple[int, int]


@lru_cache(maxsize=65_536)
def _number(address: str) -> tuple[int, int] | None:
    """(family, number) of an address that a plan can give out; None for link-local, loopback and the like."""
    try:
        ip = ipaddress.ip_interface(address).ip
    except ValueError:
        return None
    if ip.is_link_local or ip.is_loopback or ip.is_multicast or ip.is_unspecified:
        return None
    return ip.version, int(ip)


class Plan:
    """A look-up costs one step for each prefix length in use, whatever the number of blocks."""

    def __init__(self, blocks: Iterable[Block]) -> None:
        # By family and bits that don't count: {network number: blocks}.
        self._by_length: dict[_Key, dict[int, list[Block]]] = defaultdict(lambda: defaultdict(list))
        self.tenants: set[int] = set()
        self.networks: set[int | None] = set()
        self.forbidden: list[Block] = []
        for block in blocks:
            if block.is_forbidden:
                self.forbidden.append(block)
            if not block.is_in_use:
                continue
            parsed = ipaddress.ip_network(block.prefix)
            spare = parsed.max_prefixlen - parsed.prefixlen
            self._by_length[parsed.version, spare][int(parsed.network_address) >> spare].append(block)
            if block.tenant_id is not None:
                self.tenants.add(block.tenant_id)
            else:
                self.networks.add(block.network_id)
        self._spares = {version: sorted(spare for of, spare in self._by_length if of == version) for version in (4, 6)}
        self._ranges = [_range(block) for block in self.forbidden]

    def holders(self, address: str) -> list[Block] | None:
        """The narrowest blocks with this address, one a routing instance; None for one that no plan gives out."""
        key = _number(address)
        if key is None:
            return None
        version, number = key
        for spare in self._spares[version]:
            if found := self._by_length[version, spare].get(number >> spare):
                return found
        return []

    def forbids(self, address: str) -> str:
        """The forbidden prefix that holds the address; empty when none does."""
        for (version, first, last), block in zip(self._ranges, self.forbidden, strict=True):
            try:
                ip = ipaddress.ip_interface(address).ip
            except ValueError:
                return ""
            if ip.version == version and first <= int(ip) <= last:
                return block.prefix
        return ""


def _range(block: Block) -> tuple[int, int, int]:
    parsed = ipaddress.ip_network(block.prefix)
    return parsed.version, int(parsed.network_address), int(parsed.broadcast_address)
