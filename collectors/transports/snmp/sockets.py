"""One UDP socket for all devices of an address family, and what the kernel says about lost packets."""

import contextlib
import errno
import socket
from collections.abc import Callable
from typing import Any, TypeAlias

Address: TypeAlias = tuple[Any, ...]
"""What the socket module names a peer by: (host, port), or four items for IPv6."""

RECEIVE_BUFFER = 16 * 1024 * 1024
MAX_PACKET = 65_535
MAX_DRAIN = 20_000
# Linux's numbers, which the socket module has only in newer Pythons.
_IP_RECVERR, _IPV6_RECVERR = 11, 25
_SO_SNDBUFFORCE, _SO_RCVBUFFORCE = 32, 33
_FULL = frozenset((errno.EAGAIN, errno.EWOULDBLOCK, errno.ENOBUFS))


class Endpoint:
    """A non-blocking UDP socket that hands over packets and ICMP refusals."""

    def __init__(
        self,
        family: socket.AddressFamily,
        *,
        on_packet: Callable[[bytes, Address], None],
        on_refusal: Callable[[Address], None],
        source: str = "",
    ) -> None:
        self.family = family
        self._on_packet = on_packet
        self._on_refusal = on_refusal
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self._grow(_SO_RCVBUFFORCE, socket.SO_RCVBUF)
        self._grow(_SO_SNDBUFFORCE, socket.SO_SNDBUF)
        with contextlib.suppress(OSError):
            if family == socket.AF_INET6:
                self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                self.socket.setsockopt(socket.IPPROTO_IPV6, _IPV6_RECVERR, 1)
            else:
                self.socket.setsockopt(socket.IPPROTO_IP, _IP_RECVERR, 1)
        if source:
            try:
                self.socket.bind((source, 0))
            except OSError:
                self.socket.close()
                raise

    @property
    def room(self) -> int:
        """Bytes of answers that the kernel keeps for us while we are busy."""
        return self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)

    def _grow(self, forced: int, polite: int) -> None:
        """Only root may pass the system's limit; anyone else gets as much as it allows."""
        try:
            self.socket.setsockopt(socket.SOL_SOCKET, forced, RECEIVE_BUFFER)
        except OSError:
            self.socket.setsockopt(socket.SOL_SOCKET, polite, RECEIVE_BUFFER)

    def send(self, packet: bytes, address: Address) -> bool:
        """Whether the packet left; raises OSError when there is no way to that address."""
        for _ in range(8):
            try:
                self.socket.sendto(packet, address)
                return True
            except OSError as error:
                if error.errno in _FULL:
                    return False
                # An unconnected socket reports the last refusal of *any* peer on the next call.
                if error.errno != errno.ECONNREFUSED and not self._drain_errors():
                    raise
                self._drain_errors()
        return False

    def drain(self) -> None:
        """Take everything the kernel holds for us, so that a late reader does not mistake it for silence."""
        receive, deliver = self.socket.recvfrom, self._on_packet
        for received in range(MAX_DRAIN):
            try:
                data, address = receive(MAX_PACKET)
            except BlockingIOError:
                if not received:
                    self._drain_errors()
                return
            except OSError:
                self._drain_errors()
                continue
            deliver(data, address)

    def _drain_errors(self) -> bool:
        """Read the queue of ICMP errors; each entry carries the address that our packet was sent to."""
        found = False
        for _ in range(MAX_DRAIN):
            try:
                _, ancillary, _, address = self.socket.recvmsg(512, 512, socket.MSG_ERRQUEUE)
            except OSError:
                break
            found = True
            for level, kind, data in ancillary:
                is_error = (level, kind) in ((socket.IPPROTO_IP, _IP_RECVERR), (socket.IPPROTO_IPV6, _IPV6_RECVERR))
                if is_error and len(data) >= 4 and int.from_bytes(data[:4], "little") == errno.ECONNREFUSED:
                    self._on_refusal(address)
        return found

    def close(self) -> None:
        self.socket.close()
