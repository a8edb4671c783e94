"""What a device's table answers to the request in a PDU."""

from itertools import islice

from collectors.simulator.tables import Table
from collectors.transports.snmp import ber
from collectors.transports.snmp import message as messages
from collectors.transports.snmp.message import Pdu

MAX_SIZE = 12_000
"""Bytes of a message; what VRP allows by default."""
MAX_VARBINDS = 4_000
_ROOM = 40
"""Bytes around the varbinds in a response PDU."""
_AUTHORIZATION_ERROR, _NOT_WRITABLE = 16, 17


def response(table: Table, pdu: Pdu, now: float, *, room: int) -> bytes | None:
    """The PDU to send back, in at most `room` bytes; None for what deserves no answer."""
    if pdu.kind == messages.GET:
        return _whole(pdu, [table.get(name, now) for name, _, _ in pdu.varbinds], room)
    if pdu.kind == messages.GET_NEXT:
        return _whole(pdu, [_next(table, name, now) for name, _, _ in pdu.varbinds], room)
    if pdu.kind == messages.GET_BULK:
        return _encoded(pdu, _bulk(table, pdu, now, room - _ROOM))
    if pdu.kind == messages.SET:
        return _refusal(pdu, _NOT_WRITABLE)
    return None


def not_authorized(pdu: Pdu) -> bytes | None:
    is_request = pdu.kind in (messages.GET, messages.GET_NEXT, messages.GET_BULK, messages.SET)
    return _refusal(pdu, _AUTHORIZATION_ERROR) if is_request else None


def _encoded(pdu: Pdu, varbinds: list[bytes]) -> bytes:
    return messages.encode_pdu(messages.RESPONSE, pdu.request_id, b"".join(varbinds))


def _whole(pdu: Pdu, varbinds: list[bytes], room: int) -> bytes:
    if sum(map(len, varbinds)) > room - _ROOM:
        return messages.encode_pdu(messages.RESPONSE, pdu.request_id, b"", first=messages.TOO_BIG)
    return _encoded(pdu, varbinds)


def _refusal(pdu: Pdu, status: int) -> bytes:
    varbinds = b"".join(ber.encode_varbind(*varbind) for varbind in pdu.varbinds)
    return messages.encode_pdu(messages.RESPONSE, pdu.request_id, varbinds, first=status, second=min(len(varbinds), 1))


def _next(table: Table, name: ber.Oid, now: float) -> bytes:
    found = table.after(name, 1, now)
    return found[0] if found else ber.encode_varbind(name, ber.END_OF_MIB_VIEW)


def _bulk(table: Table, pdu: Pdu, now: float, room: int) -> list[bytes]:
    names = [name for name, _, _ in pdu.varbinds]
    single = min(max(pdu.error_status, 0), len(names))
    found = [_next(table, name, now) for name in names[:single]]
    repeated = names[single:]
    count = min(max(pdu.error_index, 0), MAX_VARBINDS // max(len(repeated), 1))
    if repeated and count:
        found += _interleaved(table, repeated, count, now)
    total = 0
    for place, varbind in enumerate(found):
        total += len(varbind)
        if total > room:
            return found[:place]
    return found


def _interleaved(table: Table, names: list[ber.Oid], count: int, now: float) -> list[bytes]:
    """Row by row; a column that has come to the end of everything says so until the others have too."""
    columns = [table.after(name, count, now) for name in names]
    if len(columns) == 1 and len(columns[0]) == count:
        return columns[0]
    height = min(count, max(map(len, columns)) + 1)
    for name, column in zip(names, columns, strict=True):
        if len(column) < height:
            last = table.last_name() if column else name
            column.extend([ber.encode_varbind(last, ber.END_OF_MIB_VIEW)] * (height - len(column)))
    return [varbind for row in zip(*(islice(column, height) for column in columns), strict=True) for varbind in row]
