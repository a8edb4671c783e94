"""Ways to spoil a packet: noise, wrong lengths, cuts, repetition, and pieces of other packets."""

import random
from collections.abc import Sequence

MAX_SIZE = 65_507
_TELLING = (0x00, 0x01, 0x02, 0x04, 0x05, 0x06, 0x30, 0x40, 0x41, 0x46, 0x7F, 0x80, 0x81, 0x82, 0x84, 0xA2, 0xA8, 0xFF)
_LENGTHS = (b"\x80", b"\x81\xff", b"\x82\xff\xff", b"\x84\xff\xff\xff\xff", b"\x84\x7f\xff\xff\xff", b"\x00", b"\x7f")


def mutated(chance: random.Random, packet: bytes, others: Sequence[bytes]) -> bytes:
    """The packet with one to four faults in it; never empty, never longer than UDP carries."""
    spoiled = bytearray(packet)
    for _ in range(chance.randint(1, 4)):
        _spoil(chance, spoiled, others)
        if not spoiled:
            spoiled += b"\x30"
    return bytes(spoiled[:MAX_SIZE])


def _spoil(chance: random.Random, packet: bytearray, others: Sequence[bytes]) -> None:
    # Half of the faults fall on the headers, where the structure is.
    place = chance.randrange(len(packet) if chance.random() < 0.5 else min(len(packet), 80))
    match chance.randrange(10):
        case 0:
            packet[place] = chance.randrange(256)
        case 1:
            packet[place] ^= 1 << chance.randrange(8)
        case 2:
            packet[place] = chance.choice(_TELLING)
        case 3:
            del packet[place : place + chance.randint(1, 9)]
        case 4:
            packet[place:place] = chance.randbytes(chance.randint(1, 9))
        case 5:
            packet[place : place + 1] = chance.choice(_LENGTHS)
        case 6:
            del packet[place:]
        case 7:
            piece = bytes(packet[place : place + chance.randint(1, 40)])
            # Seldom much of it, since a long packet costs the most time.
            packet[place:place] = piece * (
                chance.randint(100, 1500) if chance.random() < 0.02 else chance.randint(1, 5)
            )
        case 8:
            other = chance.choice(others)
            start = chance.randrange(len(other))
            packet[place : place + 20] = other[start : start + chance.randint(1, 40)]
        case _:
            step = chance.choice((-2, -1, 1, 2))
            packet[place] = (packet[place] + step) & 0xFF
