"""The engine against agents that behave, and against those that do not."""

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from collectors.errors import AgentError, BadAnswer, CollectError, Refused, Unreachable
from collectors.transports.snmp import ber
from collectors.transports.snmp.engine import Community, Engine
from collectors.transports.snmp.session import Session
from tests.collectors.agent import Agent, arcs, mib

NAME, UPTIME, MISSING = "1.3.6.1.2.1.1.5.0", "1.3.6.1.2.1.1.3.0", "1.3.6.1.2.1.1.99.0"
PUBLIC = Community("public")
COLUMNS = ("1.3.6.1.2.1.2.2.1.2", "1.3.6.1.2.1.2.2.1.10")


def values(ports: int = 60) -> dict[tuple[int, ...], tuple[int, ber.Value]]:
    found = mib({NAME: (ber.OCTETS, b"core-1"), UPTIME: (ber.TIMETICKS, 4242)})
    for port in range(1, ports + 1):
        found[(*arcs(COLUMNS[0]), port * 7)] = (ber.OCTETS, b"port %d" % port)
        found[(*arcs(COLUMNS[1]), port * 7)] = (ber.COUNTER32, 4_000_000_000 + port)
    return found


def against(agent: Agent, ask: Callable[[Session], Awaitable[Any]], **options: Any) -> Any:
    """What `ask` gets from the agent over real UDP."""

    async def run() -> Any:
        async with agent, Engine() as engine:
            return await ask(engine.session("127.0.0.1", agent.port, PUBLIC, **options))

    return asyncio.run(run())


def test_a_get_keeps_the_order_and_marks_what_is_missing() -> None:
    assert against(Agent(values()), lambda s: s.get([UPTIME, MISSING, NAME])) == [4242, None, b"core-1"]


def test_a_get_of_many_values_is_split() -> None:
    agent = Agent(values(300))
    names = [f"{COLUMNS[0]}.{port * 7}" for port in range(1, 301)]

    assert against(agent, lambda s: s.get(names)) == [b"port %d" % port for port in range(1, 301)]
    assert max(len(request.varbinds) for request in agent.requests) <= 60


def test_a_table_has_every_row_though_indexes_have_gaps() -> None:
    table = against(Agent(values()), lambda s: s.table(COLUMNS))

    assert table == {(port * 7,): [b"port %d" % port, 4_000_000_000 + port] for port in range(1, 61)}


def test_a_table_of_chosen_indexes_leaves_out_rows_that_are_gone() -> None:
    table = against(Agent(values()), lambda s: s.table(COLUMNS, [(7,), (8,), (14,)]))

    assert table == {(7,): [b"port 1", 4_000_000_001], (14,): [b"port 2", 4_000_000_002]}


def test_a_walk_ends_where_its_root_ends() -> None:
    found = against(Agent(values(3)), lambda s: s.walk(COLUMNS[0]))

    assert [(ber.dotted(name), value) for name, _, value in found] == [
        (f"{COLUMNS[0]}.{port * 7}", b"port %d" % port) for port in (1, 2, 3)
    ]


def test_an_empty_bulk_answer_is_not_the_end_of_a_table() -> None:
    assert len(against(Agent(values(), behaviour="empty bulk"), lambda s: s.table(COLUMNS))) == 60


@pytest.mark.parametrize("behaviour", ["tooBig", "genErr"])
def test_a_refused_bulk_request_is_asked_in_a_smaller_way(behaviour: str) -> None:
    assert len(against(Agent(values(), behaviour=behaviour), lambda s: s.table(COLUMNS))) == 60


def test_an_agent_that_loses_large_bulk_answers_is_asked_for_less() -> None:
    async def ask(session: Session) -> Any:
        await session.get([NAME])
        return await session.table(COLUMNS)

    agent = Agent(values(), behaviour="deaf to bulk")
    assert len(against(agent, ask, timeout_s=0.2)) == 60
    assert [request.error_index for request in agent.requests if request.kind == 0xA5][:3] == [25, 12, 6]


