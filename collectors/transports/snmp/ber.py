"""The part of BER that SNMP uses, for both ends of a conversation.

An OID travels through the engine as the bytes of its encoding, which hash and slice faster than tuples;
`oid`, `arcs` and `dotted` convert. Byte order is not OID order: compare `arcs`.
"""

from functools import lru_cache
from typing import TypeAlias

from collectors.errors import BadAnswer

Oid: TypeAlias = bytes
Value: TypeAlias = int | bytes | str | None
"""Numbers are int, octets and IpAddress bytes, an OBJECT IDENTIFIER dotted text, everything absent None."""
VarBind: TypeAlias = tuple[Oid, int, Value]
Index: TypeAlias = tuple[int, ...]
Table: TypeAlias = dict[Index, list[Value]]
"""Rows by index, each with one value a column, None where the device has none."""

INTEGER, OCTETS, NULL, OBJECT_ID, SEQUENCE = 0x02, 0x04, 0x05, 0x06, 0x30
IP_ADDRESS, COUNTER32, GAUGE32, TIMETICKS, OPAQUE, COUNTER64 = 0x40, 0x41, 0x42, 0x43, 0x44, 0x46
NO_SUCH_OBJECT, NO_SUCH_INSTANCE, END_OF_MIB_VIEW = 0x80, 0x81, 0x82

MAX_ARCS = 128
MAX_ARC = 0xFFFFFFFF
KEPT_SIZE = 48
"""Bytes or numbers of an OID whose conversion is remembered; a device that makes up long ones must not fill memory."""
_UINT32_TAGS = frozenset((COUNTER32, GAUGE32, TIMETICKS, 0x47))
_UNSIGNED_TAGS = _UINT32_TAGS | {COUNTER64}
_ABSENT_TAGS = frozenset((NULL, NO_SUCH_OBJECT, NO_SUCH_INSTANCE, END_OF_MIB_VIEW))
_OCTET_TAGS = frozenset((OCTETS, IP_ADDRESS, OPAQUE, 0x45))


# --- OIDs -------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=65_536)
def oid(text: str) -> Oid:
    """The encoding of a dotted OID, with or without its leading dot."""
    try:
        return encode_arcs(tuple(int(arc) for arc in text.strip(".").split(".")))
    except ValueError as error:
        raise ValueError(f"{text!r} is not an OID in dotted form.") from error


def encode_arcs(numbers: tuple[int, ...]) -> Oid:
    if len(numbers) == 1:
        numbers = (numbers[0], 0)
    first, second = numbers[0], numbers[1]
    if first > 2 or first < 0 or (first < 2 and second > 39) or len(numbers) > MAX_ARCS:
        raise ValueError("An OID starts with 0, 1 or 2 and has at most 128 numbers.")
    return encode_index((first * 40 + second, *numbers[2:]))


def encode_index(numbers: tuple[int, ...]) -> bytes:
    """The encoding of the arcs after an OID's first two, such as a table row's index."""
    return _kept_encoding(numbers) if len(numbers) <= KEPT_SIZE else _encoding(numbers)


def _encoding(numbers: tuple[int, ...]) -> bytes:
    out = bytearray()
    for arc in numbers:
        if arc < 0x80:
            if arc < 0:
                raise ValueError("The numbers of an OID are not negative.")
            out.append(arc)
            continue
        if arc > MAX_ARC + 80:
            raise ValueError("The numbers of an OID are below 2^32.")
        groups = [arc & 0x7F]
        arc >>= 7
        while arc:
            groups.append(0x80 | (arc & 0x7F))
            arc >>= 7
        out += bytes(reversed(groups))
    return bytes(out)


_kept_encoding = lru_cache(maxsize=65_536)(_encoding)


def index_arcs(data: bytes) -> tuple[int, ...]:
    """The arcs of an encoded index (an OID's tail); refuses what no encoder writes."""
    return kept_index_arcs(data) if len(data) <= KEPT_SIZE else _index_arcs(data)


def _index_arcs(data: bytes) -> tuple[int, ...]:
    numbers: list[int] = []
    arc = 0
    for byte in data:
        if byte < 0x80:
            arc = (arc << 7) | byte
            if arc > MAX_ARC + 80:
                raise BadAnswer("The device sent an OID with a number over 2^32; check its firmware.")
            numbers.append(arc)
            arc = 0
        else:
            if not arc and byte == 0x80:
                raise BadAnswer("The device sent an OID with padded numbers; check its firmware.")
            arc = (arc << 7) | (byte & 0x7F)
    if arc or len(numbers) >= MAX_ARCS:
        raise BadAnswer("The device sent an OID that is cut short or too long; check its firmware.")
    return tuple(numbers)


kept_index_arcs = lru_cache(maxsize=65_536)(_index_arcs)
"""`index_arcs` for loops that count every call, and for no more than KEPT_SIZE bytes."""


