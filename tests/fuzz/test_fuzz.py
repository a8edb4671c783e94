"""The short run, in every test run; the long one is `make fuzz`."""

import random

import pytest

from collectors.errors import BadAnswer
from collectors.transports.snmp import ber, usm
from collectors.transports.snmp import message as messages
from collectors.transports.snmp.usm import Authority
from tests.fuzz import runs, targets
from tests.fuzz.mutations import MAX_SIZE, mutated
from tests.fuzz.runs import Finding, run, traced, traced_growth_mb
from tests.fuzz.seeds import USERS, scoped, sealed, seeds

PACKETS, SEED = 20_000, 20_241_124


def test_twenty_thousand_spoiled_packets_do_no_harm() -> None:
    """No error but the engine's own, no packet that takes long, no session without an end."""
    outcome = run(PACKETS, SEED)

    assert outcome.packets >= PACKETS
    assert outcome.refused > PACKETS // 10
    assert 0 < outcome.sessions_ended < outcome.sessions
    assert outcome.cpu_s < 10


def test_spoiled_packets_leave_little_behind() -> None:
    assert traced_growth_mb(4_000, SEED) < 16


def test_a_device_that_makes_up_long_oids_does_not_fill_memory() -> None:
    """4,000 rows of 100 numbers each, all different: what remembers them takes 20 MB and more."""
    chance = random.Random(SEED)

    def long_oids() -> None:
        for _ in range(4_000):
            name = b"\x2b" + b"".join(b"\x84" + bytes((chance.randrange(128),)) for _ in range(100))
            ber.dotted(name)
            ber.encode_index(ber.index_arcs(name[1:]))

    assert traced(long_oids) < 4


def test_a_device_that_makes_up_engine_ids_does_not_fill_memory() -> None:
    """Each id makes a key that is remembered, so an id is no longer than the standard lets it be."""
    for size, is_read in ((5, True), (32, True), (33, False), (4000, False)):
        authority = Authority(b"\x80" * size, 7, 5000)
        packet = sealed(USERS[0], scoped(seeds().pdus[0]), authority=authority)
        if is_read:
            assert usm.opened(USERS[0], messages.decode_v3(packet), packet)
        else:
            with pytest.raises(BadAnswer, match="engine id"):
                messages.decode_v3(packet)


def test_the_seeds_are_whole_before_they_are_spoiled() -> None:
    known = seeds()
    for packet in known.v2:
        targets.decode(packet)
    for user, packet in known.v3:
        targets.open_v3(user, packet)
    assert {user.name for user, _ in known.v3} == {user.name for user in USERS}


def test_spoiled_packets_differ_and_fit_into_udp() -> None:
    chance, known = random.Random(SEED), seeds()
    spoiled = [mutated(chance, known.v2[0], known.whole) for _ in range(2_000)]

    assert len(set(spoiled)) > 1_500
    assert min(map(len, spoiled)) > 0 and max(map(len, spoiled)) <= MAX_SIZE


def test_a_run_finds_an_error_that_is_not_the_engines(monkeypatch: pytest.MonkeyPatch) -> None:
    """The decoder with a fault put in: it trips over one kind of value."""

    def tripping(data: bytes) -> None:
        targets.decode(data)
        raise KeyError("not meant")

    monkeypatch.setattr(runs, "decode", tripping)
    with pytest.raises(Finding, match="KeyError.*not meant"):
        run(2_000, SEED)


def test_a_run_finds_a_packet_that_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "PACKET_BUDGET_S", 0.0)
    with pytest.raises(Finding, match="of CPU time"):
        run(2_000, SEED)


def test_a_run_finds_a_session_without_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(targets, "MOST_EXCHANGES", 2)
    with pytest.raises(Finding, match="goes on"):
        run(2_000, SEED)
