"""Whole packets to spoil: answers of agents that serve the recordings of real devices, and our own encodings."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from collectors.transports.snmp import ber, usm
from collectors.transports.snmp import message as messages
from collectors.transports.snmp.usm import Authority, UsmUser
from tests.collectors.agent import Agent, arcs, read_recording

RECORDINGS = Path(__file__).resolve().parents[3] / "shared" / "recordings"
MOST_RECORDINGS = 3
AUTHORITY = Authority(b"\x80\x00\x1f\x88\x04fuzz", boots=7, time=5000)
USERS = (
    UsmUser("poller", "SHA", "authentic-key", "AES", "private-key"),
    UsmUser("old", "MD5", "authentic-key", "DES", "private-key"),
    UsmUser("strong", "SHA512", "authentic-key", "AES256", "private-key"),
    UsmUser("cisco", "SHA", "authentic-key", "AES256C", "private-key"),
    UsmUser("signer", "SHA256", "authentic-key"),
    UsmUser("reader"),
)
ROOTS = ("1.3.6.1.2.1.1", "1.3.6.1.2.1.2.2.1.2", "1.3.6.1.2.1.31.1.1.1.6", "1.0.8802.1.1.2.1.4.1.1")
ROWS = 30
ID = 0x40000001


@dataclass(frozen=True, slots=True)
class Seeds:
    pdus: tuple[bytes, ...]
    v2: tuple[bytes, ...]
    v3: tuple[tuple[UsmUser, bytes], ...]
    whole: tuple[bytes, ...]
    """All of them as bytes, to take pieces from."""


def own_values() -> dict[tuple[int, ...], tuple[int, ber.Value]]:
    """A device with one value of every type and a table with rows enough for several requests."""
    every: list[tuple[int, ber.Value]] = [
        (ber.OCTETS, b"x" * 300), (ber.OBJECT_ID, "1.3.6.1.4.1.2011.2.23.968"), (ber.TIMETICKS, 4_294_967_295),
        (ber.INTEGER, -129), (ber.GAUGE32, 2_147_483_648), (ber.COUNTER64, 18_446_744_073_709_551_615),
        (ber.IP_ADDRESS, b"\x0a\x00\x00\x01"), (ber.OPAQUE, b"\x9f\x78\x04\x42"), (ber.NULL, None),
    ]  # fmt: skip
    found = {(*arcs("1.3.6.1.2.1.1"), place, 0): value for place, value in enumerate(every, start=1)}
    for row in range(1, ROWS + 1):
        found[(*arcs(ROOTS[1]), row * 7)] = (ber.OCTETS, b"port %d" % row)
        found[(*arcs(ROOTS[2]), row * 7)] = (ber.COUNTER64, 2**40 + row)
        found[(*arcs(ROOTS[3]), 9, row * 300, 1, row)] = (ber.OCTETS, b"neighbour")
    return found


@cache
def seeds() -> Seeds:
    paths = sorted(RECORDINGS.glob("*.snmprec"))[:MOST_RECORDINGS] if RECORDINGS.is_dir() else []
    pdus: list[bytes] = []
    for values in (own_values(), *map(read_recording, paths)):
        agent = Agent(values)
        for root in ROOTS:
            for kind, repetitions in ((messages.GET_BULK, 25), (messages.GET_BULK, 3), (messages.GET_NEXT, 0)):
                request = messages.Pdu(kind, ID, 0, repetitions, [(ber.oid(root), ber.NULL, None)])
                pdus.append(agent._answer(request, 3000))
    pdus.append(messages.encode_pdu(messages.RESPONSE, ID, b"", first=messages.TOO_BIG, second=1))
    report = ber.encode_varbind(ber.oid("1.3.6.1.6.3.15.1.1.2.0"), ber.COUNTER32, 1)
    pdus.append(messages.encode_pdu(messages.REPORT, ID, report))
    v2 = tuple(messages.encode_v2(b"public", pdu) for pdu in pdus)
    v3 = tuple((user, sealed(user, scoped(pdu))) for place, pdu in enumerate(pdus) for user in USERS[place % 2 :: 2])
    return Seeds(tuple(pdus), v2, v3, (*v2, *(packet for _, packet in v3)))


def scoped(pdu: bytes) -> bytes:
    return messages.encode_scoped(AUTHORITY.engine_id, b"", pdu)


def sealed(user: UsmUser, plain: bytes, message_id: int = ID, authority: Authority = AUTHORITY) -> bytes:
    return usm.seal(user, authority, plain, message_id=message_id, reportable=False)