def test_a_row_that_is_larger_than_an_answer_does_not_end_the_table() -> None:
    rows = values(5)
    rows[(*arcs(COLUMNS[0]), 21)] = (ber.OCTETS, b"x" * 900)

    table = against(Agent(rows, max_size=1000), lambda s: s.table(COLUMNS))
    assert [len(row[0]) for row in table.values()] == [6, 6, 900, 6, 6]


def test_an_answer_of_60_kilobytes_is_read() -> None:
    rows = {(*arcs(COLUMNS[0]), port): (ber.OCTETS, b"v" * 2400) for port in range(1, 26)}
    agent = Agent(rows)

    assert sum(len(row[0]) for row in against(agent, lambda s: s.table(COLUMNS[:1])).values()) == 60_000
    assert agent.requests[0].error_index == 25


def test_an_agent_with_the_manners_of_version_1_is_read() -> None:
    agent = Agent(values(), behaviour="v1")

    assert against(agent, lambda s: s.get([MISSING, NAME, MISSING + ".1", UPTIME])) == [None, b"core-1", None, 4242]


def test_oids_that_do_not_increase_end_a_walk() -> None:
    rows = {name: value for name, value in values().items() if name[:8] == arcs(COLUMNS[0])[:8]}

    with pytest.raises(BadAnswer, match="do not increase"):
        against(Agent(rows, behaviour="looping"), lambda s: s.walk("1.3.6.1.2.1.2"))


def test_an_endless_table_ends() -> None:
    async def ask(session: Session) -> Any:
        session.max_rows = 500
        return await session.table(COLUMNS)

    with pytest.raises(BadAnswer, match="more than 500 rows"):
        against(Agent(values(), behaviour="endless"), ask)


def test_a_slow_endless_table_ends() -> None:
    async def ask(session: Session) -> Any:
        session.max_walk_s = 0.2
        return await session.table(COLUMNS)

    started_at = time.monotonic()
    with pytest.raises(BadAnswer, match="has not come to the end"):
        against(Agent(values(), behaviour="endless"), ask)
    assert time.monotonic() - started_at < 5


@pytest.mark.parametrize("behaviour", ["silent", "wrong id", "wrong source"])
def test_nothing_but_an_answer_from_the_device_counts(behaviour: str) -> None:
    async def run() -> int:
        async with Agent(values(), behaviour=behaviour) as agent, Engine() as engine:
            other = Agent({})
            agent.second = (await other.started("127.0.0.2", agent.port)).transport
            session = engine.session("127.0.0.1", agent.port, PUBLIC, timeout_s=0.2)
            with pytest.raises(Unreachable, match="does not answer"):
                await session.get([NAME])
            return engine.dropped

    assert asyncio.run(run()) == (0 if behaviour == "silent" else 2)


def test_an_answer_from_another_port_of_the_device_does_not_count() -> None:
    async def run() -> None:
        async with Agent(values(), behaviour="wrong source") as agent, Engine() as engine:
            agent.second = (await Agent({}).started("127.0.0.1")).transport
            with pytest.raises(Unreachable):
                await engine.session("127.0.0.1", agent.port, PUBLIC, timeout_s=0.2, retries=0).get([NAME])

    asyncio.run(run())


def test_a_second_copy_of_an_answer_is_dropped() -> None:
    async def run() -> tuple[Any, int]:
        async with Agent(values(), behaviour="twice") as agent, Engine() as engine:
            session = engine.session("127.0.0.1", agent.port, PUBLIC)
            found = [await session.get([NAME]), await session.get([UPTIME])]
            await asyncio.sleep(0.05)
            return found, engine.dropped

    assert asyncio.run(run()) == ([[b"core-1"], [4242]], 2)


