"""The smallest record that probes need: a polled network and lines in it."""

from __future__ import annotations

from itertools import count
from typing import Any

from collectors.models import Probe
from inventory.models import Circuit, CircuitType, Network, Provider
from kernel import writes
from tests.collectors.record import make_network

_numbers = count(1)


def _shared(model: Any, slug: str) -> Any:
    known = model.objects.filter(slug=slug).first()
    return known or writes.save(model(name=slug, slug=slug), actor=None)


def make_lines(n: int, network: Network | None = None, **fields: Any) -> list[Circuit]:
    network = network or make_network()
    carrier, medium = _shared(Provider, "carrier"), _shared(CircuitType, "mstp")
    rows = [
        Circuit(cid=f"P{next(_numbers)}", provider=carrier, type=medium, network=network, status="active", **fields)
        for _ in range(n)
    ]
    writes.save_many(rows, actor=None, approval="test")
    return list(Circuit.objects.filter(cid__in=[r.cid for r in rows]).order_by("pk"))


def make_probe(line: Circuit, name: str = "one", target: str = "127.9.0.1", **fields: Any) -> Probe:
    return writes.save(Probe(circuit=line, name=name, target=target, **fields), actor=None)
