"""SNMPv3: what a user with the right keys gets, and what the others are told."""

import asyncio
import pickle
from dataclasses import replace
from typing import Any

import pytest

from collectors.errors import AgentError, AuthenticationFailed, CollectError, Unreachable
from collectors.transports.snmp import ber, usm
from collectors.transports.snmp import message as messages
from collectors.transports.snmp.engine import Community, Engine, UsmUser
from collectors.transports.snmp.usm import Authority
from tests.collectors.agent import Agent, mib

NAME = "1.3.6.1.2.1.1.5.0"
VALUES = mib({NAME: (ber.OCTETS, b"core-1")})
FULL = UsmUser("poller", "SHA", "authentic-key", "AES", "private-key")
SIGNED = UsmUser("signer", "SHA", "authentic-key")
PLAIN = UsmUser("reader")
SAME_KEYS = replace(FULL, name="double")


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


@pytest.mark.parametrize(
    ("boots", "seconds"),
    [(7, 9_000_000), (7, 10), (8, 3), (3, 5000), (0, 0)],
    ids=["clock jumps ahead", "clock falls back", "reboot", "count of boots lost", "everything lost"],
)
@pytest.mark.parametrize("user", [FULL, SIGNED], ids=["authPriv", "authNoPriv"])
def test_an_agent_whose_clock_jumps_is_followed_in_one_request(user: UsmUser, boots: int, seconds: int) -> None:
    async def run() -> tuple[list[Any], int, int]:
        async with agent() as served, Engine() as engine:
            session = engine.session("127.0.0.1", served.port, user, retries=0)
            found = [await session.get([NAME])]
            served.authority.boots, served.authority.time = boots, seconds
            found += [await session.get([NAME]), await session.get([NAME])]
            known = engine.device(("127.0.0.1", served.port), "").authority
            assert known is not None
            return found, known.boots, len(served.requests)

    assert asyncio.run(run()) == ([[b"core-1"]] * 3, boots, 3)


def test_an_agent_that_reboots_as_it_is_replaced_is_found_again() -> None:
    async def run() -> list[Any]:
        async with agent() as served, Engine() as engine:
            session = engine.session("127.0.0.1", served.port, FULL, retries=0)
            found = [await session.get([NAME])]
            served.authority.engine_id = b"\x80\x00\x1f\x88\x04other"
            served.authority.boots, served.authority.time = 1, 4
            return [*found, await session.get([NAME])]

    assert asyncio.run(run()) == [[b"core-1"]] * 2


def test_an_agent_that_is_silent_about_another_engine_id_is_found_again() -> None:
    class Silent(Agent):
        def _report(self, name: str, request: Any, user: UsmUser | None = None) -> bytes:
            if name == "unknownEngineIDs" and request.engine_id:
                raise CollectError("Not mine.")
            return super()._report(name, request, user)

    async def run() -> list[Any]:
        async with Silent(VALUES, users=(FULL,)) as served, Engine() as engine:
            session = engine.session("127.0.0.1", served.port, FULL, timeout_s=0.2, retries=1)
            found = [await session.get([NAME])]
            served.authority.engine_id = b"\x80\x00\x1f\x88\x04other"
            return [*found, await session.get([NAME])]

    assert asyncio.run(run()) == [[b"core-1"]] * 2


def test_a_device_that_fell_silent_is_given_up_after_one_more_question() -> None:
    async def run() -> int:
        seen = 0

        class Counting(Agent):
            def datagram_received(self, data: bytes, address: Any) -> None:
                nonlocal seen
                seen += 1
                super().datagram_received(data, address)

        async with Counting(VALUES, users=(FULL,)) as served, Engine() as engine:
            session = engine.session("127.0.0.1", served.port, FULL, timeout_s=0.2, retries=1)
            await session.get([NAME])
            served.behaviour, before = "silent", seen
            with pytest.raises(Unreachable):
                await session.get([NAME])
            return seen - before

    assert asyncio.run(run()) == 3