@pytest.mark.parametrize("lost", [0, 1, 2, 3])
def test_a_lost_request_is_sent_again(lost: int) -> None:
    class Losing(Agent):
        seen = 0

        def datagram_received(self, data: bytes, address: Any) -> None:
            self.seen += 1
            if self.seen != lost + 1:
                super().datagram_received(data, address)

    async def ask(session: Session) -> Any:
        table = await session.table(COLUMNS)
        return len(table), await session.get([NAME])

    assert against(Losing(values()), ask, timeout_s=0.2) == (60, [b"core-1"])


def test_silence_is_reported_after_the_time_out_and_one_retry() -> None:
    started_at = time.monotonic()
    with pytest.raises(Unreachable) as caught:
        against(Agent(values(), behaviour="silent"), lambda s: s.get([NAME]), timeout_s=0.3)

    assert 0.6 <= time.monotonic() - started_at < 1.5
    assert caught.value.transient


def test_a_wrong_community_is_silence() -> None:
    with pytest.raises(Unreachable, match="community"):
        against(Agent(values(), community="secret"), lambda s: s.get([NAME]), timeout_s=0.1)


@pytest.mark.parametrize("behaviour", ["garbage", "broken body"])
def test_an_agent_that_sends_garbage_is_told_from_a_silent_one(behaviour: str) -> None:
    with pytest.raises(BadAnswer):
        against(Agent(values(), behaviour=behaviour), lambda s: s.get([NAME]), timeout_s=0.2)


