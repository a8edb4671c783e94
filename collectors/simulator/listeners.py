"""TCP ports of the simulated devices, for probes: they take connections while their line carries, and else are silent.

A closed port would refuse, and a refusal proves the path. So a listener that has to be silent stays open with its queue
full: the kernel then drops what comes, as a cut line does.
"""

import asyncio
import contextlib
import errno
import socket
from collections.abc import Callable

from collectors.simulator.plan import Plan
from collectors.simulator.server import CannotServe

CHECK_S = 0.5
_BACKLOG = 64
_FILLERS = 2  # Linux keeps one connection more than a backlog of 0 says


class Listener:
    def __init__(self, address: str, port: int, device: str, line: str) -> None:
        self.device, self.line = device, line
        self._fillers: list[socket.socket] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._socket.setblocking(False)
            self._socket.bind((address, port))
            self._socket.listen(_BACKLOG)
        except OSError as error:
            self._socket.close()
            reason = "another program uses it" if error.errno == errno.EADDRINUSE else error.strerror
            raise CannotServe(f"TCP port {port} of {address} can not be opened: {reason}.") from error

    @property
    def is_silent(self) -> bool:
        return bool(self._fillers)

    def take(self) -> None:
        """Every connection that waits, closed at once: a probe wants no more."""
        with contextlib.suppress(BlockingIOError):
            while True:
                self._socket.accept()[0].close()

    def silence(self) -> None:
        self.take()
        self._socket.listen(0)
        for _ in range(_FILLERS):
            filler = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            filler.setblocking(False)
            filler.connect_ex(self._socket.getsockname())
            self._fillers.append(filler)

    def wake(self) -> None:
        for filler in self._fillers:
            filler.close()
        self._fillers.clear()
        self._socket.listen(_BACKLOG)
        self.take()

    def fileno(self) -> int:
        return self._socket.fileno()

    def close(self) -> None:
        for filler in self._fillers:
            filler.close()
        self._socket.close()


class Listeners:
    """`carries` says whether a device's line is to be answered on; it is asked twice a second."""

    def __init__(self, plan: Plan, carries: Callable[[str, str], bool]) -> None:
        self._carries = carries
        self.all: list[Listener] = []
        try:
            for device in plan.devices:
                for planned in device.listeners:
                    self.all.append(Listener(device.address, planned.port, device.name, planned.line))
        except CannotServe:
            self.close()
            raise

    async def run(self) -> None:
        """Until cancelled."""
        loop = asyncio.get_running_loop()
        for listener in self.all:
            loop.add_reader(listener, listener.take)
        try:
            while True:
                self.follow(loop)
                await asyncio.sleep(CHECK_S)
        finally:
            for listener in self.all:
                loop.remove_reader(listener)
            self.close()

    def follow(self, loop: asyncio.AbstractEventLoop) -> None:
        for listener in self.all:
            is_wanted = self._carries(listener.device, listener.line)
            if is_wanted and listener.is_silent:
                listener.wake()
                loop.add_reader(listener, listener.take)
            elif not is_wanted and not listener.is_silent:
                loop.remove_reader(listener)
                listener.silence()

    def close(self) -> None:
        for listener in self.all:
            listener.close()
        self.all.clear()
