"""pysnmp at the other end of the wire, as manager and as agent."""

import asyncio
import socket
from typing import Any

import pytest

from collectors.errors import AuthenticationFailed
from collectors.transports.snmp import ber
from collectors.transports.snmp.engine import Community, Engine, UsmUser
from tests.collectors.agent import Agent, mib

hlapi = pytest.importorskip("pysnmp.hlapi.v3arch.asyncio")

AUTH = {
    "": hlapi.usmNoAuthProtocol, "MD5": hlapi.usmHMACMD5AuthProtocol, "SHA": hlapi.usmHMACSHAAuthProtocol,
    "SHA224": hlapi.usmHMAC128SHA224AuthProtocol, "SHA256": hlapi.usmHMAC192SHA256AuthProtocol,
    "SHA384": hlapi.usmHMAC256SHA384AuthProtocol, "SHA512": hlapi.usmHMAC384SHA512AuthProtocol,
}  # fmt: skip
PRIV = {
    "": hlapi.usmNoPrivProtocol, "DES": hlapi.usmDESPrivProtocol, "AES": hlapi.usmAesCfb128Protocol,
    "AES192": hlapi.usmAesBlumenthalCfb192Protocol, "AES256": hlapi.usmAesBlumenthalCfb256Protocol,
    "AES192C": hlapi.usmAesCfb192Protocol, "AES256C": hlapi.usmAesCfb256Protocol,
}  # fmt: skip
NAME = "1.3.6.1.2.1.1.5.0"
USER = UsmUser("poller", "SHA", "authentic-key", "AES", "private-key")
SIGNER = UsmUser("signer", "SHA", "authentic-key")
VALUES = mib(
    {NAME: (ber.OCTETS, b"core-1")}
    | {f"1.3.6.1.2.1.2.2.1.10.{port}": (ber.COUNTER32, 4_000_000_000 + port) for port in range(1, 40)}
)


def pysnmp_credentials(user: Community | UsmUser) -> Any:
    if isinstance(user, Community):
        return hlapi.CommunityData(user.text, mpModel=1)
    return hlapi.UsmUserData(
        user.name,
        user.auth_key,
        user.priv_key or None,
        authProtocol=AUTH[user.auth_protocol],
        privProtocol=PRIV[user.priv_protocol],
    )


@pytest.mark.parametrize("user", [Community("public"), USER, SIGNER], ids=["v2c", "authPriv", "authNoPriv"])
def test_pysnmp_as_manager_reads_our_codecs_agent(user: Community | UsmUser) -> None:
    async def run() -> tuple[list[str], int]:
        async with Agent(VALUES, users=(USER, SIGNER)) as agent:
            engine = hlapi.SnmpEngine()
            target = await hlapi.UdpTransportTarget.create(("127.0.0.1", agent.port), timeout=2, retries=1)
            common = (engine, pysnmp_credentials(user), target, hlapi.ContextData())
            error, status, _, varbinds = await hlapi.get_cmd(
                *common, hlapi.ObjectType(hlapi.ObjectIdentity(NAME)), lookupMib=False
            )
            assert not error and not status
            walked = hlapi.bulk_walk_cmd(
                *common,
                0,
                10,
                hlapi.ObjectType(hlapi.ObjectIdentity("1.3.6.1.2.1.2")),
                lookupMib=False,
                lexicographicMode=False,
            )
            rows = 0
            async for error, status, _, found in walked:
                assert not error and not status
                rows += sum(int(value) >= 4_000_000_000 for _, value in found)
            engine.close_dispatcher()
            return [str(value) for _, value in varbinds], rows

    assert asyncio.run(run()) == (["core-1"], 39)


def user_of(auth: str, priv: str) -> UsmUser:
    return UsmUser(f"{auth}-{priv}", auth, "authentic-key", priv, "private-key")