class Confused(Agent):
    """Sends an answer that is not the one before the one that is, both signed."""

    changes: dict[str, Any] = {}

    def _misbehave(self, data: bytes, reply: bytes, address: Any) -> bool:
        request = messages.decode_v3(data)
        if request.engine_id != self.authority.engine_id:
            return False
        request_id = messages.decode_scoped(usm.decrypted(FULL, request), padded=True).pdu.request_id
        parts = {"context": b"", "request_id": request_id, "message_id": request.message_id, **self.changes}
        varbind = ber.encode_varbind(ber.oid(NAME), ber.OCTETS, b"foreign")
        pdu = messages.encode_pdu(messages.RESPONSE, parts["request_id"], varbind)
        authority = parts.get("authority", self.authority)
        scoped = messages.encode_scoped(authority.engine_id, parts["context"], pdu)
        user = parts.get("user", FULL)
        foreign = usm.seal(user, authority, scoped, message_id=parts["message_id"], reportable=False)
        self.transport.sendto(foreign, address)
        if self.behaviour != "foreign only":
            self.transport.sendto(reply, address)
        return True


@pytest.mark.parametrize(
    "changes",
    [
        {"context": b"another"},
        {"request_id": 0x40000007},
        {"message_id": 0x40000007},
        {"authority": Authority(b"\x80\x00\x1f\x88\x04other", 7, 5000)},
        {"user": SAME_KEYS},
    ],
    ids=["context", "request id", "message id", "engine id", "user"],
)
def test_an_answer_to_something_else_is_left_aside(changes: dict[str, Any]) -> None:
    confused = Confused(VALUES, users=(FULL, SAME_KEYS))
    confused.changes = changes
    assert ask(FULL, confused, times=2) == [[b"core-1"]] * 2

    confused = Confused(VALUES, users=(FULL, SAME_KEYS), behaviour="foreign only")
    confused.changes = changes
    with pytest.raises(CollectError, match="answered for another|does not answer"):
        ask(FULL, confused)


def test_a_late_answer_does_not_answer_the_next_question() -> None:
    class Late(Agent):
        held: list[tuple[bytes, Any]] = []

        def _misbehave(self, data: bytes, reply: bytes, address: Any) -> bool:
            if FULL.name.encode() not in reply:
                return False
            self.held.append((reply, address))
            if len(self.held) == 2:
                for late, sender in self.held:
                    self.transport.sendto(late, sender)
            return True

    async def run() -> tuple[Any, int]:
        values = {**VALUES, **mib({"1.3.6.1.2.1.1.6.0": (ber.OCTETS, b"hall")})}
        async with Late(values, users=(FULL,)) as served, Engine() as engine:
            session = engine.session("127.0.0.1", served.port, FULL, timeout_s=0.2, retries=0)
            with pytest.raises(Unreachable):
                await session.get([NAME])
            found = await session.get(["1.3.6.1.2.1.1.6.0"])
            await asyncio.sleep(0.05)
            return found, engine.dropped

    assert asyncio.run(run()) == ([b"hall"], 1)


def test_no_request_is_larger_than_the_agent_takes() -> None:
    """A GET of 60 values has 1,200 bytes; this agent takes 484 and drops what is longer."""
    names = [f"1.3.6.1.2.1.31.1.1.1.18.{port}" for port in range(1, 61)]
    values = mib(dict.fromkeys(names, (ber.OCTETS, b"p")))

    async def run() -> tuple[Any, int, int]:
        async with Agent(values, users=(FULL,), max_size=484) as served, Engine() as engine:
            session = engine.session("127.0.0.1", served.port, FULL, timeout_s=0.2, retries=0)
            found = await session.get(names)
            return found, len(await session.table(["1.3.6.1.2.1.31.1.1.1.18"])), served.too_long

    assert asyncio.run(run()) == ([b"p"] * 60, 60, 0)


def test_a_context_is_asked_for_by_name() -> None:
    inner = mib({NAME: (ber.OCTETS, b"office")})
    served = Agent(VALUES, users=(FULL,), contexts={"vrf-office": inner})

    assert ask(replace(FULL, context="vrf-office"), served) == [[b"office"]]
    with pytest.raises(AgentError, match="unknownContexts"):
        ask(replace(FULL, context="vrf-nothing"), Agent(VALUES, users=(FULL,)))


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