def arcs(encoded: Oid) -> tuple[int, ...]:
    """All numbers of an OID, in the order that OIDs compare by."""
    numbers = index_arcs(encoded)
    if not numbers:
        return (0, 0)
    first = numbers[0]
    if first < 80:
        return (first // 40, first % 40, *numbers[1:])
    return (2, first - 80, *numbers[1:])


def dotted(encoded: Oid) -> str:
    return _kept_dotted(encoded) if len(encoded) <= KEPT_SIZE else _dotted(encoded)


def _dotted(encoded: Oid) -> str:
    return ".".join(map(str, arcs(encoded)))


_kept_dotted = lru_cache(maxsize=16_384)(_dotted)


# --- encoding ---------------------------------------------------------------------------------------------------


def tlv(tag: int, content: bytes) -> bytes:
    length = len(content)
    if length < 0x80:
        return bytes((tag, length)) + content
    if length < 0x100:
        return bytes((tag, 0x81, length)) + content
    if length < 0x10000:
        return bytes((tag, 0x82, length >> 8, length & 0xFF)) + content
    return bytes((tag, 0x83)) + length.to_bytes(3, "big") + content


def encode_integer(number: int, tag: int = INTEGER) -> bytes:
    """Any of the number types; the unsigned ones get the leading zero that keeps them positive."""
    if 0 <= number < 0x80:
        return bytes((tag, 1, number))
    size = (number if number >= 0 else ~number).bit_length() // 8 + 1
    return bytes((tag, size)) + number.to_bytes(size, "big", signed=True)


def encode_value(tag: int, value: Value) -> bytes:
    if isinstance(value, int):
        return encode_integer(value, tag)
    if isinstance(value, bytes):
        return tlv(tag, value)
    if isinstance(value, str):
        return tlv(tag, oid(value))
    return bytes((tag, 0))


def encode_varbind(name: Oid, tag: int = NULL, value: Value = None) -> bytes:
    return tlv(SEQUENCE, tlv(OBJECT_ID, name) + encode_value(tag, value))


# --- decoding ---------------------------------------------------------------------------------------------------


def header(data: bytes, position: int, end: int) -> tuple[int, int, int]:
    """Tag, start and stop of the content of the element at `position`; never reaches beyond `end`."""
    if position + 2 > end:
        raise BadAnswer("The device sent a packet that is cut short; check for a broken path or firmware.")
    tag, length = data[position], data[position + 1]
    position += 2
    if length & 0x80:
        size = length & 0x7F
        if not 0 < size <= 4 or position + size > end:
            raise BadAnswer("The device sent a packet with an impossible length; check its firmware.")
        length = int.from_bytes(data[position : position + size], "big")
        position += size
    stop = position + length
    if stop > end:
        raise BadAnswer("The device sent a packet that is cut short; check for a broken path or firmware.")
    return tag, position, stop


def expect(data: bytes, position: int, end: int, tag: int) -> tuple[int, int]:
    found, start, stop = header(data, position, end)
    if found != tag:
        raise BadAnswer(f"The device sent a packet with type 0x{found:02x} where 0x{tag:02x} belongs.")
    return start, stop


def integer(data: bytes, position: int, end: int) -> tuple[int, int]:
    """A signed INTEGER of at most 32 bits and the position after it."""
    start, stop = expect(data, position, end, INTEGER)
    if not 0 < stop - start <= 5:
        raise BadAnswer("The device sent a number of an impossible size; check its firmware.")
    number = int.from_bytes(data[start:stop], "big", signed=True)
    if not -0x80000000 <= number <= 0x7FFFFFFF:
        raise BadAnswer("The device sent a number of an impossible size; check its firmware.")
    return number, stop


def octets(data: bytes, position: int, end: int) -> tuple[bytes, int]:
    start, stop = expect(data, position, end, OCTETS)
    return data[start:stop], stop


def value(tag: int, content: bytes) -> Value:
    if tag == OCTETS:
        return content
    if tag in _UINT32_TAGS:
        if not 0 < len(content) <= 9:
            raise BadAnswer("The device sent a number of an impossible size; check its firmware.")
        # Some agents sign-extend a counter past 2^31; the low 32 bits are what they mean.
        return int.from_bytes(content, "big") & 0xFFFFFFFF
    if tag == INTEGER:
        if not 0 < len(content) <= 8:
            raise BadAnswer("The device sent a number of an impossible size; check its firmware.")
        return int.from_bytes(content, "big", signed=True)
    if tag == COUNTER64:
        if not 0 < len(content) <= 9:
            raise BadAnswer("The device sent a number of an impossible size; check its firmware.")
        return int.from_bytes(content, "big") & 0xFFFFFFFFFFFFFFFF
    if tag == OBJECT_ID:
        return dotted(content)
    if tag in _ABSENT_TAGS:
        return None
    if tag in _OCTET_TAGS:
        return content
    raise BadAnswer(f"The device sent a value of the unknown type 0x{tag:02x}; check its firmware.")


def varbinds(data: bytes, position: int, end: int) -> list[VarBind]:
    """The variable bindings between two positions.

    The engine's hottest loop: most elements are under 128 bytes, so their headers are read in place, and `header`
    takes the rest.
    """
    found: list[VarBind] = []
    add = found.append
    from_bytes = int.from_bytes
    try:
        while position < end:
            length = data[position + 1]
            if data[position] == 0x30 and length < 0x80:
                position += 2
                stop = position + length
                if stop > end:
                    raise BadAnswer("The device sent a packet that is cut short; check for a broken path.")
            else:
                position, stop = expect(data, position, end, SEQUENCE)
            length = data[position + 1]
            if data[position] == 0x06 and length < 0x80:
                start = position + 2
                position = start + length
            else:
                start, position = expect(data, position, stop, OBJECT_ID)
            name = data[start:position]
            tag = data[position]
            length = data[position + 1]
            if length < 0x80:
                start = position + 2
                position = start + length
            else:
                tag, start, position = header(data, position, stop)
            if position != stop:
                raise BadAnswer("The device sent a value whose length does not fit its frame; check its firmware.")
            if tag == 0x04:
                add((name, tag, data[start:stop]))
            elif 0 < length < 5 and tag in _UNSIGNED_TAGS:
                add((name, tag, from_bytes(data[start:stop], "big")))
            elif length == 1 and tag == 0x02:
                number = data[start]
                add((name, tag, number if number < 0x80 else number - 0x100))
            else:
                add((name, tag, value(tag, data[start:stop])))
    except IndexError:
        raise BadAnswer("The device sent a packet that is cut short; check for a broken path or firmware.") from None
    return found
