"""A small SNMP agent for tests, which can also misbehave in the ways that real ones do."""

import asyncio
import bisect
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Self

from collectors.errors import CollectError
from collectors.transports.snmp import ber, usm
from collectors.transports.snmp import message as messages
from collectors.transports.snmp.usm import Authority, UsmUser

Mib = Mapping[tuple[int, ...], tuple[int, ber.Value]]

REPORTS = {
    "unsupportedSecLevels": 1, "notInTimeWindows": 2, "unknownUserNames": 3, "unknownEngineIDs": 4, "wrongDigests": 5,
    "decryptionErrors": 6, "unknownContexts": 0,
}  # fmt: skip


def mib(values: Mapping[str, tuple[int, ber.Value]]) -> dict[tuple[int, ...], tuple[int, ber.Value]]:
    return {arcs(name): value for name, value in values.items()}


def arcs(dotted: str) -> tuple[int, ...]:
    return tuple(int(arc) for arc in dotted.split("."))


def read_recording(path: Path) -> dict[tuple[int, ...], tuple[int, ber.Value]]:
    """A recorded walk, one OID|type|value a line; an "x" behind the type says that the value is in hex."""
    found: dict[tuple[int, ...], tuple[int, ber.Value]] = {}
    for line in path.read_bytes().split(b"\n"):
        name, separator, rest = line.rstrip(b"\r").partition(b"|")
        kind, _, written = rest.partition(b"|")
        if not separator:
            continue
        is_hex = kind.endswith(b"x")
        tag = int(kind.rstrip(b"xe"))
        data = bytes.fromhex(written.decode()) if is_hex else written
        value: ber.Value
        if tag in (ber.INTEGER, ber.COUNTER32, ber.GAUGE32, ber.TIMETICKS, ber.COUNTER64):
            value = int.from_bytes(data, "big") if is_hex else int(data)
        elif tag == ber.OBJECT_ID:
            value = data.decode().strip(".") or "0.0"
        elif tag == ber.IP_ADDRESS and not is_hex:
            value = bytes(int(part) for part in data.split(b"."))
        elif tag == ber.NULL:
            value = None
        else:
            value = data
        found[arcs(name.decode().strip("."))] = (tag, value)
    return found


