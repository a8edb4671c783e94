"""Walking columns side by side, with what real agents do wrong in mind."""

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

from collectors.errors import AgentError, BadAnswer, Unreachable
from collectors.transports.snmp import ber
from collectors.transports.snmp import message as messages
from collectors.transports.snmp.ber import Index, Oid, Value, VarBind
from collectors.transports.snmp.devices import Device
from collectors.transports.snmp.message import Pdu
from collectors.transports.snmp.requests import Request

Ask: TypeAlias = Callable[[Request, bool], Awaitable[Pdu]]
"""Sends a request; the flag says whether silence is worth a second try of the same."""

_UPTIME = Request(messages.GET, (ber.oid("1.3.6.1.2.1.1.3.0"),))


class _Column:
    __slots__ = ("found", "is_done", "kinds", "last", "last_index", "root")

    def __init__(self, root: Oid) -> None:
        self.root = root
        self.last = root
        self.last_index: Index = ()
        self.found: dict[Index, Value] = {}
        self.kinds: list[int] = []
        self.is_done = False


class Walk:
    """One pass over some columns; `expected_rows` keeps the last request from running far into the next table."""

    def __init__(
        self,
        ask: Ask,
        device: Device,
        roots: Sequence[Oid],
        *,
        max_rows: int,
        max_walk_s: float,
        expected_rows: int = 0,
    ) -> None:
        self._ask = ask
        self._device = device
        self._host = device.address[0]
        self._columns = [_Column(root) for root in roots]
        self._repetitions = device.repetitions
        self._expected_rows = expected_rows
        self._max_rows = max_rows
        self._max_walk_s = max_walk_s
        self._keeps_kinds = False

    async def run(self) -> list[dict[Index, Value]]:
        """Each column's values by index, in order."""
        started_at = time.monotonic()
        active = self._columns
        while active:
            if time.monotonic() - started_at > self._max_walk_s:
                raise BadAnswer(
                    f"{self._host} has not come to the end of a table in {self._max_walk_s:.0f} s. "
                    "Check its load and its firmware, and exclude the table if it is that large."
                )
            asked, varbinds = await self._next(active)
            for place, column in enumerate(asked):
                self._take(column, varbinds[place :: len(asked)])
            active = [column for column in active if not column.is_done]
        return [column.found for column in self._columns]

    async def varbinds(self) -> list[VarBind]:
        """The values of the first column as the agent sent them, types included."""
        self._keeps_kinds = True
        await self.run()
        column = self._columns[0]
        root = column.root
        return [
            (root + ber.encode_index(index), kind, value)
            for (index, value), kind in zip(column.found.items(), column.kinds, strict=True)
        ]

    def _take(self, column: _Column, varbinds: list[VarBind]) -> None:
        root, size, last, found = column.root, len(column.root), column.last_index, column.found
        known = len(found)
        kept, kept_size = ber.kept_index_arcs, size + ber.KEPT_SIZE
        for name, tag, value in varbinds:
            if tag >= ber.NO_SUCH_OBJECT or not name.startswith(root):
                column.is_done = True
                break
            index = kept(name[size:]) if len(name) <= kept_size else ber.index_arcs(name[size:])
            if index <= last:
                raise BadAnswer(
                    f"{self._host} repeats itself below {ber.dotted(root)}: its OIDs do not increase. "
                    "Check its firmware for a known SNMP defect."
                )
            last = index
            found[index] = value
        if len(found) > known:
            column.last_index, column.last = last, varbinds[len(found) - known - 1][0]
            if self._keeps_kinds:
                column.kinds += [varbind[1] for varbind in varbinds[: len(found) - known]]
        if len(found) > self._max_rows:
            raise BadAnswer(
                f"{self._host} sends more than {self._max_rows} rows below {ber.dotted(root)}. "
                "Check its firmware, and exclude the table if it is that large."
            )

    # --- one request --------------------------------------------------------------------------------------------

    async def _next(self, active: list[_Column]) -> tuple[list[_Column], list[VarBind]]:
        """The next values of the columns, by GETBULK as long as it works."""
        names = tuple(column.last for column in active)
        while True:
            repetitions = self._wanted_rows(active[0])
            try:
                is_retried = repetitions == 1 or not self._device.has_answered
                pdu = await self._ask(Request(messages.GET_BULK, names, repetitions), is_retried)
            except Unreachable:
                if repetitions == 1 or not self._device.has_answered:
                    raise
                # Too large for the path, or gone? One small value tells.
                await self._ask(_UPTIME, True)
                self._repetitions = self._device.repetitions = repetitions // 2
                continue
            if pdu.error_status == messages.NO_ERROR and pdu.varbinds:
                return active, pdu.varbinds
            if repetitions == 1 or pdu.error_status not in (messages.NO_ERROR, messages.TOO_BIG):
                return await self._next_singly(active)
            self._repetitions = repetitions // 2
            if pdu.error_status == messages.TOO_BIG:
                self._device.repetitions = self._repetitions

    def _wanted_rows(self, column: _Column) -> int:
        left = self._expected_rows - len(column.found)
        return min(self._repetitions, left + 1) if left >= 0 and self._expected_rows else self._repetitions

    async def _next_singly(self, active: list[_Column]) -> tuple[list[_Column], list[VarBind]]:
        """GETNEXT, for the agent that answers a GETBULK with nothing or with an error."""
        pdu = await self._ask(Request(messages.GET_NEXT, tuple(column.last for column in active)), True)
        if pdu.error_status == messages.NO_SUCH_NAME:
            ended = active[pdu.error_index - 1 : pdu.error_index] or active
            for column in ended:
                column.is_done = True
            return [], []
        if pdu.error_status == messages.NO_ERROR and pdu.varbinds:
            return active, pdu.varbinds
        if len(active) > 1:
            return await self._next_singly(active[:1])
        if pdu.error_status == messages.NO_ERROR:
            raise BadAnswer(f"{self._host} answers with no value where one belongs. Check its firmware.")
        status = messages.error_name(pdu.error_status)
        raise AgentError(
            f"{self._host} refused to read below {ber.dotted(active[0].root)} ({status}). Check its SNMP view, its "
            "largest SNMP packet and its firmware.",
            status,
        )
