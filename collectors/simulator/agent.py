"""One packet in, one packet out: communities, users, engine discovery and the time window."""

from collectors.errors import BadAnswer
from collectors.simulator import responses, system
from collectors.simulator.network import Network
from collectors.simulator.plan import PlannedDevice
from collectors.transports.snmp import ber, usm
from collectors.transports.snmp import message as messages
from collectors.transports.snmp.message import V3Message
from collectors.transports.snmp.usm import Authority, UsmUser

WINDOW_S = 150
MIN_SIZE = 484
_ENVELOPE = 200
"""Bytes around the PDU in a message, engine id and user's name among them."""
_UNSUPPORTED_LEVEL, _NOT_IN_WINDOW, _UNKNOWN_USER, _UNKNOWN_ENGINE, _WRONG_DIGEST, _DECRYPTION = range(1, 7)
_PROTECTION = messages.AUTH | messages.PRIV


def answer(network: Network, address: str, packet: bytes, now: float) -> bytes | None:
    """None where a real agent keeps silent: nobody there, not SNMP, another version, a wrong community."""
    device = network.device(address)
    if device is None:
        return None
    try:
        if device.snmp == "v3":
            return _answer_v3(network, device, packet, now)
        return _answer_v2(network, device, packet, now)
    except BadAnswer:
        return None


def _answer_v2(network: Network, device: PlannedDevice, packet: bytes, now: float) -> bytes | None:
    message = messages.decode_v2(packet)
    if message.version != messages.V2C or message.community != network.community:
        return None
    room = responses.MAX_SIZE - _ENVELOPE
    pdu = responses.response(network.table(device), message.pdu, now, room=room)
    return None if pdu is None else messages.encode_v2(message.community, pdu)


def _answer_v3(network: Network, device: PlannedDevice, packet: bytes, now: float) -> bytes | None:
    message = messages.decode_v3(packet)
    if message.max_size < MIN_SIZE:
        return None
    here = Authority(system.engine_id(device), system.engine_boots(device), system.engine_time(device, now))
    user = network.users.get(message.user)
    asked = message.flags & _PROTECTION
    fault = _fault(user, message, packet, here)
    if user is None or fault is not None:
        return _report(message, here, fault or _UNKNOWN_USER, user if fault == _NOT_IN_WINDOW else None)
    try:
        payload = usm.decrypted(user, message) if asked & messages.PRIV else message.payload
        scoped = messages.decode_scoped(payload, padded=True)
    except BadAnswer:
        return _report(message, here, _DECRYPTION) if asked & messages.PRIV else None
    if asked != user.flags:
        pdu = responses.not_authorized(scoped.pdu)
    else:
        room = min(responses.MAX_SIZE, message.max_size) - _ENVELOPE
        pdu = responses.response(network.table(device), scoped.pdu, now, room=room)
    if pdu is None:
        return None
    body = messages.encode_scoped(scoped.engine_id, scoped.context, pdu)
    return usm.seal(user, here, body, message_id=message.message_id, reportable=False, flags=asked)


def _fault(user: UsmUser | None, message: V3Message, packet: bytes, here: Authority) -> int | None:
    """Why the message can not be served, in the order of RFC 3414, section 3.2."""
    asked = message.flags & _PROTECTION
    if message.engine_id != here.engine_id:
        return _UNKNOWN_ENGINE
    if user is None:
        return _UNKNOWN_USER
    if asked & ~user.flags or asked == messages.PRIV:
        return _UNSUPPORTED_LEVEL
    if asked & messages.AUTH:
        if not usm.is_authentic(user, message, packet):
            return _WRONG_DIGEST
        if message.boots != here.boots or abs(message.time - here.time) > WINDOW_S:
            return _NOT_IN_WINDOW
    return None


def _report(message: V3Message, here: Authority, number: int, user: UsmUser | None = None) -> bytes | None:
    """What RFC 3414 says to a message that can not be served; signed only for a user who has proved himself."""
    if not message.flags & messages.REPORTABLE:
        return None
    request_id = 0
    if not message.flags & messages.PRIV:
        request_id = messages.decode_scoped(message.payload).pdu.request_id
    varbind = ber.encode_varbind(ber.oid(f"1.3.6.1.6.3.15.1.1.{number}.0"), ber.COUNTER32, 1)
    pdu = messages.encode_pdu(messages.REPORT, request_id, varbind)
    return usm.seal(
        user or UsmUser(message.user.decode("utf-8", "replace")),
        here,
        messages.encode_scoped(here.engine_id, b"", pdu),
        message_id=message.message_id,
        reportable=False,
        flags=messages.AUTH if user is not None else 0,
    )
