"""One request and its answer, under a community (v2c) or a user (v3)."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from collectors.errors import AgentError, AuthenticationFailed, BadAnswer, Unreachable
from collectors.transports.snmp import ber, usm
from collectors.transports.snmp import message as messages
from collectors.transports.snmp.ber import Oid
from collectors.transports.snmp.devices import Device, Exchanger
from collectors.transports.snmp.keys import AUTH_PROTOCOLS
from collectors.transports.snmp.usm import Authority, Community, UsmUser

_USM_STATS = "1.3.6.1.6.3.15.1.1."
_REPORTS = {
    _USM_STATS + "1.0": "unsupportedSecLevels",
    _USM_STATS + "2.0": "notInTimeWindows",
    _USM_STATS + "3.0": "unknownUserNames",
    _USM_STATS + "4.0": "unknownEngineIDs",
    _USM_STATS + "5.0": "wrongDigests",
    _USM_STATS + "6.0": "decryptionErrors",
    "1.3.6.1.6.3.12.1.4.0": "unavailableContexts",
    "1.3.6.1.6.3.12.1.5.0": "unknownContexts",
    "1.3.6.1.6.3.11.2.1.1.0": "unknownSecurityModels",
}
_ADVICE = {
    "unsupportedSecLevels": "It does not offer this user that protection; check its protocols on both sides.",
    "notInTimeWindows": "Its clock of SNMPv3 does not hold still; check that no two devices share its engine id.",
    "unknownUserNames": "It does not know the SNMPv3 user; check the user's name on both sides.",
    "wrongDigests": "The authentication key or its protocol is wrong; check both on both sides.",
    "decryptionErrors": "The privacy key or its protocol is wrong; check both on both sides.",
    "unknownEngineIDs": "It denies its own engine id; check that no two devices share this address.",
}
_MAX_ROUNDS = 6
"""Ask, find the engine that took the old one's place, ask, follow its clock, ask; and one more such turn."""
_MIN_SIZE = 484
"""What every engine takes (RFC 3412, section 6.3), whatever less it may say."""
_ENVELOPE = 90
"""Bytes around a v3 request's engine id, names, code and PDU at the most, padding among them."""

_NOBODY = UsmUser("")
"""Asks for an engine's id, which happens before any key can be made."""
_ANY_ID = 0x5A5A5A5A


@dataclass(frozen=True, slots=True)
class Request:
    kind: int
    names: tuple[Oid, ...]
    repetitions: int = 0


@lru_cache(maxsize=65_536)
def _null_varbind(name: Oid) -> bytes:
    return ber.encode_varbind(name)


def _is_kept(request: Request) -> bool:
    """A walk asks on from the OIDs that the device sent; long ones of those are not worth their memory."""
    return request.kind == messages.GET or max(map(len, request.names)) <= 2 * ber.KEPT_SIZE


def _pdu_template(request: Request) -> tuple[bytes, bytes]:
    """A PDU around the four bytes of its id: devices of a kind are asked the same again and again."""
    return _kept_pdu(request) if _is_kept(request) else _made_pdu(request)


def _made_pdu(request: Request) -> tuple[bytes, bytes]:
    encode = _null_varbind if _is_kept(request) else ber.encode_varbind
    varbinds = b"".join(map(encode, request.names))
    pdu = messages.encode_pdu(request.kind, 0, varbinds, second=request.repetitions)
    tail = len(ber.tlv(ber.SEQUENCE, varbinds)) + len(ber.encode_integer(request.repetitions)) + 3
    return pdu[: -tail - 4], pdu[-tail:]


_kept_pdu = lru_cache(maxsize=8192)(_made_pdu)


def _v2_template(community: str, request: Request) -> tuple[bytes, bytes]:
    return _kept_v2(community, request) if _is_kept(request) else _made_v2(community, request)


def _made_v2(community: str, request: Request) -> tuple[bytes, bytes]:
    head, tail = _pdu_template(request)
    packet = messages.encode_v2(community.encode(), head + bytes(4) + tail)
    return packet[: -len(tail) - 4], tail


_kept_v2 = lru_cache(maxsize=8192)(_made_v2)


async def ask_v2(
    engine: Exchanger, device: Device, credentials: Community, request: Request, *, timeout_s: float, retries: int
) -> messages.Pdu:
    head, tail = _v2_template(credentials.text, request)

    def build(request_id: int) -> bytes:
        return head + request_id.to_bytes(4, "big") + tail

    data = await engine.exchange(device, build, _as_is, timeout_s=timeout_s, retries=retries)
    return messages.decode_v2(data).pdu


def _as_is(data: bytes) -> bytes:
    return data


