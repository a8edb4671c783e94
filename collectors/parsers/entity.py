"""ENTITY-MIB: chassis, boards, power supplies, optics."""

from collectors.parsers.values import named, number, text
from collectors.records import Module
from collectors.transports.snmp.ber import Table, oid

CLASSES = (
    "other", "unknown", "chassis", "backplane", "container", "powerSupply", "fan", "sensor", "module", "port", "stack",
    "cpu", "energyObject", "battery", "storageDrive",
)  # fmt: skip
COLUMNS = tuple(oid(f"1.3.6.1.2.1.47.1.1.1.1.{column}") for column in (2, 4, 5, 7, 8, 9, 10, 11, 13))
"""entPhysicalDescr, ContainedIn, Class, Name, HardwareRev, FirmwareRev, SoftwareRev, SerialNum, ModelName."""
HUAWEI = "1.3.6.1.4.1.2011."
HUAWEI_COLUMNS = tuple(oid(f"1.3.6.1.4.1.2011.5.25.31.1.1.2.1.{column}") for column in (2, 11))
"""hwEntityBomEnDesc and hwEntityModel: VRP leaves boards' and optics' models out of the standard table."""


def modules(rows: Table, huawei_rows: Table) -> tuple[Module, ...]:
    """From rows of `COLUMNS`, and of `HUAWEI_COLUMNS` on that vendor's devices."""
    found = []
    for key, row in sorted(rows.items()):
        if len(key) != 1:
            continue
        description, parent, klass, name, hardware, firmware, software, serial, model = row
        better_description, better_model = huawei_rows.get(key, (None, None))
        found.append(
            Module(
                index=key[0],
                name=text(name),
                description=text(better_description) or text(description),
                klass=named(klass, CLASSES),
                model=text(better_model) or text(model),
                serial=text(serial),
                firmware=text(firmware),
                hardware=text(hardware),
                software=text(software),
                parent_index=number(parent) or None,
            )
        )
    return tuple(found)
