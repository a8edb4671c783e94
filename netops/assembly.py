"""Puts the packages together at start-up: which specs there are, who fills the kernel's ports, what pages show."""

from __future__ import annotations

import inventory.gates
from inventory.selectors.grants import grants_of

import collectors.specs
import compliance.specs
import inventory.specs
import kernel.specs
from kernel.ports import ports
from kernel.registry import registry

SPECS = (*kernel.specs.SPECS, *inventory.specs.SPECS, *collectors.specs.SPECS, *compliance.specs.SPECS)


def assemble() -> None:
    registry.add(*SPECS)
    ports.grants_of = grants_of
    ports.gates = inventory.gates.GATES
