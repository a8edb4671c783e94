"""DES (RFC 3414, section 8) and AES (RFC 3826) as SNMPv3 uses them."""

import os
from itertools import count

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms
from cryptography.hazmat.primitives.ciphers.modes import CBC

from collectors.errors import BadAnswer
from collectors.transports.snmp.keys import PrivProtocol

SALT_SIZE = 8
_BLOCK = 8


class _Salts:
    """Eight bytes that no message under the same key has had before.

    The RFCs count: DES joins its own engine's boots and a counter, AES takes one number of 64 bits. A collector keeps
    no count of its starts, so all 64 bits start at random and are counted on.
    """

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        self._numbers = count(int.from_bytes(os.urandom(SALT_SIZE), "big"))

    def next(self) -> bytes:
        return (next(self._numbers) & 0xFFFFFFFFFFFFFFFF).to_bytes(SALT_SIZE, "big")


_salts = _Salts()
# Two workers that went on from one number would use every salt twice.
os.register_at_fork(after_in_child=_salts.restart)
new_salt = _salts.next


def encrypted(protocol: PrivProtocol, key: bytes, plain: bytes, *, boots: int, seconds: int, salt: bytes) -> bytes:
    if protocol.cipher == "des":
        # What pads is not looked at: the length of the PDU inside tells where it ends.
        plain += bytes(-len(plain) % _BLOCK)
        encryptor = _des(key, salt).encryptor()
    else:
        encryptor = _aes(key, boots, seconds, salt).encryptor()
    return encryptor.update(plain) + encryptor.finalize()


def decrypted(protocol: PrivProtocol, key: bytes, sealed: bytes, *, boots: int, seconds: int, salt: bytes) -> bytes:
    """Raises BadAnswer for what the cipher can't have made; a wrong key makes nonsense, which the decoder refuses."""
    if len(salt) != SALT_SIZE:
        raise BadAnswer("The device sent an encrypted message without its salt; check its SNMPv3 settings.")
    if protocol.cipher == "des":
        if not sealed or len(sealed) % _BLOCK:
            raise BadAnswer("The device sent an encrypted message of an impossible length; check its SNMPv3 settings.")
        decryptor = _des(key, salt).decryptor()
    else:
        decryptor = _aes(key, boots, seconds, salt).decryptor()
    return decryptor.update(sealed) + decryptor.finalize()


def _aes(key: bytes, boots: int, seconds: int, salt: bytes) -> Cipher[CFB]:
    return Cipher(algorithms.AES(key), CFB(boots.to_bytes(4, "big") + seconds.to_bytes(4, "big") + salt))


def _des(key: bytes, salt: bytes) -> Cipher[CBC]:
    """Three times the same key is plain DES."""
    start = bytes(first ^ second for first, second in zip(key[_BLOCK:], salt, strict=True))
    return Cipher(TripleDES(key[:_BLOCK] * 3), CBC(start))
