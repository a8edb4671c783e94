"""Devices answered for in this process, with a clock of the test's own."""

import json
import os
import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import pytest

from collectors.simulator import agent, faults, system
from collectors.simulator.network import Network
from collectors.transports.snmp import ber, usm
from collectors.transports.snmp import message as messages
from collectors.transports.snmp.usm import Authority, UsmUser
from tests.collectors.test_simulator_plan import BOOTED_AT, COMMUNITY, USER, small_plan

CORE, ACCESS, OLD, MUTE = "127.16.0.1", "127.16.0.2", "127.16.0.3", "127.16.0.4"
NOW = BOOTED_AT + 40 * 86_400
IN_OCTETS, HC_IN_OCTETS, HC_OUT_OCTETS = "1.3.6.1.2.1.2.2.1.10.", "1.3.6.1.2.1.31.1.1.1.6.", "1.3.6.1.2.1.31.1.1.1.10."
OPER_STATUS, HIGH_SPEED = "1.3.6.1.2.1.2.2.1.8.", "1.3.6.1.2.1.31.1.1.1.15."
UPTIME = "1.3.6.1.2.1.1.3.0"
LLDP_NAMES = "1.0.8802.1.1.2.1.4.1.1.9"


class Asker:
    """Asks one network in v2c; `ask` returns the PDU, or None for silence."""

    def __init__(self, directory: Path) -> None:
        self.network = Network(small_plan(), directory)

    def ask(
        self,
        address: str,
        kind: int,
        names: Sequence[str],
        *,
        at: float = NOW,
        first: int = 0,
        second: int = 0,
        community: str = COMMUNITY,
    ) -> messages.Pdu | None:
        varbinds = b"".join(ber.encode_varbind(ber.oid(name)) for name in names)
        pdu = messages.encode_pdu(kind, 77, varbinds, first=first, second=second)
        self.network.follow_faults(at)
        reply = agent.answer(self.network, address, messages.encode_v2(community.encode(), pdu), at)
        return None if reply is None else messages.decode_v2(reply).pdu

    def value(self, address: str, name: str, *, at: float = NOW) -> ber.Value:
        pdu = self.ask(address, messages.GET, [name], at=at)
        assert pdu is not None
        return pdu.varbinds[0][2]

    def count(self, address: str, name: str, *, at: float = NOW) -> int:
        value = self.value(address, name, at=at)
        assert isinstance(value, int)
        return value

    def walk(self, address: str, root: str, *, at: float = NOW) -> dict[str, ber.Value]:
        start, name = ber.oid(root), ber.oid(root)
        found: dict[str, ber.Value] = {}
        while True:
            pdu = self.ask(address, messages.GET_BULK, [ber.dotted(name)], at=at, second=40)
            assert pdu is not None
            for name, tag, value in pdu.varbinds:
                if tag == ber.END_OF_MIB_VIEW or not name.startswith(start):
                    return found
                found[ber.dotted(name)] = value


@pytest.fixture
def asker(tmp_path: Path) -> Asker:
    return Asker(tmp_path)


# --- requests ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", [CORE, OLD])
def test_getnext_and_getbulk_give_every_oid_once_and_in_order(asker: Asker, address: str) -> None:
    whole = [*asker.walk(address, "1.0"), *asker.walk(address, "1.3")]
    singly, name = [], "1.0"
    while True:
        pdu = asker.ask(address, messages.GET_NEXT, [name])
        assert pdu is not None
        if pdu.varbinds[0][1] == ber.END_OF_MIB_VIEW:
            break
        name = ber.dotted(pdu.varbinds[0][0])
        singly.append(name)

    assert len(whole) > 50
    assert singly == whole
    assert whole == sorted(whole, key=lambda name: tuple(map(int, name.split("."))))
    assert all(asker.ask(address, messages.GET, [name]).varbinds[0][1] < 0x80 for name in whole)  # type: ignore[union-attr]  # answered above


def test_what_is_not_there_is_said_to_be_absent(asker: Asker) -> None:
    pdu = asker.ask(CORE, messages.GET, ["1.3.6.1.2.1.2.2.1.2.999", "1.3.6.1.2.1.99.1.0", "1.3.6.1.2.1.1.5.0"])

    assert pdu is not None
    assert [tag for _, tag, _ in pdu.varbinds] == [ber.NO_SUCH_INSTANCE, ber.NO_SUCH_OBJECT, ber.OCTETS]


def test_a_getbulk_repeats_its_columns_row_by_row_behind_its_single_names(asker: Asker) -> None:
    names = ["1.3.6.1.2.1.1.4", "1.3.6.1.2.1.2.2.1.1", "1.3.6.1.2.1.2.2.1.8"]
    pdu = asker.ask(CORE, messages.GET_BULK, names, first=1, second=3)

    assert pdu is not None
    assert [ber.dotted(name) for name, _, _ in pdu.varbinds] == [
        "1.3.6.1.2.1.1.4.0",
        *(f"1.3.6.1.2.1.2.2.1.{column}.{index}" for index in (3, 4, 5) for column in (1, 8)),
    ]


def test_a_getbulk_at_the_end_says_so_and_stays_small(asker: Asker) -> None:
    pdu = asker.ask(CORE, messages.GET_BULK, ["1.3.6.1.6.3.10.2.1.4.0", "1.3.7"], second=1000)

    assert pdu is not None
    assert {tag for _, tag, _ in pdu.varbinds} <= {ber.END_OF_MIB_VIEW, ber.INTEGER, ber.GAUGE32}
    assert pdu.varbinds[-1][1] == ber.END_OF_MIB_VIEW
    assert len(pdu.varbinds) < 40


def test_an_answer_stays_within_a_message_of_twelve_thousand_bytes(asker: Asker) -> None:
    description = "1.3.6.1.2.1.1.1"
    bulk = asker.ask(CORE, messages.GET_BULK, [description] * 4, second=200)
    get = asker.ask(CORE, messages.GET, [f"{description}.0"] * 100)

    assert bulk is not None
    assert get is not None
    assert 10 < len(bulk.varbinds) < 700
    assert sum(len(ber.encode_varbind(*varbind)) for varbind in bulk.varbinds) < 12_000
    assert (messages.error_name(get.error_status), get.varbinds) == ("tooBig", [])


def test_a_device_shows_nothing_to_a_wrong_community(asker: Asker) -> None:
    assert asker.ask(CORE, messages.GET, [UPTIME], community="public") is None


def test_a_device_is_silent_where_there_is_none_or_it_is_planned_so(asker: Asker) -> None:
    assert asker.ask("127.16.0.99", messages.GET, [UPTIME]) is None
    assert asker.ask(MUTE, messages.GET, [UPTIME]) is None
    assert asker.ask(ACCESS, messages.GET, [UPTIME]) is None  # speaks v3 alone


def test_a_set_is_refused(asker: Asker) -> None:
    pdu = asker.ask(CORE, messages.SET, ["1.3.6.1.2.1.1.5.0"])

    assert pdu is not None
    assert messages.error_name(pdu.error_status) == "notWritable"


def test_broken_packets_are_ignored(asker: Asker) -> None:
    request = messages.encode_v2(
        COMMUNITY.encode(), messages.encode_pdu(messages.GET_BULK, 7, ber.encode_varbind(ber.oid(UPTIME)), second=50)
    )
    chance = random.Random(4)
    answered = 0
    for _ in range(5000):
        packet = bytearray(request)
        for _ in range(chance.randrange(1, 5)):
            packet[chance.randrange(len(packet))] = chance.randrange(256)
        for address in (CORE, ACCESS):
            for sent in (bytes(packet), bytes(packet[: chance.randrange(len(packet))])):
                answered += agent.answer(asker.network, address, sent, NOW) is not None

    assert 0 < answered < 5000
    assert asker.value(CORE, UPTIME) is not None


# --- SNMPv3 -----------------------------------------------------------------------------------------------------


def _ask_v3(asker: Asker, user: UsmUser, here: Authority, *, flags: int | None = None) -> messages.V3Message:
    pdu = messages.encode_pdu(messages.GET, 5, ber.encode_varbind(ber.oid("1.3.6.1.2.1.1.5.0")))
    packet = usm.seal(user, here, messages.encode_scoped(here.engine_id, b"", pdu), message_id=9, flags=flags)
    reply = agent.answer(asker.network, ACCESS, packet, NOW)
    assert reply is not None
    return messages.decode_v3(reply)


