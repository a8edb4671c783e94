"""SNMP messages and PDUs as bytes: v1/v2c (RFC 3416) and v3 (RFC 3412), without their security."""

from dataclasses import dataclass

from collectors.errors import BadAnswer
from collectors.transports.snmp import ber

GET, GET_NEXT, RESPONSE, SET, GET_BULK, INFORM, TRAP, REPORT = 0xA0, 0xA1, 0xA2, 0xA3, 0xA5, 0xA6, 0xA7, 0xA8
V1, V2C, V3 = 0, 1, 3
AUTH, PRIV, REPORTABLE = 0x01, 0x02, 0x04
USM = 3
MAX_ENGINE_ID = 32
MAX_SIZE = 65_507

NO_ERROR, TOO_BIG, NO_SUCH_NAME = 0, 1, 2
ERROR_NAMES = (
    "noError", "tooBig", "noSuchName", "badValue", "readOnly", "genErr", "noAccess", "wrongType", "wrongLength",
    "wrongEncoding", "wrongValue", "noCreation", "inconsistentValue", "resourceUnavailable", "commitFailed",
    "undoFailed", "authorizationError", "notWritable", "inconsistentName",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pdu:
    """`error_status` and `error_index` are non-repeaters and max-repetitions in a GETBULK."""

    kind: int
    request_id: int
    error_status: int
    error_index: int
    varbinds: list[ber.VarBind]


@dataclass(frozen=True, slots=True)
class V2Message:
    version: int
    community: bytes
    pdu: Pdu


@dataclass(frozen=True, slots=True)
class V3Message:
    """`payload` is the scoped PDU, encrypted when the flags say so; the auth code starts at `auth_at`."""

    message_id: int
    max_size: int
    flags: int
    engine_id: bytes
    boots: int
    time: int
    user: bytes
    auth: bytes
    priv: bytes
    auth_at: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class ScopedPdu:
    engine_id: bytes
    context: bytes
    pdu: Pdu


def error_name(status: int) -> str:
    return ERROR_NAMES[status] if 0 <= status < len(ERROR_NAMES) else str(status)


# --- PDUs -------------------------------------------------------------------------------------------------------


def encode_request_id(number: int) -> bytes:
    """Always four bytes of content, so that a request's length does not depend on its id."""
    return b"\x02\x04" + number.to_bytes(4, "big", signed=True)


def encode_pdu(kind: int, request_id: int, varbinds: bytes, *, first: int = 0, second: int = 0) -> bytes:
    """`first` and `second` are error status and index, or GETBULK's two counts."""
    return ber.tlv(
        kind,
        encode_request_id(request_id)
        + ber.encode_integer(first)
        + ber.encode_integer(second)
        + ber.tlv(ber.SEQUENCE, varbinds),
    )


def decode_pdu(data: bytes, position: int, end: int) -> Pdu:
    kind, position, stop = ber.header(data, position, end)
    if not GET <= kind <= REPORT or kind == 0xA4:
        raise BadAnswer(f"The device sent a message of the unknown kind 0x{kind:02x}; check its SNMP version.")
    if stop != end:
        raise BadAnswer("The device sent bytes behind the end of its message; check its firmware.")
    request_id, position = ber.integer(data, position, stop)
    status, position = ber.integer(data, position, stop)
    index, position = ber.integer(data, position, stop)
    start, last = ber.expect(data, position, stop, ber.SEQUENCE)
    if last != stop:
        raise BadAnswer("The device sent bytes behind the end of its values; check its firmware.")
    return Pdu(kind, request_id, status, index, ber.varbinds(data, start, last))


# --- v1 and v2c -------------------------------------------------------------------------------------------------


def encode_v2(community: bytes, pdu: bytes, version: int = V2C) -> bytes:
    return ber.tlv(ber.SEQUENCE, ber.encode_integer(version) + ber.tlv(ber.OCTETS, community) + pdu)


def decode_v2(data: bytes) -> V2Message:
    position, end = _envelope(data)
    version, position = ber.integer(data, position, end)
    if version not in (V1, V2C):
        raise BadAnswer("The device answered in another version of SNMP; check the version in its credentials.")
    community, position = ber.octets(data, position, end)
    return V2Message(version, community, decode_pdu(data, position, end))


# --- v3 ---------------------------------------------------------------------------------------------------------


def encode_scoped(engine_id: bytes, context: bytes, pdu: bytes) -> bytes:
    return ber.tlv(ber.SEQUENCE, ber.tlv(ber.OCTETS, engine_id) + ber.tlv(ber.OCTETS, context) + pdu)


def decode_scoped(payload: bytes, *, padded: bool = False) -> ScopedPdu:
    """`padded` allows what a block cipher leaves behind the PDU."""
    start, end = ber.expect(payload, 0, len(payload), ber.SEQUENCE)
    if end != len(payload) and not padded:
        raise BadAnswer("The device sent bytes behind the end of its message; check its firmware.")
    engine_id, position = ber.octets(payload, start, end)
    context, position = ber.octets(payload, position, end)
    return ScopedPdu(engine_id, context, decode_pdu(payload, position, end))


def encode_v3(message: V3Message) -> bytes:
    """The bytes of a message; `auth` belongs there as zeros when it is to be filled in (see `auth_position`)."""
    head = ber.tlv(
        ber.SEQUENCE,
        encode_request_id(message.message_id)
        + ber.encode_integer(message.max_size)
        + bytes((ber.OCTETS, 1, message.flags))
        + ber.encode_integer(USM),
    )
    security = ber.tlv(
        ber.SEQUENCE,
        ber.tlv(ber.OCTETS, message.engine_id)
        + ber.encode_integer(message.boots)
        + ber.encode_integer(message.time)
        + ber.tlv(ber.OCTETS, message.user)
        + ber.tlv(ber.OCTETS, message.auth)
        + ber.tlv(ber.OCTETS, message.priv),
    )
    payload = ber.tlv(ber.OCTETS, message.payload) if message.flags & PRIV else message.payload
    return ber.tlv(ber.SEQUENCE, b"\x02\x01\x03" + head + ber.tlv(ber.OCTETS, security) + payload)


def auth_position(encoded: bytes, message: V3Message) -> int:
    """Where the auth code starts in what `encode_v3` made: the payload and the salt alone stand behind it."""
    payload = len(ber.tlv(ber.OCTETS, message.payload)) if message.flags & PRIV else len(message.payload)
    return len(encoded) - payload - 2 - len(message.priv) - len(message.auth)


def decode_v3(data: bytes) -> V3Message:
    position, end = _envelope(data)
    version, position = ber.integer(data, position, end)
    if version != V3:
        raise BadAnswer("The device answered in another version of SNMP; check the version in its credentials.")
    start, position = ber.expect(data, position, end, ber.SEQUENCE)
    message_id, start = ber.integer(data, start, position)
    max_size, start = ber.integer(data, start, position)
    flags, start = ber.octets(data, start, position)
    model, start = ber.integer(data, start, position)
    if len(flags) != 1 or model != USM:
        raise BadAnswer("The device does not use the user-based security model; check its SNMPv3 settings.")
    start, position = ber.expect(data, position, end, ber.OCTETS)
    start, stop = ber.expect(data, start, position, ber.SEQUENCE)
    engine_id, start = ber.octets(data, start, stop)
    if len(engine_id) > MAX_ENGINE_ID:
        raise BadAnswer("The device sent an SNMPv3 engine id of an impossible length; check its firmware.")
    boots, start = ber.integer(data, start, stop)
    time, start = ber.integer(data, start, stop)
    if boots < 0 or time < 0:
        raise BadAnswer("The device sent an impossible SNMPv3 clock; check its SNMPv3 settings.")
    user, start = ber.octets(data, start, stop)
    auth, start = ber.octets(data, start, stop)
    auth_at = start - len(auth)
    priv, _ = ber.octets(data, start, stop)
    if flags[0] & PRIV:
        payload, _ = ber.octets(data, position, end)
    else:
        payload = data[position:end]
    return V3Message(
        message_id, max_size, flags[0], engine_id, boots, time, user, auth, priv, auth_at, payload
    )  # fmt: skip


def exchange_id(data: bytes) -> int:
    """The request id of a v1/v2c message or the message id of a v3 one: what the sender matches answers by."""
    position, end = _envelope(data)
    version, position = ber.integer(data, position, end)
    if version == V3:
        position, end = ber.expect(data, position, end, ber.SEQUENCE)
        return ber.integer(data, position, end)[0]
    _, position = ber.octets(data, position, end)
    _, position, end = ber.header(data, position, end)
    return ber.integer(data, position, end)[0]


def _envelope(data: bytes) -> tuple[int, int]:
    start, end = ber.expect(data, 0, len(data), ber.SEQUENCE)
    if end != len(data):
        raise BadAnswer("The device sent bytes behind the end of its message; check its firmware.")
    return start, end