@pytest.mark.parametrize(("family", "host"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")])
def test_a_closed_port_is_told_at_once(family: socket.AddressFamily, host: str) -> None:
    with socket.socket(family, socket.SOCK_DGRAM) as closed:
        closed.bind((host, 0))
        port = closed.getsockname()[1]

    async def run() -> None:
        async with Engine() as engine:
            await engine.session(host, port, PUBLIC).get([NAME])

    started_at = time.monotonic()
    with pytest.raises(Refused, match="nothing listens"):
        asyncio.run(run())
    assert time.monotonic() - started_at < 1


def test_a_refusal_does_not_hurt_other_devices() -> None:
    async def run() -> list[Any]:
        async with Agent(values()) as agent, Engine() as engine:
            closed = [engine.session(f"127.0.9.{host}", agent.port, PUBLIC).get([NAME]) for host in range(1, 40)]
            alive = [engine.session("127.0.0.1", agent.port, PUBLIC).get([NAME]) for _ in range(40)]
            return await asyncio.gather(*closed, *alive, return_exceptions=True)

    outcomes = asyncio.run(run())
    assert [type(outcome) for outcome in outcomes[:39]] == [Refused] * 39
    assert outcomes[39:] == [[b"core-1"]] * 40


def test_a_device_is_reached_over_ipv6() -> None:
    async def run() -> Any:
        agent = await Agent(values()).started("::1")
        async with Engine() as engine:
            found = await engine.session("::1", agent.port, PUBLIC).table(COLUMNS)
        agent.stop()
        return found

    assert len(asyncio.run(run())) == 60


def test_a_name_without_an_address_is_unreachable() -> None:
    async def run() -> None:
        async with Engine() as engine:
            await engine.session("no-such-device.invalid", 161, PUBLIC).get([NAME])

    with pytest.raises(Unreachable, match="no address"):
        asyncio.run(run())


def test_a_device_is_asked_one_thing_at_a_time() -> None:
    class Counting(Agent):
        waiting = most = 0

        def datagram_received(self, data: bytes, address: Any) -> None:
            self.waiting += 1
            self.most = max(self.most, self.waiting)
            asyncio.get_running_loop().call_later(0.02, self.answer, data, address)

        def answer(self, data: bytes, address: Any) -> None:
            self.waiting -= 1
            super().datagram_received(data, address)

    async def run() -> tuple[int, int]:
        async with Counting(values()) as agent, Engine() as engine:
            sessions = [engine.session("127.0.0.1", agent.port, PUBLIC) for _ in range(5)]
            await asyncio.gather(*(session.get([NAME]) for session in sessions))
            return agent.most, len(agent.requests)

    assert asyncio.run(run()) == (1, 5)


def test_a_busy_loop_does_not_make_a_live_device_dead() -> None:
    async def run() -> list[Any]:
        async with Agent(values()) as agent, Engine() as engine:
            session = engine.session("127.0.0.1", agent.port, PUBLIC, timeout_s=0.3, retries=0)
            asked = asyncio.ensure_future(session.get([NAME]))
            await asyncio.sleep(0)
            # Agent and engine share this loop: both are away for more than the time-out.
            time.sleep(0.5)
            return await asked

    assert asyncio.run(run()) == [b"core-1"]


def test_dead_devices_do_not_take_the_place_of_live_ones() -> None:
    async def run() -> float:
        async with Agent(values()) as agent, Engine(max_in_flight=4) as engine:
            silent = [await Agent({}, behaviour="silent").started(f"127.0.3.{host}") for host in range(1, 9)]
            dead = [engine.session(f"127.0.3.{n}", a.port, PUBLIC).get([NAME]) for n, a in enumerate(silent, start=1)]
            lost = asyncio.gather(*dead, return_exceptions=True)
            await asyncio.sleep(0)
            started_at = time.monotonic()
            await engine.session("127.0.0.1", agent.port, PUBLIC).get([NAME])
            took = time.monotonic() - started_at
            lost.cancel()
            for one in silent:
                one.stop()
            return took

    # Eight dead devices on four places for two seconds each would be four seconds.
    assert asyncio.run(run()) < 1.5


def test_a_request_that_is_cancelled_in_line_gives_its_place_on() -> None:
    async def run() -> Any:
        async with Agent(values()) as agent, Engine(max_in_flight=1) as engine:
            silent = await Agent({}, behaviour="silent").started("127.0.3.1")
            first = asyncio.ensure_future(engine.session("127.0.3.1", silent.port, PUBLIC).get([NAME]))
            await asyncio.sleep(0)
            others = [engine.session(f"127.0.4.{host}", agent.port, PUBLIC).get([NAME]) for host in range(1, 4)]
            waiting = [asyncio.ensure_future(other) for other in others]
            await asyncio.sleep(0)
            for task in (*waiting, first):
                task.cancel()
            await asyncio.gather(first, *waiting, return_exceptions=True)
            silent.stop()
            return await asyncio.wait_for(engine.session("127.0.0.1", agent.port, PUBLIC).get([NAME]), 1)

    assert asyncio.run(run()) == [b"core-1"]


def test_a_cancelled_request_leaves_nothing_behind() -> None:
    async def run() -> Any:
        async with Agent(values()) as agent, Engine(max_in_flight=1) as engine:
            silent = await Agent(values(), behaviour="silent").started("127.0.0.3", 0)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(engine.session("127.0.0.3", silent.port, PUBLIC).get([NAME]), 0.05)
            silent.stop()
            return await engine.session("127.0.0.1", agent.port, PUBLIC).get([NAME])

    assert asyncio.run(run()) == [b"core-1"]


def test_an_agent_that_refuses_says_why() -> None:
    class Refusing(Agent):
        def _answer(self, request: Any, room: int) -> bytes:
            from collectors.transports.snmp import message as messages

            return messages.encode_pdu(messages.RESPONSE, request.request_id, b"", first=16, second=1)

    with pytest.raises(AgentError, match="authorizationError") as caught:
        against(Refusing(values()), lambda s: s.get([NAME]))
    assert (caught.value.status, caught.value.transient) == ("authorizationError", False)


def test_errors_and_credentials_hide_secrets() -> None:
    with pytest.raises(CollectError) as caught:
        against(Agent(values(), community="other"), lambda s: s.get([NAME]), timeout_s=0.05)

    assert "public" not in str(caught.value)
    assert "public" not in repr(Community("public"))
