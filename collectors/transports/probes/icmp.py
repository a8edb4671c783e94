"""ICMP echoes of one pass: a single socket for each family and source address carries all targets.

A socket for each target, as ping libraries open them, makes the kernel copy every answer to every raw socket: measured
with 250 targets at once, half of the echoes were lost on the loopback and the rest took 800 ms by their own clock.
"""

from __future__ import annotations

import asyncio
import ipaddress
import os
import socket
import struct
import time
from dataclasses import dataclass
from types import TracebackType

from collectors.transports.probes.values import SPACING_S, TIMEOUT_S, CannotAsk, Fault, Question, Round, own_fault

_ECHO_4, _REPLY_4, _ECHO_6, _REPLY_6 = 8, 0, 128, 129
_TOKEN = 8
_BUFFER = 1024 * 1024
_MOST_READ = 256
"""Answers between two looks at the timers."""
# Linux's numbers, which the socket module lacks.
_SOL_RAW, _ICMP_FILTER, _ICMPV6_FILTER, _SO_TIMESTAMPNS = 255, 1, 1, 35
_SPEC = struct.Struct("@qq")


@dataclass(slots=True)
class _Waiting:
    target: str
    answer: asyncio.Future[float]
    sent_at: float
    sent_clock: float


class Echoes:
    """`async with Echoes() as echoes: round = await echoes.ask(question)`. For one event loop."""

    def __init__(self) -> None:
        self._channels: dict[tuple[int, str], _Channel | Fault] = {}

    async def __aenter__(self) -> Echoes:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for channel in self._channels.values():
            if isinstance(channel, _Channel):
                channel.close()

    async def ask(self, question: Question) -> Round:
        channel = self._channel(question)
        if isinstance(channel, Fault):
            return Round(0, fault=channel)
        waiting: list[asyncio.Future[float]] = []
        try:
            for number in range(question.packets):
                if number:
                    await asyncio.sleep(SPACING_S)
                waiting.append(channel.send(question))
            await asyncio.wait(waiting, timeout=TIMEOUT_S)
        except CannotAsk as refused:
            return Round(0, fault=refused.fault)
        finally:
            channel.forget(waiting)
        return Round(question.packets, tuple(w.result() for w in waiting if w.done() and not w.cancelled()))

    def _channel(self, question: Question) -> _Channel | Fault:
        version = ipaddress.ip_address(question.target).version
        key = (version, question.source)
        if key not in self._channels:
            try:
                self._channels[key] = _Channel(version, question)
            except CannotAsk as refused:
                self._channels[key] = refused.fault
        return self._channels[key]


