"""The lab's network as an operator would record it."""

from __future__ import annotations

from dataclasses import dataclass

from collectors.models import Credential
from inventory.models import (
    BoundInterface,
    Circuit,
    CircuitTermination,
    CircuitType,
    Device,
    DeviceRole,
    DeviceType,
    Interface,
    IPAddress,
    Location,
    Manufacturer,
    Network,
    Provider,
    Ring,
    RingSegment,
    Site,
)
from kernel import writes
from tests.lab.network import (
    COMMUNITY,
    PORTS,
    SSH_PASSWORD,
    SSH_USER,
    V3_AUTH,
    V3_PRIV,
    V3_USER,
    LabNetwork,
    Link,
    Router,
)

APPROVAL = "lab"
VETH_MBPS = 10_000  # what the kernel says of every veth


@dataclass(frozen=True)
class Recorded:
    """Rows by what the lab calls them."""

    devices: dict[str, Device]
    lines: dict[int, Circuit]
    ring: Ring

    def device(self, router: Router) -> Device:
        return self.devices[router.name]

    def line(self, link: Link) -> Circuit:
        return self.lines[link.number]


def record(lab: LabNetwork) -> Recorded:
    """Routers, ports, lines, ring and credentials of the whole lab."""
    network = writes.save(Network(name="Lab", slug="lab", kind="resource", poll_allowed=True), actor=None)
    site = writes.save(Site(name="Lab", slug="lab"), actor=None)
    rooms = [Location(name=f"Room {r.number}", slug=f"room-{r.number}", site=site) for r in lab.routers]
    writes.save_many(rooms, actor=None)
    devices = _devices(lab, network, site, rooms)
    _credentials(lab, network, devices)
    lines = _lines(lab, network, devices)
    ring = writes.save(Ring(name="Lab ring", network=network), actor=None)
    writes.save_many(
        [
            RingSegment(
                ring=ring, sequence=link.number, circuit=lines[link.number], from_location=rooms[link.a.number - 1],
                to_location=rooms[link.z.number - 1],
            )
            for link in lab.links
        ],
        actor=None,
    )  # fmt: skip
    return Recorded(devices, lines, ring)


def _devices(lab: LabNetwork, network: Network, site: Site, rooms: list[Location]) -> dict[str, Device]:
    maker = writes.save(Manufacturer(name="Lab", slug="lab"), actor=None)
    kind = writes.save(DeviceType(manufacturer=maker, model="Namespace", slug="namespace"), actor=None)
    role = writes.save(DeviceRole(name="Router", slug="router"), actor=None)
    addresses = [IPAddress(address=f"{r.address}/{lab.range.prefixlen}") for r in lab.routers]
    writes.save_many(addresses, actor=None)
    devices = [
        Device(
            name=router.name, device_type=kind, role=role, site=site, location=rooms[i], network=network,
            primary_ip4=addresses[i],
        )
        for i, router in enumerate(lab.routers)
    ]  # fmt: skip
    writes.save_many(devices, actor=None)
    return {device.name: device for device in devices}


def _credentials(lab: LabNetwork, network: Network, devices: dict[str, Device]) -> None:
    """v2c for the whole network; the routers that speak v3 have their own."""
    rows = [Credential(name="v2c", protocol="snmp", snmp_version="v2c", community=COMMUNITY, network=network)]
    rows += [v3_credential(devices[r.name]) for r in lab.routers if r.snmp_version == "v3"]
    writes.save_many(rows, actor=None)


def v3_credential(device: Device) -> Credential:
    return Credential(
        name=f"v3 {device.name}", protocol="snmp", snmp_version="v3", username=V3_USER, auth_protocol="SHA",
        auth_secret=V3_AUTH, priv_protocol="AES", priv_secret=V3_PRIV, device=device,
    )  # fmt: skip


def use_ssh(device: Device, password: str = SSH_PASSWORD) -> None:
    """From now on this device is read over SSH alone."""
    writes.delete_many(list(Credential.objects.filter(device=device)), actor=None)
    credential = Credential(
        name=f"ssh {device.name}", protocol="ssh", username=SSH_USER, password=password, profile="frr",
        device=device,
    )  # fmt: skip
    writes.save(credential, actor=None)


def _lines(lab: LabNetwork, network: Network, devices: dict[str, Device]) -> dict[int, Circuit]:
    carrier = writes.save(Provider(name="Lab", slug="lab", is_own=True), actor=None)
    medium = writes.save(CircuitType(name="Virtual cable", slug="virtual-cable"), actor=None)
    lines = [
        Circuit(
            line_no=f"410100-WW-{link.number:04d}", cid=f"LAB-{link.number}", provider=carrier, type=medium,
            status=Circuit.Status.ACTIVE, network=network, role=Circuit.Role.RING, bandwidth_declared_mbps=VETH_MBPS,
            bandwidth_approved_mbps=VETH_MBPS,
        )
        for link in lab.links
    ]  # fmt: skip
    writes.save_many(lines, actor=None, approval=APPROVAL)
    ports = {
        (name, port): Interface(device=device, name=port, type="10gbase-t")
        for name, device in devices.items()
        for port in PORTS
    }
    writes.save_many(list(ports.values()), actor=None)
    ends = [
        (CircuitTermination(circuit=line, term_side=side), ports[router.name, port])
        for link, line in zip(lab.links, lines, strict=True)
        for side, router, port in (("A", link.a, link.a_port), ("Z", link.z, link.z_port))
    ]
    writes.save_many([termination for termination, _port in ends], actor=None)
    bound = [BoundInterface(termination=termination, interface=port) for termination, port in ends]
    writes.save_many(bound, actor=None)
    return {link.number: line for link, line in zip(lab.links, lines, strict=True)}