class Agent(asyncio.DatagramProtocol):
    """Serves a MIB over UDP. `behaviour` is one of the words that `_misbehave` and `_answer` know."""

    def __init__(
        self,
        values: Mib,
        *,
        community: str = "public",
        users: Iterable[UsmUser] = (),
        behaviour: str = "",
        max_size: int = messages.MAX_SIZE,
        engine_id: bytes = b"\x80\x00\x1f\x88\x04test",
        silent_for: int = 0,
        contexts: Mapping[str, Mib] | None = None,
    ) -> None:
        self.names = sorted(values)
        self.encoded = {name: ber.encode_arcs(name) for name in self.names}
        self.values = values
        self.contexts = {name.encode(): Agent(inner) for name, inner in (contexts or {}).items()}
        self.community = community.encode()
        self.users = {user.name.encode(): user for user in users}
        self.behaviour = behaviour
        self.max_size = max_size
        self.authority = Authority(engine_id, boots=7, time=5000)
        self.silent_for = silent_for
        self.requests: list[messages.Pdu] = []
        self.too_long = 0
        self.transport: Any = None
        self.second: Any = None

    async def __aenter__(self) -> Self:
        return await self.started()

    async def __aexit__(self, *_: object) -> None:
        self.stop()

    async def started(self, host: str = "127.0.0.1", port: int = 0) -> Self:
        loop = asyncio.get_running_loop()
        self.transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(host, port))
        return self

    def stop(self) -> None:
        self.transport.close()
        if self.second is not None:
            self.second.close()

    @property
    def port(self) -> int:
        return int(self.transport.get_extra_info("sockname")[1])

    def datagram_received(self, data: bytes, address: Any) -> None:
        if self.silent_for > 0:
            self.silent_for -= 1
            return
        if len(data) > self.max_size:
            self.too_long += 1
            return
        try:
            reply = self._reply(data)
        except CollectError:
            return
        if reply is None or self._misbehave(data, reply, address):
            return
        self.transport.sendto(reply, address)

    def connection_made(self, transport: Any) -> None:
        self.transport = self.transport or transport

    def connection_lost(self, error: Exception | None) -> None:
        return

    # --- the two versions' envelopes ----------------------------------------------------------------------------

    def _reply(self, data: bytes) -> bytes | None:
        start, end = ber.expect(data, 0, len(data), ber.SEQUENCE)
        if ber.integer(data, start, end)[0] == messages.V3:
            return self._reply_v3(data)
        request = messages.decode_v2(data)
        if request.community != self.community:
            return None
        room = self.max_size - len(request.community) - 40
        return messages.encode_v2(request.community, self._answer(request.pdu, room), request.version)

    def _reply_v3(self, data: bytes) -> bytes:
        request = messages.decode_v3(data)
        if request.engine_id != self.authority.engine_id:
            return self._report("unknownEngineIDs", request)
        user = self.users.get(request.user)
        if user is None:
            return self._report("unknownUserNames", request)
        secured = request.flags & (messages.AUTH | messages.PRIV)
        if secured & ~user.flags:
            return self._report("unsupportedSecLevels", request)
        if secured & messages.AUTH and not usm.is_authentic(user, request, data):
            return self._report("wrongDigests", request)
        off = abs(request.time - self.authority.now()) > 150 or request.boots != self.authority.boots
        if secured & messages.AUTH and (off or self.behaviour == "clock"):
            return self._report("notInTimeWindows", request, user)
        try:
            payload = usm.decrypted(user, request) if secured & messages.PRIV else request.payload
            scoped = messages.decode_scoped(payload, padded=True)
        except CollectError:
            return self._report("decryptionErrors", request, user)
        if scoped.context and scoped.context not in self.contexts:
            return self._report("unknownContexts", request, user)
        served = self.contexts.get(scoped.context, self)
        pdu = served._answer(scoped.pdu, self.max_size - 200)
        answer = messages.encode_scoped(self.authority.engine_id, scoped.context, pdu)
        return usm.seal(
            user, self.authority, answer, message_id=request.message_id, reportable=False, flags=secured,
            max_size=self.max_size,
        )  # fmt: skip

    def _report(self, name: str, request: messages.V3Message, user: UsmUser | None = None) -> bytes:
        number = REPORTS[name]
        counter = ber.oid(f"1.3.6.1.6.3.15.1.1.{number}.0" if number else "1.3.6.1.6.3.12.1.5.0")
        pdu = messages.encode_pdu(messages.REPORT, 0, ber.encode_varbind(counter, ber.COUNTER32, 1))
        return usm.seal(
            user or UsmUser(request.user.decode()),
            self.authority,
            messages.encode_scoped(self.authority.engine_id, b"", pdu),
            message_id=request.message_id,
            reportable=False,
            flags=messages.AUTH if user is not None and name == "notInTimeWindows" else 0,
            max_size=self.max_size,
        )

    # --- PDUs ---------------------------------------------------------------------------------------------------

    def _answer(self, request: messages.Pdu, room: int) -> bytes:
        self.requests.append(request)
        names = [ber.arcs(name) for name, _, _ in request.varbinds]
        if self.behaviour == "v1" and request.kind != messages.GET_BULK:
            for place, name in enumerate(names, start=1):
                has_it = name in self.values if request.kind == messages.GET else self._after(name) is not None
                if not has_it:
                    return messages.encode_pdu(
                        messages.RESPONSE, request.request_id, b"", first=messages.NO_SUCH_NAME, second=place
                    )
        if request.kind == messages.GET:
            found = [self._exact(name) for name in names]
        elif request.kind == messages.GET_NEXT:
            found = [self._next(name)[1] for name in names]
        else:
            return self._bulk_answer(request, names, room)
        if sum(map(len, found)) > room:
            return messages.encode_pdu(messages.RESPONSE, request.request_id, b"", first=messages.TOO_BIG)
        return messages.encode_pdu(messages.RESPONSE, request.request_id, b"".join(found))

    def _bulk_answer(self, request: messages.Pdu, names: list[tuple[int, ...]], room: int) -> bytes:
        repetitions = request.error_index
        refuses = {"tooBig": repetitions > 3, "genErr": True}.get(self.behaviour, False)
        if refuses:
            status = messages.ERROR_NAMES.index(self.behaviour)
            return messages.encode_pdu(messages.RESPONSE, request.request_id, b"", first=status, second=1)
        found: list[bytes] = []
        if self.behaviour != "empty bulk":
            for _ in range(repetitions):
                row = [self._next(name) for name in names]
                found += [varbind for _, varbind in row]
                names = [name for name, _ in row]
        size = 0
        for place, varbind in enumerate(found):
            size += len(varbind)
            if size > room:
                del found[place:]
                break
        return messages.encode_pdu(messages.RESPONSE, request.request_id, b"".join(found))

    def _exact(self, name: tuple[int, ...]) -> bytes:
        if name not in self.values:
            return ber.encode_varbind(ber.encode_arcs(name), ber.NO_SUCH_INSTANCE)
        return ber.encode_varbind(self.encoded[name], *self.values[name])

    def _after(self, name: tuple[int, ...]) -> tuple[int, ...] | None:
        if self.behaviour == "endless":
            return (*name[:-1], name[-1] + 1) if len(name) > 10 else (*name, 1)
        if self.behaviour == "looping" and name == self.names[-1]:
            return self.names[0]
        place = bisect.bisect_right(self.names, name)
        return self.names[place] if place < len(self.names) else None

    def _next(self, name: tuple[int, ...]) -> tuple[tuple[int, ...], bytes]:
        following = self._after(name)
        if following is None:
            return name, ber.encode_varbind(ber.encode_arcs(name), ber.END_OF_MIB_VIEW)
        if following not in self.values:
            return following, ber.encode_varbind(ber.encode_arcs(following), ber.INTEGER, 1)
        return following, self._exact(following)

    # --- bad manners --------------------------------------------------------------------------------------------

    def _misbehave(self, data: bytes, reply: bytes, address: Any) -> bool:
        """Whether the reply has been dealt with."""
        if self.behaviour == "silent":
            return True
        if self.behaviour == "deaf to bulk" and self.requests[-1].kind == messages.GET_BULK:
            return self.requests[-1].error_index > 5
        if self.behaviour == "garbage":
            self.transport.sendto(b"\x30\x82garbage" * 5, address)
            return True
        if self.behaviour == "broken body":
            self.transport.sendto(reply[:-1] + b"\xff\xff", address)
            self.transport.sendto(reply.replace(b"\x06\x08", b"\x07\x08"), address)
            return True
        if self.behaviour == "wrong id":
            request = messages.decode_v2(data)
            pdu = messages.encode_pdu(messages.RESPONSE, request.pdu.request_id ^ 1, b"")
            self.transport.sendto(messages.encode_v2(self.community, pdu), address)
            return True
        if self.behaviour == "twice":
            self.transport.sendto(reply, address)
            self.transport.sendto(reply, address)
            return True
        if self.behaviour == "wrong source":
            self.second.sendto(reply, address)
            return True
        return False
