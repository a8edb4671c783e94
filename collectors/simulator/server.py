"""One UDP socket for all devices: the loopback address that was asked tells them apart."""

import asyncio
import contextlib
import errno
import signal
import socket
import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias

from collectors.errors import CollectError
from collectors.simulator.agent import answer
from collectors.simulator.network import Network

MAX_PACKET = 65_535
MAX_DRAIN = 256
"""Packets between two looks at signals."""
BUFFER_SIZE = 8 * 1024 * 1024
# Linux's numbers, which the socket module has only in newer Pythons.
_IP_PKTINFO, _SO_SNDBUFFORCE, _SO_RCVBUFFORCE = 8, 32, 33
_INFO_SIZE = 12


class CannotServe(CollectError):
    code = "cannot_serve"


def open_socket(port: int) -> socket.socket:
    """Bound to the loopback device where that is allowed; else only the destination of a packet keeps others out."""
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        opened.setblocking(False)
        opened.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)
        for forced, polite in ((_SO_RCVBUFFORCE, socket.SO_RCVBUF), (_SO_SNDBUFFORCE, socket.SO_SNDBUF)):
            try:
                opened.setsockopt(socket.SOL_SOCKET, forced, BUFFER_SIZE)
            except OSError:
                opened.setsockopt(socket.SOL_SOCKET, polite, BUFFER_SIZE)
        with contextlib.suppress(OSError):
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo\0")
        opened.bind(("0.0.0.0", port))  # noqa: S104  (the devices have many addresses; see the docstring)
    except OSError as error:
        opened.close()
        reason = "another program uses it" if error.errno == errno.EADDRINUSE else error.strerror
        raise CannotServe(f"UDP port {port} can not be opened: {reason}. Choose another one with --port.") from error
    return opened


Beside: TypeAlias = Callable[[], Coroutine[Any, Any, None]]


class Server:
    """Serves until it is told to stop; `clock` gives seconds since 1970."""

    def __init__(self, network: Network, opened: socket.socket, *, clock: Callable[[], float] = time.time) -> None:
        self._network = network
        self._socket = opened
        self._clock = clock
        self._buffer = bytearray(MAX_PACKET)
        self._space = socket.CMSG_SPACE(_INFO_SIZE)
        self.answered = 0
        self.ignored = 0

    async def run(self, on_ready: Callable[[], None] | None = None, *, beside: Beside | None = None) -> None:
        """Until SIGTERM or SIGINT; `beside` runs as long, such as the probed ports."""
        loop = asyncio.get_running_loop()
        stopped = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stopped.set)
        loop.add_reader(self._socket, self.drain)
        others: asyncio.Task[None] | None = None
        try:
            if on_ready is not None:
                on_ready()
            if beside is not None:
                others = asyncio.create_task(beside())
            await stopped.wait()
        finally:
            if others is not None:
                others.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await others
            loop.remove_reader(self._socket)
            self._socket.close()

    def drain(self) -> None:
        for _ in range(MAX_DRAIN):
            try:
                size, ancillary, _, peer = self._socket.recvmsg_into([self._buffer], self._space)
            except BlockingIOError:
                return
            except OSError:
                continue
            asked = _asked_address(ancillary)
            if asked is None:
                self.ignored += 1
                continue
            now = self._clock()
            self._network.follow_faults(now)
            reply = answer(self._network, socket.inet_ntoa(asked), bytes(memoryview(self._buffer)[:size]), now)
            if reply is None:
                self.ignored += 1
            else:
                self._send(reply, asked, peer)

    def _send(self, reply: bytes, source: bytes, peer: tuple[str, int]) -> None:
        # From the address that was asked: interface index (none), source, and a field that counts on receiving only.
        info = bytes(4) + source + bytes(4)
        # A full buffer loses a packet, as a network does.
        with contextlib.suppress(OSError):
            self._socket.sendmsg([reply], [(socket.IPPROTO_IP, _IP_PKTINFO, info)], 0, peer)
            self.answered += 1


def _asked_address(ancillary: list[tuple[int, int, bytes]]) -> bytes | None:
    """The packet's destination, None unless it is in 127.0.0.0/8."""
    for level, kind, data in ancillary:
        if (level, kind) == (socket.IPPROTO_IP, _IP_PKTINFO) and len(data) >= _INFO_SIZE:
            address = data[8:12]
            return address if address[0] == 127 else None
    return None