def _report(message: messages.V3Message) -> int:
    """Which of usmStats the report counts."""
    pdu = messages.decode_scoped(message.payload).pdu
    assert pdu.kind == messages.REPORT
    return int(ber.dotted(pdu.varbinds[0][0]).split(".")[-2])


@pytest.fixture
def here() -> Authority:
    device = small_plan().devices[1]
    return Authority(system.engine_id(device), system.engine_boots(device), system.engine_time(device, NOW))


def test_a_user_with_his_keys_is_answered_in_secret(asker: Asker, here: Authority) -> None:
    message = _ask_v3(asker, USER.usm(), here)

    assert b"ZZ-ACC-1" not in message.payload
    scoped = messages.decode_scoped(usm.decrypted(USER.usm(), message), padded=True)
    assert scoped.pdu.varbinds[0][2] == b"ZZ-ACC-1"


def test_an_unknown_engine_is_told_the_right_one(asker: Asker, here: Authority) -> None:
    message = _ask_v3(asker, UsmUser(""), Authority(b""))

    assert _report(message) == 4
    assert (message.engine_id, message.boots, message.time) == (here.engine_id, here.boots, here.time)


@pytest.mark.parametrize(
    ("user", "number"),
    [
        (UsmUser("nobody", "SHA", USER.auth_key, "AES", USER.priv_key), 3),
        (UsmUser(USER.name, "SHA", "another-key", "AES", USER.priv_key), 5),
        (UsmUser(USER.name, "SHA", USER.auth_key, "AES", "another-key"), 6),
    ],
)
def test_a_wrong_user_is_told_what_is_wrong(asker: Asker, here: Authority, user: UsmUser, number: int) -> None:
    assert _report(_ask_v3(asker, user, here)) == number


def test_a_user_without_encryption_can_not_ask_for_it(tmp_path: Path, here: Authority) -> None:
    asker = Asker(tmp_path)
    asker.network.users[b"signer"] = UsmUser("signer", "SHA", USER.auth_key)

    message = _ask_v3(asker, UsmUser("signer", "SHA", USER.auth_key, "AES", USER.priv_key), here)

    assert _report(message) == 1


def test_a_stale_clock_is_reported_under_the_users_signature(asker: Asker, here: Authority) -> None:
    here.time -= 151
    message = _ask_v3(asker, USER.usm(), here)

    assert _report(message) == 2
    assert message.flags & messages.AUTH


def test_a_user_may_not_leave_his_protection_out(asker: Asker, here: Authority) -> None:
    message = _ask_v3(asker, USER.usm(), here, flags=messages.AUTH)

    assert messages.error_name(messages.decode_scoped(message.payload).pdu.error_status) == "authorizationError"


# --- counters ---------------------------------------------------------------------------------------------------


def test_counters_grow_at_the_planned_rate(asker: Asker) -> None:
    day = 86_400
    for name, mbps in ((HC_IN_OCTETS + "3", 12.0), (HC_OUT_OCTETS + "3", 3.0), (HC_IN_OCTETS + "6", 9000.0)):
        grown = asker.count(CORE, name, at=NOW + day) - asker.count(CORE, name)
        assert grown * 8 / day / 1e6 == pytest.approx(mbps, rel=0.001)


def test_counters_never_fall_from_second_to_second(asker: Asker) -> None:
    seen = [asker.count(CORE, HC_IN_OCTETS + "4", at=NOW + second) for second in range(600)]

    assert all(later > earlier for earlier, later in pairwise(seen))


def test_both_ends_of_a_line_count_the_same(asker: Asker) -> None:
    sent, received = asker.count(CORE, HC_OUT_OCTETS + "4"), asker.count(OLD, IN_OCTETS + "7")

    assert received == sent & 0xFFFFFFFF


