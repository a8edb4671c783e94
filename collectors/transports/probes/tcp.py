"""TCP connects. A refusal is an answer: it came over the line from the host. Silence is loss."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import struct
import time

from collectors.transports.probes.values import SPACING_S, TIMEOUT_S, CannotAsk, Question, Round, own_fault

# struct tcp_info of Linux, in bytes: the round trip the kernel measured (µs), and how often it sent again.
_RTT, _RETRANS, _INFO = 68, 100, 104


async def ask(question: Question) -> Round:
    tasks: list[asyncio.Task[float | None]] = []
    for number in range(question.packets):
        if number:
            await asyncio.sleep(SPACING_S)
        tasks.append(asyncio.create_task(_connect(question)))
    try:
        answers = await asyncio.gather(*tasks)
    except CannotAsk as refused:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return Round(0, fault=refused.fault)
    return Round(question.packets, tuple(a for a in answers if a is not None))


async def _connect(question: Question) -> float | None:
    """Milliseconds until the host answered; None when it didn't, or only to a repeated packet."""
    loop = asyncio.get_running_loop()
    family = socket.AF_INET if ipaddress.ip_address(question.target).version == 4 else socket.AF_INET6
    started = time.perf_counter()
    try:
        with socket.socket(family, socket.SOCK_STREAM) as opened:
            opened.setblocking(False)
            if question.source:
                opened.bind((question.source, 0))
            started = time.perf_counter()
            async with asyncio.timeout(TIMEOUT_S):
                await loop.sock_connect(opened, (question.target, question.port or 0))
            return _told(opened, (time.perf_counter() - started) * 1000)
    except TimeoutError:
        return None
    except ConnectionRefusedError:
        return (time.perf_counter() - started) * 1000
    except OSError as error:
        if (fault := own_fault(error, question)) is not None:
            raise CannotAsk(fault) from error
        return None


def _told(opened: socket.socket, felt: float) -> float | None:
    """The kernel's own figures, which a busy loop doesn't lengthen; a connect that had to be repeated is a loss."""
    info = opened.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
    if len(info) < _INFO:
        return felt
    if struct.unpack_from("@I", info, _RETRANS)[0]:
        return None
    told: float = struct.unpack_from("@I", info, _RTT)[0] / 1000
    return told if 0 < told <= felt else felt
