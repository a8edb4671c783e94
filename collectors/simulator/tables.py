"""What a device answers with: columns of ready varbinds in OID order.

A column's OIDs share a prefix, its rows' indexes are shared with the columns beside it, and its values are one run
of bytes where they don't move: a device of 60 ports takes about 150 kB this way.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import TypeAlias

from collectors.transports.snmp import ber

Arcs: TypeAlias = tuple[int, ...]
Moving: TypeAlias = Callable[[int, float], bytes]
"""The encoded value of a row (by its place) at a moment."""


class Rows:
    """The indexes of a table in OID order; `order` says at which place of the input each row was."""

    __slots__ = ("indexes", "order", "tails")

    def __init__(self, indexes: Sequence[Arcs]) -> None:
        self.order = sorted(range(len(indexes)), key=indexes.__getitem__)
        self.indexes = [indexes[place] for place in self.order]
        self.tails = [ber.encode_index(index) for index in self.indexes]


SCALAR = Rows([(0,)])


class Column:
    """`run` holds whole varbinds, or their names alone where the values move."""

    __slots__ = ("ends", "moving", "prefix", "rows", "run")

    def __init__(self, prefix: Arcs, rows: Rows, pieces: Iterable[bytes], moving: Moving | None) -> None:
        self.prefix = prefix
        self.rows = rows
        self.moving = moving
        self.ends = array("I", [0])
        run = bytearray()
        for piece in pieces:
            run += piece
            self.ends.append(len(run))
        self.run = bytes(run)

    def varbind(self, place: int, now: float) -> bytes:
        piece = self.run[self.ends[place] : self.ends[place + 1]]
        return piece if self.moving is None else _pair(piece + self.moving(self.rows.order[place], now))

    def varbinds(self, first: int, count: int, now: float) -> list[bytes]:
        run, ends, moving = self.run, self.ends, self.moving
        places = range(first, min(first + count, len(ends) - 1))
        if moving is None:
            return [run[ends[place] : ends[place + 1]] for place in places]
        order = self.rows.order
        return [_pair(run[ends[place] : ends[place + 1]] + moving(order[place], now)) for place in places]


def _pair(content: bytes) -> bytes:
    size = len(content)
    return b"\x30" + size.to_bytes() + content if size < 0x80 else ber.tlv(ber.SEQUENCE, content)


def fixed(prefix: Arcs, rows: Rows, values: Sequence[bytes]) -> Column:
    """`values` are encoded, in the order that `rows` was made from."""
    start = ber.encode_arcs(prefix)
    pieces = (
        ber.tlv(ber.SEQUENCE, ber.tlv(ber.OBJECT_ID, start + tail) + values[place])
        for tail, place in zip(rows.tails, rows.order, strict=True)
    )
    return Column(prefix, rows, pieces, None)


def moving(prefix: Arcs, rows: Rows, value: Moving) -> Column:
    start = ber.encode_arcs(prefix)
    return Column(prefix, rows, (ber.tlv(ber.OBJECT_ID, start + tail) for tail in rows.tails), value)


def scalar(prefix: Arcs, value: bytes) -> Column:
    return fixed(prefix, SCALAR, [value])


def moving_scalar(prefix: Arcs, value: Callable[[float], bytes]) -> Column:
    return moving(prefix, SCALAR, lambda _, now: value(now))


# --- encoded values ---------------------------------------------------------------------------------------------

integer = ber.encode_integer


def octets(value: bytes) -> bytes:
    return ber.tlv(ber.OCTETS, value)


def text(value: str) -> bytes:
    return ber.tlv(ber.OCTETS, value.encode())


def object_id(numbers: Arcs) -> bytes:
    return ber.tlv(ber.OBJECT_ID, ber.encode_arcs(numbers))


def gauge(value: int) -> bytes:
    return ber.encode_integer(value, ber.GAUGE32)


def ticks(seconds: float) -> bytes:
    """TimeTicks, which start over after 497 days."""
    return ber.encode_integer(int(max(seconds, 0) * 100) & 0xFFFFFFFF, ber.TIMETICKS)


def counter32(value: int) -> bytes:
    return ber.encode_integer(value & 0xFFFFFFFF, ber.COUNTER32)


def counter64(value: int) -> bytes:
    return ber.encode_integer(value & 0xFFFFFFFFFFFFFFFF, ber.COUNTER64)


# --- looking up -------------------------------------------------------------------------------------------------


# Devices of a kind are asked the same names again and again.
_arcs = lru_cache(maxsize=65_536)(ber.arcs)


class Table:
    """All that one device shows. No column's prefix may begin with another's."""

    def __init__(self, columns: Iterable[Column]) -> None:
        self._columns = sorted((column for column in columns if column.rows.indexes), key=lambda column: column.prefix)
        self._prefixes = [column.prefix for column in self._columns]

    def get(self, name: ber.Oid, now: float) -> bytes:
        """The varbind of this name, or what SNMP says when there is none."""
        numbers = _arcs(name)
        place = bisect_right(self._prefixes, numbers) - 1
        if place >= 0:
            column = self._columns[place]
            size = len(column.prefix)
            if numbers[:size] == column.prefix:
                index = numbers[size:]
                row = bisect_left(column.rows.indexes, index)
                if row < len(column.rows.indexes) and column.rows.indexes[row] == index:
                    return column.varbind(row, now)
                return ber.encode_varbind(name, ber.NO_SUCH_INSTANCE)
        return ber.encode_varbind(name, ber.NO_SUCH_OBJECT)

    def after(self, name: ber.Oid, count: int, now: float) -> list[bytes]:
        """The next varbinds behind this name, at most `count`; fewer at the end of the table."""
        place, row = self._place_after(_arcs(name))
        found: list[bytes] = []
        for column in self._columns[place:]:
            found += column.varbinds(row, count - len(found), now)
            if len(found) >= count:
                break
            row = 0
        return found

    def last_name(self) -> ber.Oid:
        column = self._columns[-1]
        return ber.encode_arcs(column.prefix + column.rows.indexes[-1])

    def _place_after(self, numbers: Arcs) -> tuple[int, int]:
        """Column and row; behind the last column there is nothing."""
        place = bisect_right(self._prefixes, numbers) - 1
        if place < 0:
            return 0, 0
        column = self._columns[place]
        size = len(column.prefix)
        if numbers[:size] != column.prefix:
            return place + 1, 0
        row = bisect_right(column.rows.indexes, numbers[size:])
        return (place, row) if row < len(column.rows.indexes) else (place + 1, 0)