class _Channel:
    def __init__(self, version: int, question: Question) -> None:
        self._version = version
        self._socket, self._is_raw = _opened(version, question)
        self._token = os.urandom(_TOKEN)
        self._ident = struct.unpack("!H", os.urandom(2))[0]
        self._number = 0
        self._waiting: dict[int, _Waiting] = {}
        self._numbers: dict[asyncio.Future[float], int] = {}
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._socket, self._read)

    def close(self) -> None:
        self._loop.remove_reader(self._socket)
        self._socket.close()

    def send(self, question: Question) -> asyncio.Future[float]:
        self._number += 1
        answer: asyncio.Future[float] = self._loop.create_future()
        packet = self._packet(self._number)
        self._waiting[self._number] = _Waiting(question.target, answer, time.time(), time.perf_counter())
        self._numbers[answer] = self._number
        try:
            self._socket.sendto(packet, (question.target, 0))
        except BlockingIOError:
            pass  # a full buffer loses a packet, as a network does
        except OSError as error:
            if (fault := own_fault(error, question)) is not None:
                raise CannotAsk(fault) from error
        return answer

    def forget(self, answers: list[asyncio.Future[float]]) -> None:
        for answer in answers:
            self._waiting.pop(self._numbers.pop(answer, 0), None)

    def _packet(self, number: int) -> bytes:
        kind = _ECHO_4 if self._version == 4 else _ECHO_6
        body = self._token + struct.pack("!I", number) + bytes(44)
        head = struct.pack("!BBHHH", kind, 0, 0, self._ident, number & 0xFFFF)
        if self._version == 6:  # the kernel writes this one's checksum
            return head + body
        return struct.pack("!BBHHH", kind, 0, _checksum(head + body), self._ident, number & 0xFFFF) + body

    def _read(self) -> None:
        for _ in range(_MOST_READ):
            try:
                data, ancillary, _flags, peer = self._socket.recvmsg(2048, 64)
            except BlockingIOError:
                return
            except OSError:
                continue  # an error that the network reported for some earlier packet
            self._take(data, ancillary, peer[0])

    def _take(self, data: bytes, ancillary: list[tuple[int, int, bytes]], peer: str) -> None:
        start = (data[0] & 0x0F) * 4 if self._version == 4 and self._is_raw and data else 0
        reply = data[start:]
        if len(reply) < 8 + _TOKEN + 4 or reply[0] != (_REPLY_4 if self._version == 4 else _REPLY_6):
            return
        if reply[8 : 8 + _TOKEN] != self._token:
            return
        number = struct.unpack("!I", reply[8 + _TOKEN : 12 + _TOKEN])[0]
        waiting = self._waiting.get(number)
        if waiting is None or waiting.answer.done() or peer.partition("%")[0] != waiting.target:
            return
        waiting.answer.set_result(_rtt_ms(waiting, ancillary))


def _rtt_ms(waiting: _Waiting, ancillary: list[tuple[int, int, bytes]]) -> float:
    """By the kernel's time of arrival, which a busy loop doesn't lengthen, unless the clock was set meanwhile."""
    felt = (time.perf_counter() - waiting.sent_clock) * 1000
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, _SO_TIMESTAMPNS) and len(data) >= _SPEC.size:
            seconds, nanos = _SPEC.unpack(data[: _SPEC.size])
            told: float = (seconds - waiting.sent_at + nanos / 1e9) * 1000
            if 0 < told <= felt:
                return told
    return felt


def _opened(version: int, question: Question) -> tuple[socket.socket, bool]:
    """Unprivileged where the machine lets this group ping, else raw where this process may; else a Fault."""
    family = socket.AF_INET if version == 4 else socket.AF_INET6
    protocol = socket.IPPROTO_ICMP if version == 4 else socket.IPPROTO_ICMPV6
    last: OSError | None = None
    for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW):
        try:
            opened = socket.socket(family, kind, protocol)
        except OSError as error:
            last = error
            continue
        try:
            _set_up(opened, version, kind == socket.SOCK_RAW)
            if question.source:
                opened.bind((question.source, 0))
        except OSError as error:
            opened.close()
            raise CannotAsk(own_fault(error, question) or _not_permitted(version)) from error
        return opened, kind == socket.SOCK_RAW
    is_permission = isinstance(last, PermissionError) or last is None
    raise CannotAsk(_not_permitted(version) if is_permission else own_fault(last, question) or _not_permitted(version))  # type: ignore[arg-type]  # None is a permission


def _not_permitted(version: int) -> Fault:
    return Fault("icmp_not_permitted", {"family": f"IPv{version}"})


def _set_up(opened: socket.socket, version: int, is_raw: bool) -> None:
    opened.setblocking(False)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
    opened.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
    if is_raw and version == 4:
        opened.setsockopt(_SOL_RAW, _ICMP_FILTER, struct.pack("@I", ~(1 << _REPLY_4) & 0xFFFFFFFF))
    elif is_raw:
        blocked = [0xFFFFFFFF] * 8
        blocked[_REPLY_6 >> 5] &= ~(1 << (_REPLY_6 & 31)) & 0xFFFFFFFF
        opened.setsockopt(socket.IPPROTO_ICMPV6, _ICMPV6_FILTER, struct.pack("@8I", *blocked))


def _checksum(data: bytes) -> int:
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF
