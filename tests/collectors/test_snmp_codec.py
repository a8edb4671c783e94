"""The codec alone: round trips, hostile bytes, and pysnmp's opinion of the same bytes."""

import random
import time
from typing import Any

import pytest

from collectors.errors import BadAnswer, CollectError
from collectors.transports.snmp import ber, usm
from collectors.transports.snmp import message as messages
from collectors.transports.snmp.usm import Authority, UsmUser

VALUES: list[tuple[str, int, ber.Value]] = [
    ("1.3.6.1.2.1.1.1.0", ber.OCTETS, b"x" * 300),
    ("1.3.6.1.2.1.1.2.0", ber.OBJECT_ID, "1.3.6.1.4.1.2011.2.23.968"),
    ("1.3.6.1.2.1.1.3.0", ber.TIMETICKS, 4_294_967_295),
    ("1.3.6.1.2.1.2.2.1.4.4294967295", ber.INTEGER, -129),
    ("1.3.6.1.2.1.2.2.1.5.128", ber.GAUGE32, 2_147_483_648),
    ("1.3.6.1.2.1.2.2.1.10.16384", ber.COUNTER32, 127),
    ("1.3.6.1.2.1.31.1.1.1.6.1", ber.COUNTER64, 18_446_744_073_709_551_615),
    ("1.3.6.1.2.1.4.20.1.1.10.0.0.1", ber.IP_ADDRESS, b"\x0a\x00\x00\x01"),
    ("1.0.8802.1.1.2.1.4.1.1.5.0.3.1", ber.OCTETS, b""),
    ("2.999.1", ber.INTEGER, 0),
    ("1.3.6.1.4.1.1", ber.NULL, None),
    ("1.3.6.1.4.1.2", ber.NO_SUCH_OBJECT, None),
    ("1.3.6.1.4.1.3", ber.NO_SUCH_INSTANCE, None),
    ("1.3.6.1.4.1.4", ber.END_OF_MIB_VIEW, None),
]
VARBINDS = b"".join(ber.encode_varbind(ber.oid(name), tag, value) for name, tag, value in VALUES)
RESPONSE = messages.encode_v2(b"public", messages.encode_pdu(messages.RESPONSE, 0x40000001, VARBINDS))
USER = UsmUser("poller", "SHA", "authentic-key", "AES", "private-key")
AUTHORITY = Authority(b"\x80\x00\x1f\x88\x04test", boots=7, time=5000)
SEALED = usm.seal(
    USER,
    AUTHORITY,
    messages.encode_scoped(AUTHORITY.engine_id, b"", messages.encode_pdu(messages.RESPONSE, 0x40000001, VARBINDS)),
    message_id=0x40000001,
    reportable=False,
)


def test_every_kind_of_value_survives_the_wire() -> None:
    message = messages.decode_v2(RESPONSE)

    assert message.community == b"public"
    assert (message.pdu.kind, message.pdu.request_id) == (messages.RESPONSE, 0x40000001)
    assert [(ber.dotted(name), tag, value) for name, tag, value in message.pdu.varbinds] == VALUES


def test_a_sealed_message_opens_with_the_same_keys() -> None:
    scoped = usm.opened(USER, messages.decode_v3(SEALED), SEALED)

    assert scoped is not None
    assert [(ber.dotted(name), tag, value) for name, tag, value in scoped.pdu.varbinds] == VALUES


@pytest.mark.parametrize("number", [0, 1, 127, 128, 255, 256, -1, -128, -129, 2**31 - 1, -(2**31)])
def test_an_integer_takes_the_fewest_bytes(number: int) -> None:
    encoded = ber.encode_integer(number)
    content = encoded[2:]

    assert int.from_bytes(content, "big", signed=True) == number
    assert len(content) == 1 or int.from_bytes(content[1:], "big", signed=True) != number


def test_a_counter_that_an_agent_signs_is_read_as_meant() -> None:
    assert ber.value(ber.COUNTER32, b"\xff\xff\xff\xfe") == 0xFFFFFFFE
    assert ber.value(ber.COUNTER32, b"\xff\xff\xff\xff\xfe") == 0xFFFFFFFE
    assert ber.value(ber.COUNTER32, b"\x00\xff\xff\xff\xfe") == 0xFFFFFFFE


def test_lengths_in_more_bytes_than_needed_are_read() -> None:
    assert ber.varbinds(b"\x30\x82\x00\x08\x06\x81\x02\x2b\x06\x02\x01\x05", 0, 12) == [(b"\x2b\x06", 2, 5)]


def test_oids_compare_by_their_numbers_and_not_by_their_bytes() -> None:
    smaller, larger = ber.oid("1.3.6.1.16383"), ber.oid("1.3.6.1.16384")

    assert smaller > larger
    assert ber.arcs(smaller) < ber.arcs(larger)


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"\x30",
        b"\x30\x80\x00\x00",
        b"\x30\x85\x00\x00\x00\x00\x01\x00",
        b"\x30\x84\xff\xff\xff\xff",
        RESPONSE + b"\x00",
        RESPONSE[:-1],
        RESPONSE.replace(b"\x02\x01\x01", b"\x02\x01\x05", 1),
        RESPONSE.replace(b"\xa2", b"\xa4", 1),
    ],
)
def test_a_broken_message_is_refused(broken: bytes) -> None:
    with pytest.raises(BadAnswer):
        messages.decode_v2(broken)


@pytest.mark.parametrize("encoded", [b"\x2b\x86", b"\x2b\x80\x01", b"\x2b\x90\x80\x80\x80\x80\x00", b"\x2b" * 200])
def test_a_broken_oid_is_refused(encoded: bytes) -> None:
    with pytest.raises(BadAnswer):
        ber.arcs(encoded)


def decode_anything(data: bytes) -> None:
    messages.exchange_id(data)
    for name, _, _ in messages.decode_v2(data).pdu.varbinds:
        ber.dotted(name)


def open_anything(data: bytes) -> None:
    message = messages.decode_v3(data)
    usm.decrypted(USER, message)
    usm.opened(USER, message, data)


@pytest.mark.parametrize(("whole", "decode"), [(RESPONSE, decode_anything), (SEALED, open_anything)])
def test_mutated_packets_raise_nothing_but_our_errors(whole: bytes, decode: Any) -> None:
    chance = random.Random(20_240_501)
    started_at = time.monotonic()
    refused = 0
    for _ in range(20_000):
        packet = bytearray(whole)
        for _ in range(chance.randint(1, 6)):
            place = chance.randrange(len(packet))
            match chance.randrange(4):
                case 0:
                    packet[place] = chance.randrange(256)
                case 1:
                    packet[place] ^= 1 << chance.randrange(8)
                case 2:
                    del packet[place : place + chance.randint(1, 9)]
                case _:
                    packet[place:place] = chance.randbytes(chance.randint(1, 9))
            packet = packet or bytearray(b"\x30")
        try:
            decode(bytes(packet))
        except CollectError:
            refused += 1
    assert refused > 10_000
    assert time.monotonic() - started_at < 60


def test_random_bytes_raise_nothing_but_our_errors() -> None:
    chance = random.Random(7)
    for _ in range(5_000):
        with pytest.raises(CollectError):
            decode_anything(b"\x30" + chance.randbytes(chance.randint(0, 80)))


def test_deep_nesting_is_no_danger() -> None:
    data = b""
    for _ in range(5_000):
        data = ber.tlv(ber.SEQUENCE, data)
    with pytest.raises(CollectError):
        decode_anything(data)


def test_pysnmp_reads_the_same_from_our_bytes() -> None:
    decoder = pytest.importorskip("pyasn1.codec.ber.decoder")
    api = pytest.importorskip("pysnmp.proto.api.v2c")

    message, rest = decoder.decode(RESPONSE, asn1Spec=api.Message())
    pdu = message["data"].getComponent()
    seen = [(str(name), value) for name, value in api.apiPDU.get_varbinds(pdu)]

    assert not rest
    assert int(pdu["request-id"]) == 0x40000001
    assert [name for name, _ in seen] == [name for name, _, _ in VALUES]
    for (_, tag, value), (_, other) in zip(VALUES, seen, strict=True):
        if tag == ber.OBJECT_ID:
            assert str(other) == value
        elif isinstance(value, bytes):
            assert other.asOctets() == value
        elif isinstance(value, int):
            assert int(other) == value


def test_we_read_the_same_from_pysnmps_bytes() -> None:
    encoder = pytest.importorskip("pyasn1.codec.ber.encoder")
    api = pytest.importorskip("pysnmp.proto.api.v2c")

    pdu = api.ResponsePDU()
    api.apiPDU.set_defaults(pdu)
    api.apiPDU.set_request_id(pdu, 4711)
    kinds = {
        ber.OCTETS: api.OctetString, ber.INTEGER: api.Integer, ber.COUNTER32: api.Counter32,
        ber.GAUGE32: api.Gauge32, ber.TIMETICKS: api.TimeTicks, ber.COUNTER64: api.Counter64,
        ber.OBJECT_ID: api.ObjectIdentifier, ber.IP_ADDRESS: api.IpAddress,
    }  # fmt: skip
    values = [entry for entry in VALUES if entry[1] in kinds]
    api.apiPDU.set_varbinds(pdu, [(name, kinds[tag](value)) for name, tag, value in values])
    message = api.Message()
    api.apiMessage.set_defaults(message)
    api.apiMessage.set_community(message, "private")
    api.apiMessage.set_pdu(message, pdu)

    ours = messages.decode_v2(encoder.encode(message))
    assert (ours.community, ours.pdu.request_id) == (b"private", 4711)
    assert [(ber.dotted(name), tag, value) for name, tag, value in ours.pdu.varbinds] == values
