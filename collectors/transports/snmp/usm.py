"""The user-based security of SNMPv3 (RFC 3414, RFC 3826): credentials, keys, signatures and encryption."""

import hmac
from dataclasses import dataclass, field
from time import monotonic

from collectors.errors import AuthenticationFailed
from collectors.transports.snmp import ciphers
from collectors.transports.snmp import message as messages
from collectors.transports.snmp.keys import AUTH_PROTOCOLS, PRIV_PROTOCOLS, localised_key, privacy_key

MIN_PASSWORD = 8


@dataclass(frozen=True, slots=True)
class Community:
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class UsmUser:
    """An SNMPv3 user; an empty protocol name leaves that protection out."""

    name: str
    auth_protocol: str = ""
    auth_key: str = field(default="", repr=False)
    priv_protocol: str = ""
    priv_key: str = field(default="", repr=False)
    context: str = ""

    def __post_init__(self) -> None:
        if self.auth_protocol and self.auth_protocol not in AUTH_PROTOCOLS:
            raise ValueError(f"Choose one of {', '.join(AUTH_PROTOCOLS)} as the authentication protocol.")
        if self.priv_protocol and self.priv_protocol not in PRIV_PROTOCOLS:
            raise ValueError(f"Choose one of {', '.join(PRIV_PROTOCOLS)} as the privacy protocol.")
        if self.priv_protocol and not self.auth_protocol:
            raise ValueError("Privacy needs an authentication protocol as well.")
        for protocol, key in ((self.auth_protocol, self.auth_key), (self.priv_protocol, self.priv_key)):
            if protocol and len(key.encode()) < MIN_PASSWORD:
                raise ValueError("A key has at least 8 characters.")

    @property
    def flags(self) -> int:
        return (messages.AUTH if self.auth_protocol else 0) | (messages.PRIV if self.priv_protocol else 0)


@dataclass(slots=True)
class Authority:
    """What is known of an agent's SNMP engine: its id and its clock."""

    engine_id: bytes
    boots: int = 0
    time: int = 0
    learned_at: float = field(default_factory=monotonic)

    def now(self) -> int:
        return self.time + int(monotonic() - self.learned_at)

    def learn(self, boots: int, seconds: int, *, force: bool = False) -> None:
        """Follow the clock of an authentic message; only a time-window report (`force`) sets it back."""
        if force or boots > self.boots or (boots == self.boots and seconds > self.now()):
            self.boots, self.time, self.learned_at = boots, seconds, monotonic()


def _priv_key(user: UsmUser, engine_id: bytes) -> bytes:
    return privacy_key(user.auth_protocol, user.priv_protocol, user.priv_key, engine_id)


def seal(
    user: UsmUser,
    authority: Authority,
    scoped: bytes,
    *,
    message_id: int,
    reportable: bool = True,
    flags: int | None = None,
    max_size: int = messages.MAX_SIZE,
) -> bytes:
    """A signed and encrypted message around a scoped PDU, as far as the user's protocols go.

    `reportable` marks a request; agents answer without it. `flags` lowers the protection, as reports need,
    and `max_size` is what the sender takes.
    """
    flags = user.flags if flags is None else flags
    # Whoever answers is the authority on its clock; whoever asks without a signature has no clock to show.
    boots, seconds = (authority.boots, authority.now()) if flags & messages.AUTH or not reportable else (0, 0)
    salt = b""
    if flags & messages.PRIV:
        salt = ciphers.new_salt()
        scoped = ciphers.encrypted(
            PRIV_PROTOCOLS[user.priv_protocol],
            _priv_key(user, authority.engine_id),
            scoped,
            boots=boots,
            seconds=seconds,
            salt=salt,
        )
    protocol = AUTH_PROTOCOLS[user.auth_protocol] if flags & messages.AUTH else None
    message = messages.V3Message(
        message_id=message_id,
        max_size=max_size,
        flags=flags | (messages.REPORTABLE if reportable else 0),
        engine_id=authority.engine_id,
        boots=boots,
        time=seconds,
        user=user.name.encode(),
        auth=bytes(protocol.code_size) if protocol else b"",
        priv=salt,
        auth_at=0,
        payload=scoped,
    )
    encoded = messages.encode_v3(message)
    if protocol is None:
        return encoded
    key = localised_key(user.auth_protocol, user.auth_key, authority.engine_id)
    code = hmac.digest(key, encoded, protocol.digest)[: protocol.code_size]
    at = messages.auth_position(encoded, message)
    return encoded[:at] + code + encoded[at + protocol.code_size :]


def is_authentic(user: UsmUser, message: messages.V3Message, data: bytes) -> bool:
    """Whether the message's signature is the user's; `data` is the whole message as received."""
    protocol = AUTH_PROTOCOLS[user.auth_protocol]
    if len(message.auth) != protocol.code_size:
        return False
    key = localised_key(user.auth_protocol, user.auth_key, message.engine_id)
    end = message.auth_at + protocol.code_size
    unsigned = data[: message.auth_at] + bytes(protocol.code_size) + data[end:]
    return hmac.compare_digest(hmac.digest(key, unsigned, protocol.digest)[: protocol.code_size], message.auth)


def decrypted(user: UsmUser, message: messages.V3Message) -> bytes:
    """The scoped PDU of an encrypted message, with what a block cipher leaves behind it."""
    key = _priv_key(user, message.engine_id)
    return ciphers.decrypted(
        PRIV_PROTOCOLS[user.priv_protocol],
        key,
        message.payload,
        boots=message.boots,
        seconds=message.time,
        salt=message.priv,
    )


def opened(user: UsmUser, message: messages.V3Message, data: bytes) -> messages.ScopedPdu | None:
    """The PDU of a message that is what the user's protection asks for, or a report; None for anything less."""
    secured = message.flags & (messages.AUTH | messages.PRIV)
    if secured & messages.AUTH:
        if not user.auth_protocol:
            return None
        if not is_authentic(user, message, data):
            raise AuthenticationFailed(
                "The device's answers are signed with another key. Check the authentication key of the SNMPv3 user.",
                "wrongDigests",
            )
    if secured & messages.PRIV:
        if not (secured & messages.AUTH and user.priv_protocol):
            return None
        scoped = messages.decode_scoped(decrypted(user, message), padded=True)
    else:
        scoped = messages.decode_scoped(message.payload)
    if secured != user.flags and scoped.pdu.kind != messages.REPORT:
        return None
    return scoped