async def pysnmp_agent(port: int, user: UsmUser = USER) -> Any:
    from pysnmp.carrier.asyncio.dgram import udp
    from pysnmp.entity import config, engine
    from pysnmp.entity.rfc3413 import cmdrsp, context

    served = engine.SnmpEngine()
    transport = udp.UdpTransport().open_server_mode(("127.0.0.1", port))
    config.add_transport(served, udp.DOMAIN_NAME, transport)
    config.add_v1_system(served, "area", "public")
    config.add_v3_user(
        served, user.name, AUTH[user.auth_protocol], user.auth_key, PRIV[user.priv_protocol], user.priv_key
    )  # fmt: skip
    config.add_vacm_user(served, 2, "area", "noAuthNoPriv", readSubTree=(1, 3, 6))
    config.add_vacm_user(served, 3, user.name, "authPriv", readSubTree=(1, 3, 6))
    answers = context.SnmpContext(served)
    for responder in (cmdrsp.GetCommandResponder, cmdrsp.NextCommandResponder, cmdrsp.BulkCommandResponder):
        responder(served, answers)
    await asyncio.sleep(0.1)
    return served


@pytest.mark.parametrize("user", [Community("public"), USER], ids=["v2c", "authPriv"])
def test_our_manager_reads_pysnmps_agent(user: Community | UsmUser) -> None:
    async def run() -> tuple[Any, Any]:
        port = free_port()
        agent = await pysnmp_agent(port)
        async with Engine() as engine:
            session = engine.session("127.0.0.1", port, user)
            found = await session.get(["1.3.6.1.2.1.1.2.0", "1.3.6.1.2.1.99.0"])
            walked = await session.walk("1.3.6.1.2.1.1")
        agent.close_dispatcher()
        return found, walked

    found, walked = asyncio.run(run())
    assert found == ["1.3.6.1.4.1.20408", None]
    assert [ber.dotted(name) for name, _, _ in walked][:3] == [f"1.3.6.1.2.1.1.{column}.0" for column in (1, 2, 3)]


@pytest.mark.parametrize("auth", ["MD5", "SHA", "SHA224", "SHA256", "SHA384", "SHA512"])
@pytest.mark.parametrize("priv", ["DES", "AES", "AES192", "AES256", "AES192C", "AES256C"])
def test_pysnmp_speaks_every_digest_and_cipher_with_us(auth: str, priv: str) -> None:
    """Its agent is read by our manager, and our codec's agent by its manager."""
    user = user_of(auth, priv)

    async def run() -> tuple[Any, list[str]]:
        port = free_port()
        theirs = await pysnmp_agent(port, user)
        async with Engine() as engine:
            found = await engine.session("127.0.0.1", port, user).get(["1.3.6.1.2.1.1.2.0"])
        theirs.close_dispatcher()
        async with Agent(VALUES, users=(user,)) as ours:
            manager = hlapi.SnmpEngine()
            target = await hlapi.UdpTransportTarget.create(("127.0.0.1", ours.port), timeout=2, retries=1)
            error, _, _, varbinds = await hlapi.get_cmd(
                manager, pysnmp_credentials(user), target, hlapi.ContextData(),
                hlapi.ObjectType(hlapi.ObjectIdentity(NAME)), lookupMib=False,
            )  # fmt: skip
            manager.close_dispatcher()
        return found, [str(error or "")] + [str(value) for _, value in varbinds]

    assert asyncio.run(run()) == (["1.3.6.1.4.1.20408"], ["", "core-1"])


def test_pysnmps_agent_tells_us_of_a_wrong_key() -> None:
    async def run() -> None:
        port = free_port()
        agent = await pysnmp_agent(port)
        try:
            async with Engine() as engine:
                wrong = UsmUser(USER.name, "SHA", "another-key-", "AES", USER.priv_key)
                await engine.session("127.0.0.1", port, wrong, timeout_s=0.5).get([NAME])
        finally:
            agent.close_dispatcher()

    with pytest.raises(AuthenticationFailed, match="wrongDigests"):
        asyncio.run(run())


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
