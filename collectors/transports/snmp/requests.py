"""One request and its answer, under a community (v2c) or a user (v3)."""

from dataclasses import dataclass
from functools import lru_cache

from collectors.errors import AgentError, AuthenticationFailed, BadAnswer
from collectors.transports.snmp import ber, usm
from collectors.transports.snmp import message as messages
from collectors.transports.snmp.ber import Oid
from collectors.transports.snmp.devices import Device, Exchanger
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
_MAX_ROUNDS = 4
"""Find the engine, ask, follow its clock, and once more if it was replaced meanwhile."""


@dataclass(frozen=True, slots=True)
class Request:
    kind: int
    names: tuple[Oid, ...]
    repetitions: int = 0


@lru_cache(maxsize=65_536)
def _null_varbind(name: Oid) -> bytes:
    return ber.encode_varbind(name)


@lru_cache(maxsize=8192)
def _pdu_template(request: Request) -> tuple[bytes, bytes]:
    """A PDU around the four bytes of its id: devices of a kind are asked the same again and again."""
    varbinds = b"".join(map(_null_varbind, request.names))
    pdu = messages.encode_pdu(request.kind, 0, varbinds, second=request.repetitions)
    tail = len(ber.tlv(ber.SEQUENCE, varbinds)) + len(ber.encode_integer(request.repetitions)) + 3
    return pdu[: -tail - 4], pdu[-tail:]


@lru_cache(maxsize=8192)
def _v2_template(community: str, request: Request) -> tuple[bytes, bytes]:
    head, tail = _pdu_template(request)
    packet = messages.encode_v2(community.encode(), head + bytes(4) + tail)
    return packet[: -len(tail) - 4], tail


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
    nobody = usm.without_protection(user)
    host = str(device.address[0])
    report = ""
    for _ in range(_MAX_ROUNDS):
        authority = device.authority
        is_discovery = authority is None
        asker = nobody if authority is None else user

        def build(request_id: int, asker: UsmUser = asker, authority: Authority | None = authority) -> bytes:
            return _v3_packet(asker, authority or Authority(b""), request, request_id)

        def accept(
            data: bytes, asker: UsmUser = asker
        ) -> tuple[messages.V3Message, messages.ScopedPdu] | None:  # fmt: skip
            message = messages.decode_v3(data)
            scoped = usm.opened(asker, message, data)
            return None if scoped is None else (message, scoped)

        message, scoped = await engine.exchange(device, build, accept, timeout_s=timeout_s, retries=retries)
        device.has_answered = True
        pdu: messages.Pdu = scoped.pdu
        is_authentic = bool(message.flags & messages.AUTH)
        if pdu.kind != messages.REPORT and not is_discovery:
            if authority is not None and message.engine_id != authority.engine_id:
                raise BadAnswer(f"{host} answered under another engine id than it was asked; check its SNMPv3 setup.")
            if is_authentic and authority is not None:
                authority.learn(message.boots, message.time)
            return pdu
        report = _report_name(pdu)
        if is_discovery:
            if not message.engine_id:
                raise BadAnswer(f"{host} does not tell its SNMPv3 engine id; check that SNMPv3 is on.")
            device.authority = Authority(message.engine_id, message.boots, message.time)
        elif report == "notInTimeWindows" and is_authentic and authority is not None:
            authority.learn(message.boots, message.time, force=True)
        elif report in ("notInTimeWindows", "unknownEngineIDs"):
            device.authority = None
        else:
            break
    raise _refusal(host, report)


def _v3_packet(user: UsmUser, authority: Authority, request: Request, request_id: int) -> bytes:
    if not authority.engine_id:
        request = Request(messages.GET, ())
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
