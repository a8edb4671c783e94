"""Requests to many devices at once over one socket per address family and per address that we ask from."""

import asyncio
import random
import socket
from collections import deque
from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Any, Self

from collectors.errors import BadAddress, BadAnswer, CollectError, Refused, Unreachable
from collectors.transports.snmp import message as messages
from collectors.transports.snmp.devices import Device
from collectors.transports.snmp.session import Session
from collectors.transports.snmp.sockets import Address, Endpoint
from collectors.transports.snmp.usm import Community, UsmUser

TICK_S = 0.05
LAG_S = 0.1
QUIET_S = 0.25
MIN_IN_FLIGHT = 16
ANSWER_ROOM = 8192
"""What an answer of 100 values takes in the kernel."""

Build = Callable[[int], bytes]
"""Makes the packet of a request id."""
Accept = Callable[[bytes], Any]
"""Turns a packet into an answer, or None when it is not one; a CollectError is kept in case nothing better comes."""


class _Exchange:
    __slots__ = (
        "accept", "address", "answer", "deadline", "fault", "has_slot", "packet", "quiet_at", "source", "timeout_s",
        "tries_left",
    )  # fmt: skip

    def __init__(
        self, device: Device, accept: Accept, *, answer: asyncio.Future[Any], tries: int, timeout_s: float
    ) -> None:
        self.address = device.address
        self.source = device.source
        self.packet = b""
        self.accept = accept
        self.answer = answer
        self.tries_left = tries
        self.timeout_s = timeout_s
        self.deadline = 0.0
        self.quiet_at = 0.0
        self.fault: CollectError | None = None
        self.has_slot = True