def test_an_old_switch_has_narrow_counters_that_wrap_and_no_names(asker: Asker) -> None:
    assert asker.walk(OLD, "1.3.6.1.2.1.31") == {}
    assert asker.value(OLD, "1.3.6.1.2.1.2.2.1.2.7") == b"gei-0/1/0/1"
    seen = [asker.count(OLD, IN_OCTETS + "7", at=NOW + 60 * minute) for minute in range(60)]
    assert any(later < earlier for earlier, later in pairwise(seen))


def test_another_simulator_goes_on_where_this_one_was(asker: Asker, tmp_path: Path) -> None:
    faults.break_line(tmp_path, "L1", at=NOW - 5000)
    faults.mend_line(tmp_path, "L1", at=NOW - 2000)
    before = {address: asker.walk(address, "1.3") for address in (CORE, OLD)}

    again = Asker(tmp_path)

    assert {address: again.walk(address, "1.3") for address in (CORE, OLD)} == before


# --- faults -----------------------------------------------------------------------------------------------------


def test_a_broken_line_takes_both_ends_down_and_mending_brings_them_back(asker: Asker, tmp_path: Path) -> None:
    heard = asker.walk(CORE, LLDP_NAMES)
    assert sorted(heard.values()) == [b"ISP", b"ZZ-ACC-1", b"ZZ-OLD-1"]  # type: ignore[type-var]  # octets all

    faults.break_line(tmp_path, "L2", at=NOW)
    assert asker.value(CORE, OPER_STATUS + "4", at=NOW + 1) == 2
    assert asker.value(OLD, OPER_STATUS + "7", at=NOW + 1) == 2
    assert asker.value(CORE, OPER_STATUS + "3", at=NOW + 1) == 1
    assert sorted(asker.walk(CORE, LLDP_NAMES, at=NOW + 1).values()) == [b"ISP", b"ZZ-ACC-1"]  # type: ignore[type-var]  # octets all
    assert asker.walk(OLD, LLDP_NAMES, at=NOW + 1) == {}

    faults.mend_line(tmp_path, "L2", at=NOW + 60)
    assert asker.value(CORE, OPER_STATUS + "4", at=NOW + 61) == 1
    assert asker.value(OLD, OPER_STATUS + "7", at=NOW + 61) == 1
    assert asker.walk(CORE, LLDP_NAMES, at=NOW + 61) == heard


def test_counters_of_a_broken_line_stand_still_and_go_on_from_there(asker: Asker, tmp_path: Path) -> None:
    name = HC_IN_OCTETS + "4"
    before = asker.count(CORE, name)
    faults.break_line(tmp_path, "L2", at=NOW)
    stopped = asker.count(CORE, name, at=NOW + 1)
    assert asker.count(CORE, name, at=NOW + 3600) == stopped
    assert before <= stopped < before + 40_000_000

    faults.mend_line(tmp_path, "L2", at=NOW + 3600)

    assert stopped <= asker.count(CORE, name, at=NOW + 3601) < stopped + 20_000_000
    assert asker.count(CORE, name, at=NOW + 3660) > stopped + 100_000_000


def test_the_uptime_of_a_ports_last_change_is_that_of_the_fault(asker: Asker, tmp_path: Path) -> None:
    faults.break_line(tmp_path, "L2", at=NOW)

    assert asker.value(CORE, "1.3.6.1.2.1.2.2.1.9.4", at=NOW + 5) == (NOW - BOOTED_AT) * 100


def test_a_line_known_at_one_end_is_cut_at_both(tmp_path: Path) -> None:
    asker = Asker(tmp_path)
    faults.break_line(tmp_path, "L1", at=NOW)
    asker.network.follow_faults(NOW + 1)
    access = small_plan().devices[1]

    oper = asker.network.table(access).get(ber.oid(OPER_STATUS + "1"), NOW + 1)

    assert oper == ber.encode_varbind(ber.oid(OPER_STATUS + "1"), ber.INTEGER, 2)


def test_a_silenced_device_says_nothing_until_it_is_woken(asker: Asker, tmp_path: Path) -> None:
    faults.silence_device(tmp_path, "ZZ-CORE-1")
    assert asker.ask(CORE, messages.GET, [UPTIME], at=NOW) is None
    assert asker.ask(OLD, messages.GET, [UPTIME], at=NOW) is not None

    faults.wake_device(tmp_path, "ZZ-CORE-1")
    assert asker.ask(CORE, messages.GET, [UPTIME], at=NOW + 1) is not None


