"""SNMPv3 with real agents: every protocol, contexts, source addresses, IPv6, reboots and replaced devices."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from collectors.errors import BadAddress, CollectError, Unreachable
from collectors.transports.snmp.engine import Community, Engine, UsmUser
from collectors.transports.snmp.keys import AUTH_PROTOCOLS, PRIV_PROTOCOLS
from tests.collectors import snmpd
from tests.collectors.snmpd import needs_snmpd

NAME, UPTIME = "1.3.6.1.2.1.1.5.0", "1.3.6.1.2.1.1.3.0"
AUTH_WORDS = {
    "MD5": "MD5", "SHA": "SHA", "SHA224": "SHA-224", "SHA256": "SHA-256", "SHA384": "SHA-384", "SHA512": "SHA-512",
}  # fmt: skip
PRIV_WORDS = {
    "DES": "DES", "AES": "AES", "AES192": "AES-192", "AES256": "AES-256", "AES192C": "AES-192-C",
    "AES256C": "AES-256-C",
}  # fmt: skip
STRONG = UsmUser("SHA512-AES256", "SHA512", "authentic-key", "AES256", "private-key")
V6_ONLY, FROM_7 = Community("only-v6"), Community("only-from-7")


def configuration(name: str = "core-1", extra: str = "") -> str:
    lines = [
        f"sysName {name}", "view all included .1", "rocommunity6 only-v6 ::1", "rocommunity only-from-7 127.0.0.7", extra
    ]  # fmt: skip
    for auth, auth_word in AUTH_WORDS.items():
        lines += [f"createUser {auth} {auth_word} authentic-key", f"rouser {auth} auth"]
        for priv, priv_word in PRIV_WORDS.items():
            user = f"{auth}-{priv}"
            lines += [f"createUser {user} {auth_word} authentic-key {priv_word} private-key", f"rouser {user} priv"]
    return "\n".join((*lines, "createUser plain", "rouser plain noauth", ""))


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    number = snmpd.free_port()
    hosts = ("udp:127.0.0.1", "udp6:[::1]")
    with snmpd.running(tmp_path_factory.mktemp("snmpd"), configuration(), number, hosts):
        yield number


def get(port: int, user: Community | UsmUser, host: str = "127.0.0.1", **options: Any) -> Any:
    async def run() -> Any:
        async with Engine() as engine:
            return await engine.session(host, port, user, **options).get([NAME])

    return asyncio.run(run())


@needs_snmpd
@pytest.mark.parametrize("auth", AUTH_PROTOCOLS)
@pytest.mark.parametrize("priv", ["", *PRIV_PROTOCOLS])
def test_snmpd_is_read_with_every_digest_and_cipher(port: int, auth: str, priv: str) -> None:
    name = f"{auth}-{priv}" if priv else auth
    user = UsmUser(name, auth, "authentic-key", priv, "private-key" if priv else "")

    assert get(port, user) == [b"core-1"]


@needs_snmpd
@pytest.mark.parametrize(
    ("auth", "asked", "spoken"), [("SHA", "AES256C", "AES256"), ("SHA", "AES256", "AES256C"), ("MD5", "AES", "DES")]
)
def test_a_key_that_is_lengthened_the_other_way_is_no_key(port: int, auth: str, asked: str, spoken: str) -> None:
    """Shows that the agent of the test above does tell the two extensions apart."""
    with pytest.raises(CollectError):
        get(port, UsmUser(f"{auth}-{spoken}", auth, "authentic-key", asked, "private-key"), timeout_s=0.2, retries=0)


@needs_snmpd
def test_a_user_without_protection_is_read(port: int) -> None:
    assert get(port, UsmUser("plain")) == [b"core-1"]


@needs_snmpd
@pytest.mark.parametrize("host", ["::1", "0:0:0:0:0:0:0:1", "ip6-localhost"])
def test_snmpd_is_read_over_ipv6(port: int, host: str) -> None:
    try:
        assert get(port, V6_ONLY, host) == [b"core-1"]
        assert get(port, STRONG, host) == [b"core-1"]
    except Unreachable as error:
        assert host == "ip6-localhost" and "has no address" in str(error)


@needs_snmpd
def test_snmpd_sees_the_address_that_is_asked_from(port: int) -> None:
    """The community is known to 127.0.0.7 alone."""
    assert get(port, FROM_7, source="127.0.0.7") == [b"core-1"]
    with pytest.raises(Unreachable):
        get(port, FROM_7, source="127.0.0.8", timeout_s=0.2, retries=0)
    with pytest.raises(Unreachable):
        get(port, FROM_7, timeout_s=0.2, retries=0)


@needs_snmpd
def test_one_engine_asks_from_several_addresses_at_once(port: int) -> None:
    async def run() -> list[Any]:
        async with Engine() as engine:
            asked = [
                engine.session("127.0.0.1", port, FROM_7, source="127.0.0.7"),
                engine.session("127.0.0.1", port, STRONG, source="127.0.0.8"),
                engine.session("::1", port, STRONG, source="::1"),
                engine.session("127.0.0.1", port, STRONG),
            ]
            return await asyncio.gather(*(session.get([NAME]) for session in asked))

    assert asyncio.run(run()) == [[b"core-1"]] * 4


@pytest.mark.parametrize(
    ("host", "source", "reason"),
    [
        ("127.0.0.1", "192.0.2.77", "an address that this server has"),
        ("127.0.0.1", "::1", "one is IPv4, the other IPv6"),
        ("::1", "127.0.0.1", "one is IPv4, the other IPv6"),
        ("fe80::1%lo", "", "IPv6 zone"),
        ("2001:db8::1", "fe80::1%lo", "IPv6 zone"),
    ],
)
def test_an_address_that_can_not_be_asked_from_here_is_told(host: str, source: str, reason: str) -> None:
    with pytest.raises(BadAddress, match=reason) as caught:
        get(1161, STRONG, host, source=source)
    assert not caught.value.transient


@needs_snmpd
def test_a_context_is_another_set_of_values(tmp_path: Path) -> None:
    """snmpd hands what is asked in a context on to another agent."""
    inner, outer = snmpd.free_port(), snmpd.free_port()
    behind = "rocommunity public 127.0.0.1\n"
    before = (
        "createUser poller SHA-256 authentic-key AES private-key\n"
        "group pollers usm poller\n"
        'access pollers "" any priv prefix all none none\n'
        f"proxy -Cn vrf-office -v2c -c public 127.0.0.1:{inner} .1.3.6.1.2.1.1\n"
    )

    def ask(context: str) -> Any:
        user = UsmUser("poller", "SHA256", "authentic-key", "AES", "private-key", context)
        return get(outer, user, timeout_s=0.5)

    with (
        snmpd.running(tmp_path / "inner", f"sysName office\n{behind}", inner),
        snmpd.running(tmp_path / "outer", configuration(extra=before), outer),
    ):
        assert ask("vrf-office") == [b"office"]
        assert ask("") == [b"core-1"]
        with pytest.raises(Unreachable, match="context"):
            ask("vrf-nothing")


@needs_snmpd
def test_a_rebooted_snmpd_is_followed(tmp_path: Path) -> None:
    """Its boots rise, and its time starts at nothing; the engine id stays."""
    port = snmpd.free_port()

    async def run() -> tuple[list[Any], int, int, bool]:
        async with Engine() as engine:
            session = engine.session("127.0.0.1", port, STRONG)
            with snmpd.running(tmp_path / "d", configuration(), port):
                found = [await session.get([NAME])]
                device = engine.device(("127.0.0.1", port), "")
                assert device.authority is not None
                known, boots = device.authority.engine_id, device.authority.boots
            with snmpd.running(tmp_path / "d", configuration(), port):
                found.append(await session.get([NAME]))
                return found, boots, device.authority.boots, device.authority.engine_id == known

    found, before, after, is_same = asyncio.run(run())
    assert found == [[b"core-1"]] * 2
    assert (after, is_same) == (before + 1, True)


@needs_snmpd
@pytest.mark.parametrize("user", [STRONG, UsmUser("plain"), UsmUser("SHA", "SHA", "authentic-key")])
def test_a_replaced_snmpd_is_read_in_one_request(tmp_path: Path, user: UsmUser) -> None:
    """Another device on the same address: another engine id, other boots, another name."""
    port = snmpd.free_port()

    async def run() -> tuple[list[Any], set[bytes]]:
        found, engine_ids = [], set()
        async with Engine() as engine:
            session = engine.session("127.0.0.1", port, user, retries=0)
            for name in ("old", "new"):
                with snmpd.running(tmp_path / name, configuration(name, f"engineID device-{name}"), port):
                    found.append(await session.get([NAME]))
                authority = engine.device(("127.0.0.1", port), "").authority
                assert authority is not None
                engine_ids.add(authority.engine_id)
        return found, engine_ids

    found, engine_ids = asyncio.run(run())
    assert found == [[b"old"], [b"new"]]
    assert len(engine_ids) == 2