class Engine:
    """Sends requests and matches answers; `async with Engine() as engine: engine.session(...)`.

    All of it lives in one event loop. A slot is held while a device is likely to answer: a device that has been
    quiet for a quarter of a second gives its slot away, so that dead devices do not keep live ones waiting.
    """

    def __init__(self, *, max_in_flight: int = 200) -> None:
        self._max_in_flight = max(max_in_flight, 1)
        self._limit = self._max_in_flight
        self._endpoints: dict[tuple[socket.AddressFamily, str], Endpoint] = {}
        self._pending: dict[int, _Exchange] = {}
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._in_flight = 0
        self._devices: dict[tuple[Address, str], Device] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._tick_due = 0.0
        self.dropped = 0
        """Packets that answered nothing we asked: late, double, from elsewhere, or not SNMP."""
        self.resent = 0
        self.worst_lag_s = 0.0

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._tick_due = self._loop.time() + TICK_S
        self._timer = self._loop.call_at(self._tick_due, self._tick)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()
        loop, self._loop = self._loop, None
        for endpoint in self._endpoints.values():
            if loop is not None:
                loop.remove_reader(endpoint.socket)
            endpoint.close()
        self._endpoints.clear()
        for exchange in self._pending.values():
            if not exchange.answer.done():
                exchange.answer.cancel()
        for waiting in self._waiting:
            waiting.cancel()

    def session(
        self,
        host: str,
        port: int,
        credentials: Community | UsmUser,
        *,
        timeout_s: float = 2.0,
        retries: int = 1,
        source: str = "",
    ) -> Session:
        """A conversation with one device; sends nothing yet. `host` is an IPv4 or IPv6 address or a name.

        `source` is the address of this machine to ask from; empty leaves it to the system.
        """
        return Session(self, host, port, credentials, timeout_s=timeout_s, retries=retries, source=source)

    def device(self, address: Address, source: str) -> Device:
        """What all sessions to one address share: they take turns, and learn its engine id once."""
        known = self._devices.get((address, source))
        if known is None:
            known = self._devices[address, source] = Device(address, source)
        return known

    def _new_id(self) -> int:
        """A request id nobody can guess that always takes four bytes."""
        while True:
            number = random.getrandbits(30) | 0x40000000
            if number not in self._pending:
                return number

    async def exchange(self, device: Device, build: Build, accept: Accept, *, timeout_s: float, retries: int) -> Any:
        """Send until `accept` takes an answer; raises Unreachable, Refused, or the fault seen in the answers."""
        loop = self._loop
        if loop is None:
            raise RuntimeError("Use the engine inside its `async with` block.")
        if self._in_flight >= self._limit:
            await self._slot(loop, is_first=device.has_answered)
        else:
            self._in_flight += 1
        exchange = _Exchange(device, accept, answer=loop.create_future(), tries=retries + 1, timeout_s=timeout_s)
        request_id = self._new_id()
        self._pending[request_id] = exchange
        try:
            # Only now, since a v3 request carries the device's time of day.
            exchange.packet = build(request_id)
            self._send(exchange, loop.time())
            return await exchange.answer
        finally:
            del self._pending[request_id]
            self._release(exchange)

    # --- slots --------------------------------------------------------------------------------------------------

    async def _slot(self, loop: asyncio.AbstractEventLoop, *, is_first: bool) -> None:
        """Wait in line; whoever wakes us has already counted our slot as taken.

        A device that has been begun goes first, so that a few are read at a time and not all of them a little.
        """
        waiting = loop.create_future()
        if is_first:
            self._waiting.appendleft(waiting)
        else:
            self._waiting.append(waiting)
        try:
            await waiting
        except asyncio.CancelledError:
            if waiting.done() and not waiting.cancelled():
                self._in_flight -= 1
                self._wake()
            raise

    def _release(self, exchange: _Exchange) -> None:
        if exchange.has_slot:
            exchange.has_slot = False
            self._in_flight -= 1
            if self._waiting:
                self._wake()

    def _wake(self) -> None:
        while self._waiting and self._in_flight < self._limit:
            waiting = self._waiting.popleft()
            if not waiting.done():
                waiting.set_result(None)
                self._in_flight += 1

    # --- packets ------------------------------------------------------------------------------------------------

    def _send(self, exchange: _Exchange, now: float) -> None:
        exchange.quiet_at = now + QUIET_S
        try:
            sent = self._endpoint(exchange.address, exchange.source).send(exchange.packet, exchange.address)
        except BadAddress as error:
            exchange.answer.set_exception(error)
            return
        except OSError as error:
            message = f"There is no way to {exchange.address[0]} ({error.strerror}). Check routes and the address."
            exchange.answer.set_exception(Unreachable(message))
            return
        if sent:
            exchange.tries_left -= 1
        exchange.deadline = now + (exchange.timeout_s if sent else TICK_S)

    def _endpoint(self, address: Address, source: str) -> Endpoint:
        family = socket.AF_INET if len(address) == 2 else socket.AF_INET6
        endpoint = self._endpoints.get((family, source))
        if endpoint is None:
            assert self._loop is not None
            try:
                endpoint = Endpoint(
                    family, on_packet=self._receive, on_refusal=partial(self._refuse, source), source=source
                )  # fmt: skip
            except OSError as error:
                raise BadAddress(
                    f"{address[0]} can't be asked from {source or 'here'} ({error.strerror}). Give an address that "
                    "this server has, in the device's address family."
                ) from error
            self._endpoints[family, source] = endpoint
            # A system that grants little memory would lose the answers of more devices than fit.
            self._max_in_flight = min(self._max_in_flight, max(MIN_IN_FLIGHT, endpoint.room // ANSWER_ROOM))
            self._limit = min(self._limit, self._max_in_flight)
            self._loop.add_reader(endpoint.socket, endpoint.drain)
        return endpoint

    def _receive(self, data: bytes, address: Address) -> None:
        try:
            exchange = self._pending.get(messages.exchange_id(data))
        except BadAnswer as error:
            self._blame(address, error)
            return
        if exchange is None or exchange.address != address or exchange.answer.done():
            self.dropped += 1
            return
        try:
            answer = exchange.accept(data)
        except CollectError as error:
            exchange.fault = error
            return
        if answer is None:
            self.dropped += 1
        else:
            exchange.answer.set_result(answer)

    def _blame(self, address: Address, error: CollectError) -> None:
        """Bytes without an id: remembered for the device that sent them, in case nothing better comes from it."""
        self.dropped += 1
        for exchange in self._pending.values():
            if exchange.address == address:
                exchange.fault = error

    def _refuse(self, source: str, address: Address) -> None:
        for exchange in self._pending.values():
            if exchange.address == address and exchange.source == source and not exchange.answer.done():
                exchange.answer.set_exception(
                    Refused(
                        f"{address[0]} says that nothing listens on UDP port {address[1]}. "
                        "Check that its SNMP agent is on, and the port."
                    )
                )

    # --- time ---------------------------------------------------------------------------------------------------

    def _tick(self) -> None:
        """Resend, give up, and watch how late the loop itself is; one timer serves all requests."""
        loop = self._loop
        if loop is None:
            return
        lag = loop.time() - self._tick_due
        self.worst_lag_s = max(self.worst_lag_s, lag)
        for endpoint in self._endpoints.values():
            endpoint.drain()
        now = loop.time()
        is_late = lag > LAG_S
        if is_late:
            self._limit = max(min(MIN_IN_FLIGHT, self._max_in_flight), self._limit // 2)
        elif self._limit < self._max_in_flight:
            self._limit = min(self._max_in_flight, self._limit + max(1, self._max_in_flight // 20))
        for exchange in list(self._pending.values()):
            if is_late:
                # We were away, so nobody can be blamed for that time.
                exchange.deadline += lag
                exchange.quiet_at += lag
            if exchange.answer.done():
                continue
            if now >= exchange.deadline:
                self._retry_or_give_up(exchange, now)
            elif exchange.has_slot and now >= exchange.quiet_at:
                self._release(exchange)
        if self._waiting:
            self._wake()
        self._tick_due = loop.time() + TICK_S
        self._timer = loop.call_at(self._tick_due, self._tick)

    def _retry_or_give_up(self, exchange: _Exchange, now: float) -> None:
        if exchange.tries_left > 0:
            self.resent += 1
            self._send(exchange, now)
            return
        silence = Unreachable(
            f"{exchange.address[0]} does not answer on UDP port {exchange.address[1]}. Check power and path, that "
            "its SNMP agent allows this server, and the community, user or context: agents do not answer wrong ones."
        )
        exchange.answer.set_exception(exchange.fault or silence)


__all__ = ["Community", "Engine", "Session", "UsmUser"]
