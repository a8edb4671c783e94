"""What SNMP values mean: text in whatever encoding, MAC addresses, times, enumerations."""

from collections.abc import Sequence

from collectors.transports.snmp.ber import Value

_BLANK = "".join(map(chr, range(0x21))) + "\x7f\x85\xa0\u3000"


def text(value: Value) -> str:
    """Text as UTF-8, else GB18030 (Chinese devices keep what was typed in their terminal), else Latin-1.

    It ends at the first NUL, behind which some agents send what else was in their buffer.
    """
    if isinstance(value, bytes):
        return _unquoted(_decoded(value.partition(b"\0")[0]).strip(_BLANK))
    return "" if value is None else str(value)


def _unquoted(written: str) -> str:
    """Without the quotes that some agents put around a whole value."""
    inner = written[1:-1]
    return inner.strip(_BLANK) if written == f'"{inner}"' and '"' not in inner else written


def _decoded(data: bytes) -> str:
    if data.isascii():
        return data.decode("ascii")
    for encoding in ("utf-8", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError as error:
            # Devices cut names at a byte limit, in the middle of a character.
            is_cut = error.end == len(data) and error.start > len(data) - 4
            head = data[: error.start]
            if is_cut and not head.isascii():
                return head.decode(encoding, "ignore")
    return data.decode("latin-1")


def number(value: Value) -> int | None:
    """A number, also from the digits that some devices send instead."""
    if isinstance(value, bytes):
        return int(value) if value.isdigit() and len(value) <= 20 else None
    return value if isinstance(value, int) else None


def seconds(value: Value) -> float | None:
    """TimeTicks as seconds."""
    return value / 100 if isinstance(value, int) else None


def octets(value: Value) -> bytes:
    return value if isinstance(value, bytes) else b""


def mac(value: Value) -> str | None:
    """A MAC address from its six octets, or from the text that some devices send instead."""
    data = octets(value)
    if len(data) == 6:
        return data.hex(":")
    if 11 <= len(data) <= 17 and data.isascii():
        written = data.decode("ascii").lower()
        groups = written.replace("-", ":").replace(" ", ":").split(":")
        if len(groups) == 1:
            groups = [written[place : place + 2] for place in range(0, len(written), 2)]
        if len(groups) == 6 and all(_is_octet(group) for group in groups):
            return ":".join(group.zfill(2) for group in groups)
    return None


def _is_octet(group: str) -> bool:
    return 1 <= len(group) <= 2 and all(digit in "0123456789abcdef" for digit in group)


def named(value: Value, names: Sequence[str], default: str = "unknown") -> str:
    """The name of an enumeration that starts at 1."""
    return names[value - 1] if isinstance(value, int) and 1 <= value <= len(names) else default