async def ask_v3(
    engine: Exchanger, device: Device, user: UsmUser, request: Request, *, timeout_s: float, retries: int
) -> messages.Pdu:
    """Learns the device's engine id and clock on the way; raises AuthenticationFailed with the agent's reason."""
    report = ""
    for _ in range(_MAX_ROUNDS):
        authority = device.authority
        if authority is None:
            device.authority = await _discovered(engine, device, timeout_s=timeout_s, retries=retries)
            continue
        if not _fits(device, authority, user, request):
            # What the agent would say if it could read the request; whoever asks then asks for less.
            return messages.Pdu(messages.RESPONSE, 0, messages.TOO_BIG, 0, [])
        build, accept = _both_ends(device, authority, user, request)
        try:
            message, scoped = await engine.exchange(device, build, accept, timeout_s=timeout_s, retries=retries)
        except Unreachable:
            if not retries:
                raise
            # Some agents keep silent about an engine id that is not theirs, as that of a device they replaced.
            device.authority, retries = None, 0
            continue
        device.has_answered = True
        device.max_size = message.max_size
        pdu: messages.Pdu = scoped.pdu
        is_authentic = bool(message.flags & messages.AUTH)
        if pdu.kind != messages.REPORT:
            if is_authentic:
                authority.learn(message.boots, message.time)
            return pdu
        report = _report_name(pdu)
        if report == "notInTimeWindows" and is_authentic:
            authority.learn(message.boots, message.time, force=True)
        elif report in ("notInTimeWindows", "unknownEngineIDs"):
            device.authority = None
        else:
            break
    raise _refusal(str(device.address[0]), report)


async def _discovered(engine: Exchanger, device: Device, *, timeout_s: float, retries: int) -> Authority:
    """The engine behind the address; its clock is believed until something signed says otherwise."""
    message: messages.V3Message = await engine.exchange(
        device, _discovery, _discovery_answer, timeout_s=timeout_s, retries=retries
    )  # fmt: skip
    device.has_answered = True
    device.max_size = message.max_size
    if not message.engine_id:
        host = device.address[0]
        raise BadAnswer(f"{host} does not tell its SNMPv3 engine id; check that SNMPv3 is on.")
    return Authority(message.engine_id, message.boots, message.time)


@lru_cache(maxsize=1)
def _discovery_template() -> bytes:
    return _v3_packet(_NOBODY, Authority(b""), Request(messages.GET, ()), _ANY_ID)


def _discovery(request_id: int) -> bytes:
    return _discovery_template().replace(_ANY_ID.to_bytes(4, "big"), request_id.to_bytes(4, "big"))


def _discovery_answer(data: bytes) -> messages.V3Message | None:
    message = messages.decode_v3(data)
    return None if usm.opened(_NOBODY, message, data) is None else message


def _both_ends(
    device: Device, authority: Authority, user: UsmUser, request: Request
) -> tuple[Callable[[int], bytes], Callable[[bytes], tuple[messages.V3Message, messages.ScopedPdu] | None]]:
    """Builder and reader of one request; the reader refuses what answers anybody or anything else."""
    name, context = user.name.encode(), user.context.encode()

    def build(request_id: int) -> bytes:
        return _v3_packet(user, authority, request, request_id)

    def accept(data: bytes) -> tuple[messages.V3Message, messages.ScopedPdu] | None:
        message = messages.decode_v3(data)
        scoped = usm.opened(user, message, data)
        if scoped is None:
            return None
        if scoped.pdu.kind != messages.REPORT:
            answered = (message.engine_id, message.user, scoped.context, scoped.pdu.request_id)
            if answered != (authority.engine_id, name, context, message.message_id):
                raise BadAnswer(
                    f"{device.address[0]} answered for another engine id, user, context or request than it was asked; "
                    "check its SNMPv3 setup, and that no two devices share its address."
                )
        return message, scoped

    return build, accept


def _fits(device: Device, authority: Authority, user: UsmUser, request: Request) -> bool:
    """Whether the device takes a message as long as this request's; a few bytes too strict."""
    if device.max_size >= messages.MAX_SIZE:
        return True
    head, tail = _pdu_template(request)
    names = 2 * len(authority.engine_id) + len(user.name.encode()) + len(user.context.encode())
    code_size = AUTH_PROTOCOLS[user.auth_protocol].code_size if user.auth_protocol else 0
    return len(head) + 4 + len(tail) + names + code_size + _ENVELOPE <= max(device.max_size, _MIN_SIZE)


def _v3_packet(user: UsmUser, authority: Authority, request: Request, request_id: int) -> bytes:
    head, tail = _pdu_template(request)
    pdu = head + request_id.to_bytes(4, "big") + tail
    scoped = messages.encode_scoped(authority.engine_id, user.context.encode() if user.name else b"", pdu)
    return usm.seal(user, authority, scoped, message_id=request_id)


def _report_name(pdu: messages.Pdu) -> str:
    if not pdu.varbinds:
        return ""
    name = ber.dotted(pdu.varbinds[0][0])
    return _REPORTS.get(name, name)


def _refusal(host: str, report: str) -> AuthenticationFailed | AgentError:
    if report in _ADVICE:
        return AuthenticationFailed(f"{host} refuses the SNMPv3 user ({report}). {_ADVICE[report]}", report)
    return AgentError(f"{host} reports {report or 'nothing'} on SNMPv3. Check the user's context and view.", report)
