"""A conversation with one device: GET, walks and tables."""

from collections.abc import Sequence
from functools import lru_cache

from collectors.errors import AgentError, BadAnswer, Unreachable
from collectors.transports.snmp import ber, requests
from collectors.transports.snmp import message as messages
from collectors.transports.snmp.addresses import resolved
from collectors.transports.snmp.ber import Index, Oid, Table, Value, VarBind
from collectors.transports.snmp.devices import Device, Exchanger
from collectors.transports.snmp.requests import Request
from collectors.transports.snmp.usm import Community, UsmUser
from collectors.transports.snmp.walks import Walk

MAX_COLUMNS = 10
MAX_ROWS = 50_000
MAX_WALK_S = 60.0


class Session:
    """Made by `Engine.session`. OIDs are dotted text or encoded; values come as `ber.Value`."""

    def __init__(
        self,
        engine: Exchanger,
        host: str,
        port: int,
        credentials: Community | UsmUser,
        *,
        timeout_s: float = 2.0,
        retries: int = 1,
        max_rows: int = MAX_ROWS,
        max_walk_s: float = MAX_WALK_S,
        source: str = "",
    ) -> None:
        self.host = host
        self.port = port
        self.timeout_s = timeout_s
        self.retries = retries
        self.max_rows = max_rows
        self.max_walk_s = max_walk_s
        self._engine = engine
        self._credentials = credentials
        self._source = source
        self._device: Device | None = None

    async def get(self, oids: Sequence[str | Oid]) -> list[Value]:
        """The values in the order asked, None for what the device does not have."""
        names = [encoded(name) for name in oids]
        found: dict[Oid, Value] = {}
        await self._get_all(await self._resolved(), names, found)
        return [found.get(name) for name in names]

    async def walk(self, root: str | Oid) -> list[VarBind]:
        """Everything below an OID in order; raises BadAnswer rather than follow an agent without an end."""
        return await (await self._walk([encoded(root)])).varbinds()

    async def table(
        self, columns: Sequence[str | Oid], indexes: Sequence[Index] | None = None, *, expected_rows: int = 0
    ) -> Table:
        """The columns' rows: all of them by GETBULK, or those of `indexes` that exist by GET.

        Knowing about how many rows there are spares the device what it would answer beyond their end.
        """
        names = [encoded(column) for column in columns]
        if indexes is not None:
            return await self._rows(names, indexes)
        rows: Table = {}
        for first in range(0, len(names), MAX_COLUMNS):
            group = names[first : first + MAX_COLUMNS]
            walk = await self._walk(group, expected_rows=len(rows) or expected_rows)
            for place, column in enumerate(await walk.run(), start=first):
                for index, value in column.items():
                    row = rows.get(index)
                    if row is None:
                        row = rows[index] = [None] * len(names)
                    row[place] = value
        return rows

    async def _walk(self, roots: list[Oid], *, expected_rows: int = 0) -> Walk:
        return Walk(
            self._ask,
            await self._resolved(),
            roots,
            max_rows=self.max_rows,
            max_walk_s=self.max_walk_s,
            expected_rows=expected_rows,
        )

    async def _rows(self, columns: list[Oid], indexes: Sequence[Index]) -> Table:
        width = len(columns)
        tails = [ber.encode_index(index) for index in indexes]
        values = await self.get([column + tail for tail in tails for column in columns])
        rows = {index: values[place * width : (place + 1) * width] for place, index in enumerate(indexes)}
        return {index: row for index, row in rows.items() if any(value is not None for value in row)}

    async def _get_all(self, device: Device, names: list[Oid], found: dict[Oid, Value]) -> None:
        while names:
            asked = names[: device.values]
            if await self._get_some(device, asked, found):
                names = names[len(asked) :]

    async def _get_some(self, device: Device, names: list[Oid], found: dict[Oid, Value]) -> bool:
        """One GET; False when it was too much at once and has to be asked in smaller parts."""
        is_divisible = len(names) > 1
        may_be_large = is_divisible and device.has_answered
        try:
            pdu = await self._ask(Request(messages.GET, tuple(names)), not may_be_large)
        except Unreachable:
            if not may_be_large:
                raise
            await self._ask(Request(messages.GET, (names[0],)), True)
            device.values = len(names) // 2
            return False
        if pdu.error_status == messages.NO_SUCH_NAME and 0 < pdu.error_index <= len(names):
            # An agent with SNMPv1's manners refuses the whole request for one missing value.
            await self._get_all(device, names[: pdu.error_index - 1] + names[pdu.error_index :], found)
            return True
        is_truncated = pdu.error_status == messages.NO_ERROR and len(pdu.varbinds) < len(names)
        if is_divisible and (pdu.error_status == messages.TOO_BIG or is_truncated):
            device.values = len(names) // 2
            return False
        if pdu.error_status != messages.NO_ERROR:
            status = messages.error_name(pdu.error_status)
            raise AgentError(
                f"{self.host} refused the request ({status}). Check what its SNMP view allows these credentials.",
                status,
            )
        if is_truncated or len(pdu.varbinds) > len(names):
            raise BadAnswer(f"{self.host} answers with another number of values than asked. Check its firmware.")
        for name, (answered, _, value) in zip(names, pdu.varbinds, strict=True):
            if answered != name:
                raise BadAnswer(f"{self.host} answered for {ber.dotted(answered)} instead of {ber.dotted(name)}.")
            found[name] = value
        return True

    async def _ask(self, request: Request, is_retried: bool) -> messages.Pdu:
        """One request and its answer, whatever error status that carries."""
        device = self._device or await self._resolved()
        engine, credentials, timeout_s = self._engine, self._credentials, self.timeout_s
        retries = self.retries if is_retried else 0
        async with device.lock:
            if isinstance(credentials, Community):
                pdu = await requests.ask_v2(
                    engine, device, credentials, request, timeout_s=timeout_s, retries=retries
                )  # fmt: skip
            else:
                pdu = await requests.ask_v3(
                    engine, device, credentials, request, timeout_s=timeout_s, retries=retries
                )  # fmt: skip
        device.has_answered = True
        if pdu.kind != messages.RESPONSE:
            raise BadAnswer(f"{self.host} sent something else than a response. Check what listens on that port.")
        return pdu

    async def _resolved(self) -> Device:
        if self._device is not None:
            return self._device
        self._device = self._engine.device(await resolved(self.host, self.port, self._source), self._source)
        return self._device


@lru_cache(maxsize=65_536)
def encoded(name: str | Oid) -> Oid:
    return ber.oid(name) if isinstance(name, str) else name
