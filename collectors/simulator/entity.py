"""ENTITY-MIB: chassis, boards, power supplies and fans."""

from collectors.simulator import habits
from collectors.simulator.plan import PlannedDevice, PlannedModule
from collectors.simulator.tables import Arcs, Column, Rows, fixed, integer, object_id, octets, text

_ENTITY: Arcs = (1, 3, 6, 1, 2, 1, 47, 1, 1, 1, 1)
_CLASSES = {"chassis": 3, "power": 6, "fan": 7, "module": 9}


def modules(device: PlannedDevice) -> tuple[PlannedModule, ...]:
    """The planned ones, behind a chassis made from the device itself where the plan has none."""
    if any(module.klass == "chassis" for module in device.modules):
        return device.modules
    chassis = PlannedModule(
        name=device.model, klass="chassis", model=device.model, serial=device.serial, firmware=habits.firmware(device)
    )
    return (chassis, *device.modules)


def rows(device: PlannedDevice) -> Rows:
    manner = habits.of(device)
    return Rows([(manner.first_entity + place * manner.entity_step,) for place in range(len(modules(device)))])


def columns(device: PlannedDevice, indexes: Rows) -> list[Column]:
    found = modules(device)
    manner = habits.of(device)
    nothing = [text("")] * len(found)
    parents = _parents(device, found)
    vendor_type = object_id((*habits.ENTERPRISES, manner.enterprise, 20021210, 12))
    values: dict[int, list[bytes]] = {
        2: [octets(manner.text(f"{module.model or module.name} {module.klass}")) for module in found],
        3: [vendor_type] * len(found),
        4: [integer(parent) for parent in parents],
        5: [integer(_CLASSES[module.klass]) for module in found],
        6: [integer(parents[:place].count(parents[place])) for place in range(len(found))],
        7: [octets(manner.text(module.name)) for module in found],
        8: nothing,
        9: [text(module.firmware) for module in found],
        10: [text(habits.firmware(device) if module.klass == "chassis" else "") for module in found],
        11: [text(module.serial) for module in found],
        12: [text(manner.maker)] * len(found),
        13: [text(module.model) for module in found],
        14: nothing,
        15: nothing,
        16: [integer(1)] * len(found),
    }
    return [fixed((*_ENTITY, number), indexes, column) for number, column in values.items()]


def _parents(device: PlannedDevice, found: tuple[PlannedModule, ...]) -> list[int]:
    """Everything sits in the chassis named before it; a chassis sits in nothing."""
    manner = habits.of(device)
    parents, chassis = [], 0
    for place, module in enumerate(found):
        if module.klass == "chassis":
            chassis = manner.first_entity + place * manner.entity_step
            parents.append(0)
        else:
            parents.append(chassis)
    return parents
