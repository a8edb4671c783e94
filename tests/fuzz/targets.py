"""What the spoiled packets are given to: the decoder, the opener of SNMPv3, and sessions with all their manners."""

import random
from collections.abc import Callable, Coroutine
from typing import Any

from collectors.errors import CollectError, Unreachable
from collectors.transports.snmp import ber, usm
from collectors.transports.snmp import message as messages
from collectors.transports.snmp.devices import Device
from collectors.transports.snmp.session import Session
from collectors.transports.snmp.sockets import Address
from collectors.transports.snmp.usm import Community, UsmUser
from tests.collectors.agent import Agent
from tests.fuzz.mutations import mutated
from tests.fuzz.seeds import AUTHORITY, ROOTS, USERS, own_values, scoped, sealed, seeds

PUBLIC = Community("public")
MOST_EXCHANGES = 400
"""A session of these questions takes about ten; one that takes forty times as many is going round in circles."""
_SPOILED_SHARE = 0.4


class Endless(AssertionError):
    """A session that asks on and on."""


def decode(data: bytes) -> None:
    messages.exchange_id(data)
    for name, _, _ in messages.decode_v2(data).pdu.varbinds:
        ber.dotted(name)


def open_v3(user: UsmUser, data: bytes) -> None:
    messages.exchange_id(data)
    message = messages.decode_v3(data)
    if user.priv_protocol and message.engine_id == AUTHORITY.engine_id:
        usm.decrypted(user, message)
    opened = usm.opened(user, message, data)
    for name, _, _ in opened.pdu.varbinds if opened is not None else ():
        ber.dotted(name)


class Line:
    """Stands where the engine stands: the agent's answers come over it, some of them spoiled on the way."""

    def __init__(self, chance: random.Random, agent: Agent, user: UsmUser | None) -> None:
        self._chance = chance
        self._agent = agent
        self._user = user
        self.packets = 0

    def device(self, address: Address, source: str) -> Device:
        return Device(address, source)

    async def exchange(
        self,
        device: Device,
        build: Callable[[int], bytes],
        accept: Callable[[bytes], Any],
        *,
        timeout_s: float,
        retries: int,
    ) -> Any:
        fault: CollectError = Unreachable("Nothing that answers.")
        request_id = self._chance.getrandbits(30) | 0x40000000
        packet = build(request_id)
        for _ in range(retries + 1):
            self.packets += 1
            if self.packets > MOST_EXCHANGES:
                raise Endless(f"A session has sent {self.packets} packets and goes on.")
            try:
                reply = self._reply(packet)
                if messages.exchange_id(reply) == request_id and (answer := accept(reply)) is not None:
                    return answer
            except CollectError as error:
                fault = error
        raise fault

    def _reply(self, packet: bytes) -> bytes:
        reply = self._agent._reply(packet)
        if reply is None:
            raise Unreachable("The agent keeps silent.")
        if self._chance.random() > _SPOILED_SHARE:
            return reply
        whole = seeds().whole
        if self._user is None or self._chance.random() < 0.5:
            return mutated(self._chance, reply, whole)
        # Spoiled by the agent itself, so signed and encrypted as it should be.
        message = messages.decode_v3(reply)
        if message.flags & (messages.AUTH | messages.PRIV) != self._user.flags:
            return mutated(self._chance, reply, whole)
        plain = usm.decrypted(self._user, message) if message.flags & messages.PRIV else message.payload
        spoiled = mutated(self._chance, plain, whole)
        return sealed(self._user, spoiled, message.message_id, self._agent.authority)


class Sessions:
    """One agent for all sessions; each session is new and knows nothing of the device."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._agent = Agent(own_values(), users=USERS)

    def run(self) -> tuple[int, bool]:
        """How many packets a conversation had, and whether an error ended it."""
        user = self._chance.choice((None, *USERS))
        line = Line(self._chance, self._agent, user)
        session = Session(line, "127.0.0.1", 161, user or PUBLIC, max_rows=200)
        try:
            _run(self._question(session))
            return line.packets, False
        except CollectError:
            return line.packets, True
        finally:
            self._agent.requests.clear()

    def _question(self, session: Session) -> Coroutine[Any, Any, Any]:
        match self._chance.randrange(4):
            case 0:
                return session.get([f"1.3.6.1.2.1.1.{place}.0" for place in range(1, 12)])
            case 1:
                return session.walk(self._chance.choice(ROOTS))
            case 2:
                return session.table(ROOTS[1:], expected_rows=self._chance.choice((0, 30)))
            case _:
                return session.table(ROOTS[1:3], [(row * 7,) for row in range(1, 30)])


def _run(question: Coroutine[Any, Any, Any]) -> None:
    """Nothing on a line waits, so a conversation needs no loop."""
    try:
        question.send(None)
    except StopIteration:
        return
    question.close()
    raise AssertionError("A session waited for something although every answer was there.")


def spoiled_packet(chance: random.Random) -> tuple[UsmUser | None, bytes]:
    """A packet for `decode` (no user) or for `open_v3`."""
    known = seeds()
    kind = chance.randrange(4)
    if kind == 0:
        return None, mutated(chance, chance.choice(known.v2), known.whole)
    user, packet = chance.choice(known.v3)
    if kind == 1:
        return user, mutated(chance, packet, known.whole)
    # What is inside is spoiled before it is signed: only the holder of the keys gets this far.
    user = chance.choice(USERS)
    return user, sealed(user, mutated(chance, scoped(chance.choice(known.pdus)), known.whole))
