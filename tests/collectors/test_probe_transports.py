"""Real echoes and connects: over the loopback, to listeners that go away, and into a namespace that drops them."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from collectors.transports.probes import tcp
from collectors.transports.probes.icmp import Echoes
from collectors.transports.probes.values import Question, Round


def ping(*questions: Question) -> list[Round]:
    async def ask() -> list[Round]:
        async with Echoes() as echoes:
            return list(await asyncio.gather(*(echoes.ask(question) for question in questions)))

    return asyncio.run(ask())


def _may_ping() -> bool:
    answer = ping(Question("127.0.0.1", 1))[0]
    return answer.fault is None or answer.fault.code != "icmp_not_permitted"


needs_icmp = pytest.mark.skipif(not _may_ping(), reason="this machine lets nobody but root send ICMP echoes")


@needs_icmp
@pytest.mark.parametrize("target", ["127.0.0.1", "::1"])
def test_an_echo_comes_back(target: str) -> None:
    answer = ping(Question(target, 3))[0]
    if answer.fault is not None:
        pytest.skip(f"this machine has no {target}")
    assert answer.sent == 3
    assert len(answer.rtts_ms) == 3
    assert all(0 < ms < 100 for ms in answer.rtts_ms)


@needs_icmp
def test_a_thousand_targets_share_one_socket_and_cost_little() -> None:
    questions = [Question(f"127.8.{i // 250}.{i % 250 + 1}", 5) for i in range(1000)]
    started = time.process_time()
    answers = ping(*questions)
    spent_s = time.process_time() - started
    assert sum(len(a.rtts_ms) for a in answers) == 5000
    assert spent_s < 3  # measured 0.13 s; a socket for each target took 18 s and lost half


@needs_icmp
def test_a_source_that_is_not_here_is_the_collectors_own_fault() -> None:
    answer = ping(Question("127.0.0.1", 1, source="203.0.113.9"))[0]
    assert answer.fault is not None
    assert (answer.fault.code, answer.sent) == ("source_not_here", 0)


@needs_icmp
def test_a_user_who_may_not_ping_is_told_so() -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give up its rights")
    code = (
        "import os, asyncio\n"
        "from collectors.transports.probes.icmp import Echoes\n"
        "from collectors.transports.probes.values import Question\n"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "async def main():\n"
        "    async with Echoes() as echoes:\n"
        "        for target in ('127.0.0.1', '::1'):\n"
        "            answer = await echoes.ask(Question(target, 1))\n"
        "            print(answer.fault.code if answer.fault else 'answered')\n"
        "asyncio.run(main())\n"
    )
    allowed = _groups_that_may_ping()
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False,
        env={**os.environ, "PYTHONPATH": ":".join(("", *sys.path))},
    )  # fmt: skip
    expected = "answered" if allowed[0] <= 65534 <= allowed[1] else "icmp_not_permitted"
    assert done.stdout.split()[:1] == [expected], done.stderr


def _groups_that_may_ping() -> tuple[int, int]:
    with open("/proc/sys/net/ipv4/ping_group_range", encoding="ascii") as file:
        low, high = file.read().split()
    return int(low), int(high)


@pytest.fixture
def dropping_peer() -> Iterator[str]:
    """An address in a namespace of its own whose firewall can be told to drop everything."""
    if os.geteuid() != 0 or any(shutil.which(p) is None for p in ("ip", "nft", "unshare", "nsenter")):
        pytest.skip("needs root, iproute2, nftables and util-linux")
    holder = subprocess.Popen(["unshare", "-n", "sh", "-c", "echo ready; read _"], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE)  # fmt: skip
    try:
        assert holder.stdout is not None
        if holder.stdout.readline() != b"ready\n":
            pytest.skip("network namespaces are refused here")
        name = f"np{holder.pid}"
        try:
            _run("ip", "link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", str(holder.pid))
        except subprocess.CalledProcessError as error:
            pytest.skip(f"virtual links are refused here: {error.stderr.strip()}")
        try:
            _run("ip", "address", "add", "198.18.250.1/30", "dev", name)
            _run("ip", "link", "set", name, "up")
            for command in ("address add 198.18.250.2/30 dev eth0", "link set eth0 up", "link set lo up"):
                _inside(holder.pid, "ip", *command.split())
            yield str(holder.pid)
        finally:
            subprocess.run(["ip", "link", "del", name], capture_output=True, check=False)
    finally:
        holder.communicate(b"\n", timeout=10)


def _run(*command: str) -> None:
    subprocess.run(command, capture_output=True, text=True, check=True, timeout=20)


def _inside(pid: int | str, *command: str) -> None:
    _run("nsenter", "-t", str(pid), "-n", *command)


@needs_icmp
def test_a_path_that_drops_is_loss_and_heals(dropping_peer: str) -> None:
    question = Question("198.18.250.2", 3)
    by_tcp = Question("198.18.250.2", 2, 9)
    assert len(ping(question)[0].rtts_ms) == 3
    assert len(asyncio.run(tcp.ask(by_tcp)).rtts_ms) == 2  # a refusal comes from the host, so the path is there
    chain = "add chain inet cut input { type filter hook input priority 0; policy drop; }"
    _inside(dropping_peer, "nft", f"add table inet cut; {chain}")
    assert ping(question)[0] == Round(3)
    assert asyncio.run(tcp.ask(by_tcp)) == Round(2)
    _inside(dropping_peer, "nft", "delete table inet cut")
    assert len(ping(question)[0].rtts_ms) == 3


def test_a_listener_and_its_port_without_one_both_prove_the_path() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    answer = asyncio.run(tcp.ask(Question("127.0.0.1", 3, port)))
    listener.close()
    refused = asyncio.run(tcp.ask(Question("127.0.0.1", 3, port)))
    assert (len(answer.rtts_ms), len(refused.rtts_ms)) == (3, 3)


def test_a_host_that_drops_connects_is_lost_until_it_takes_them_again() -> None:
    listener = socket.create_server(("127.0.0.1", 0), backlog=0)
    address = listener.getsockname()
    held = []
    for _ in range(2):  # its queue is full now, and the kernel drops what comes
        held.append(socket.socket())
        held[-1].setblocking(False)
        held[-1].connect_ex(address)
    assert asyncio.run(tcp.ask(Question("127.0.0.1", 2, address[1]))) == Round(2)
    for opened in held:
        opened.close()
    listener.close()


def test_tcp_over_ipv6() -> None:
    try:
        listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("this machine has no IPv6")
    assert len(asyncio.run(tcp.ask(Question("::1", 2, listener.getsockname()[1]))).rtts_ms) == 2
    listener.close()
