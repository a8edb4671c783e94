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
        authProtocol=hlapi.usmHMACSHAAuthProtocol,
        privProtocol=hlapi.usmAesCfb128Protocol if user.priv_key else hlapi.usmNoPrivProtocol,
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


async def pysnmp_agent(port: int) -> Any:
    from pysnmp.carrier.asyncio.dgram import udp
    from pysnmp.entity import config, engine
    from pysnmp.entity.rfc3413 import cmdrsp, context

    served = engine.SnmpEngine()
    transport = udp.UdpTransport().open_server_mode(("127.0.0.1", port))
    config.add_transport(served, udp.DOMAIN_NAME, transport)
    config.add_v1_system(served, "area", "public")
    config.add_v3_user(
        served, USER.name, config.USM_AUTH_HMAC96_SHA, USER.auth_key, config.USM_PRIV_CFB128_AES, USER.priv_key
    )  # fmt: skip
    config.add_vacm_user(served, 2, "area", "noAuthNoPriv", readSubTree=(1, 3, 6))
    config.add_vacm_user(served, 3, USER.name, "authPriv", readSubTree=(1, 3, 6))
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