def test_a_speed_is_negotiated_at_both_ends_until_it_is_taken_back(asker: Asker, tmp_path: Path) -> None:
    faults.set_speed(tmp_path, "L2", 10)
    assert asker.value(CORE, HIGH_SPEED + "4") == 10
    assert asker.value(OLD, "1.3.6.1.2.1.2.2.1.5.7") == 10_000_000

    faults.set_speed(tmp_path, "L2", None)
    assert asker.value(CORE, HIGH_SPEED + "4", at=NOW + 1) == 1000


def test_a_file_written_by_hand_breaks_and_mends_at_its_own_time(asker: Asker, tmp_path: Path) -> None:
    path = tmp_path / faults.FILE_NAME
    name = HC_IN_OCTETS + "4"
    asker.count(CORE, name)
    path.write_text(json.dumps({"lines_down": ["L2"], "devices_silent": [], "speeds": {}}))
    os.utime(path, (NOW + 10, NOW + 10))
    stopped = asker.count(CORE, name, at=NOW + 11)
    assert asker.count(CORE, name, at=NOW + 500) == stopped

    path.write_text(json.dumps({"lines_down": []}))
    os.utime(path, (NOW + 510, NOW + 510))

    assert stopped < asker.count(CORE, name, at=NOW + 520) < stopped + 400_000_000


def test_the_file_is_looked_at_no_more_than_twice_a_second(asker: Asker, tmp_path: Path) -> None:
    asker.network.follow_faults(NOW)
    faults.break_line(tmp_path, "L2", at=NOW)

    assert asker.value(CORE, OPER_STATUS + "4", at=NOW + 0.4) == 1
    assert asker.value(CORE, OPER_STATUS + "4", at=NOW + 0.5) == 2


def test_a_spoilt_file_changes_nothing_and_is_said_once(tmp_path: Path) -> None:
    said: list[str] = []
    network = Network(small_plan(), tmp_path, warn=said.append)
    faults.silence_device(tmp_path, "ZZ-CORE-1")
    network.follow_faults(NOW)
    (tmp_path / faults.FILE_NAME).write_text('{"lines_down": "L1"}')

    for second in range(1, 4):
        network.follow_faults(NOW + second)

    assert network.device(CORE) is None
    assert len(said) == 1
    assert "does not list faults" in said[0]


def test_faults_of_several_people_at_once_are_all_kept(tmp_path: Path) -> None:
    lines = [f"L{place}" for place in range(60)]

    with ThreadPoolExecutor(8) as people:
        list(people.map(lambda line: faults.break_line(tmp_path, line), lines))

    assert faults.faults(tmp_path).lines_down == set(lines)


@pytest.mark.parametrize(
    "outages", [[[200, 100]], [[100, None], [200, 300]], [[100, 300], [200, 400]], [[float("nan"), None]], [[100]], 7]
)
def test_an_impossible_history_is_refused(tmp_path: Path, outages: object) -> None:
    (tmp_path / faults.FILE_NAME).write_text(json.dumps({"outages": {"L1": outages}}))

    with pytest.raises(faults.WrongFaults):
        faults.faults(tmp_path)


def test_faults_are_read_back_as_they_were_written(tmp_path: Path) -> None:
    assert faults.faults(tmp_path) == faults.Faults()

    faults.break_line(tmp_path, "L1", at=100.0)
    faults.break_line(tmp_path, "L1", at=150.0)
    faults.mend_line(tmp_path, "L1", at=200.0)
    faults.break_line(tmp_path, "L2", at=300.0)
    written = faults.set_speed(tmp_path, "L2", 10)

    assert faults.faults(tmp_path) == written
    assert written.lines_down == {"L2"}
    assert written.speeds == {"L2": 10}
    assert written.outages == {"L1": ((100.0, 200.0),), "L2": ((300.0, None),)}
    assert [path.name for path in tmp_path.iterdir()] == [faults.FILE_NAME]
