"""SNMPv3: what a user with the right keys gets, and what the others are told."""

import asyncio
import pickle
from typing import Any

import pytest

from collectors.errors import AuthenticationFailed, CollectError
from collectors.transports.snmp import ber
from collectors.transports.snmp.engine import Community, Engine, UsmUser
from collectors.transports.snmp.keys import localised_key
from tests.collectors.agent import Agent, mib

NAME = "1.3.6.1.2.1.1.5.0"
VALUES = mib({NAME: (ber.OCTETS, b"core-1")})
FULL = UsmUser("poller", "SHA", "authentic-key", "AES", "private-key")
SIGNED = UsmUser("signer", "SHA", "authentic-key")
PLAIN = UsmUser("reader")


def ask(user: UsmUser, agent: Agent, *, times: int = 1) -> Any:
    async def run() -> Any:
        async with agent, Engine() as engine:
            session = engine.session("127.0.0.1", agent.port, user, timeout_s=0.3)
            return [await session.get([NAME]) for _ in range(times)]

    return asyncio.run(run())


def agent(**options: Any) -> Agent:
    return Agent(VALUES, users=(FULL, SIGNED, PLAIN), **options)


@pytest.mark.parametrize("user", [FULL, SIGNED, PLAIN], ids=["authPriv", "authNoPriv", "noAuthNoPriv"])
def test_a_user_is_answered_at_each_level(user: UsmUser) -> None:
    assert ask(user, agent(), times=3) == [[b"core-1"]] * 3


def test_the_engine_id_is_asked_for_once() -> None:
    class Counting(Agent):
        packets = 0

        def datagram_received(self, data: bytes, address: Any) -> None:
            self.packets += 1
            super().datagram_received(data, address)

    served = Counting(VALUES, users=(FULL,))
    ask(FULL, served, times=4)
    assert served.packets == 5


def test_a_key_is_localised_as_rfc_3414_shows() -> None:
    engine_id = bytes.fromhex("000000000000000000000002")

    assert localised_key("SHA", "maplesyrup", engine_id).hex() == "6695febc9288e36282235fc7151f128497b38f3f"


@pytest.mark.parametrize(
    ("user", "report"),
    [
        (UsmUser("nobody", "SHA", "authentic-key", "AES", "private-key"), "unknownUserNames"),
        (UsmUser("poller", "SHA", "another-key-", "AES", "private-key"), "wrongDigests"),
        (UsmUser("poller", "SHA", "authentic-key", "AES", "another-key"), "decryptionErrors"),
        (UsmUser("signer", "SHA", "authentic-key", "AES", "private-key"), "unsupportedSecLevels"),
    ],
)
def test_a_refused_user_is_told_what_is_wrong(user: UsmUser, report: str) -> None:
    with pytest.raises(AuthenticationFailed, match=report) as caught:
        ask(user, agent())

    assert caught.value.report == report
    assert not caught.value.transient
    assert "-key" not in str(caught.value)


def test_a_restarted_agent_is_followed() -> None:
    async def run() -> list[Any]:
        async with agent() as served, Engine() as engine:
            session = engine.session("127.0.0.1", served.port, FULL)
            before = await session.get([NAME])
            served.authority.boots, served.authority.time = 8, 3
            return [before, await session.get([NAME])]

    assert asyncio.run(run()) == [[b"core-1"]] * 2


def test_a_replaced_agent_is_found_again() -> None:
    async def run() -> list[Any]:
        async with agent() as served, Engine() as engine:
            session = engine.session("127.0.0.1", served.port, FULL)
            before = await session.get([NAME])
            served.authority.engine_id = b"\x80\x00\x1f\x88\x04other"
            return [before, await session.get([NAME])]

    assert asyncio.run(run()) == [[b"core-1"]] * 2


def test_an_agent_whose_clock_never_fits_is_given_up() -> None:
    with pytest.raises(AuthenticationFailed, match="notInTimeWindows"):
        ask(FULL, agent(behaviour="clock"))


def test_an_answer_that_was_changed_on_the_way_does_not_count() -> None:
    class Tampering(Agent):
        def _misbehave(self, data: bytes, reply: bytes, address: Any) -> bool:
            if len(self.requests) and FULL.name.encode() in reply:
                self.transport.sendto(reply[:-1] + bytes((reply[-1] ^ 1,)), address)
                return True
            return False

    with pytest.raises(AuthenticationFailed, match="signed with another key"):
        ask(FULL, Tampering(VALUES, users=(FULL,)))


def test_an_unsigned_answer_to_a_signed_question_does_not_count() -> None:
    class Downgrading(Agent):
        def _reply_v3(self, data: bytes) -> bytes:
            from collectors.transports.snmp import message as messages
            from collectors.transports.snmp import usm

            request = messages.decode_v3(data)
            if request.engine_id != self.authority.engine_id:
                return super()._reply_v3(data)
            pdu = messages.encode_pdu(
                messages.RESPONSE, request.message_id, ber.encode_varbind(ber.oid(NAME), ber.OCTETS, b"forged")
            )
            scoped = messages.encode_scoped(self.authority.engine_id, b"", pdu)
            forger = UsmUser(FULL.name)
            return usm.seal(forger, self.authority, scoped, message_id=request.message_id, reportable=False)

    with pytest.raises(CollectError):
        ask(FULL, Downgrading(VALUES, users=(FULL,)))


def test_credentials_hide_their_secrets() -> None:
    assert "key" not in repr(FULL).replace("auth_key", "").replace("priv_key", "")
    assert repr(Community("top secret")) == "Community()"


@pytest.mark.parametrize(
    "wrong",
    [
        {"auth_protocol": "ROT13", "auth_key": "long-enough"},
        {"auth_protocol": "SHA", "auth_key": "short"},
        {"priv_protocol": "AES", "priv_key": "long-enough"},
    ],
)
def test_credentials_that_can_not_work_are_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError):
        UsmUser("poller", **wrong)


def test_errors_survive_the_way_between_processes() -> None:
    failed = pickle.loads(pickle.dumps(AuthenticationFailed("Check the key.", "wrongDigests")))

    assert (str(failed), failed.report) == ("Check the key.", "wrongDigests")
