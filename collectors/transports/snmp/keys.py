"""From passwords to keys (RFC 3414, RFC 7860, and the two drafts that lengthen a key for AES-192 and AES-256)."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache

_STRETCHED = 1_048_576


@dataclass(frozen=True, slots=True)
class AuthProtocol:
    digest: str
    code_size: int
    """Bytes of the digest that travel in a message."""
    is_weak: bool = False


@dataclass(frozen=True, slots=True)
class PrivProtocol:
    cipher: str
    key_size: int
    """DES takes 16: eight for the cipher and eight that its starting value is made with."""
    extension: str = ""
    """How a digest that is shorter than the key is lengthened: "blumenthal" or "reeder" (which Cisco uses)."""
    is_weak: bool = False


AUTH_PROTOCOLS = {
    "MD5": AuthProtocol("md5", 12, is_weak=True),
    "SHA": AuthProtocol("sha1", 12, is_weak=True),
    "SHA224": AuthProtocol("sha224", 16),
    "SHA256": AuthProtocol("sha256", 24),
    "SHA384": AuthProtocol("sha384", 32),
    "SHA512": AuthProtocol("sha512", 48),
}
PRIV_PROTOCOLS = {
    "DES": PrivProtocol("des", 16, is_weak=True),
    "AES": PrivProtocol("aes", 16),
    "AES192": PrivProtocol("aes", 24, "blumenthal"),
    "AES256": PrivProtocol("aes", 32, "blumenthal"),
    "AES192C": PrivProtocol("aes", 24, "reeder"),
    "AES256C": PrivProtocol("aes", 32, "reeder"),
}


def _digest(name: str, data: bytes) -> bytes:
    return hashlib.new(name, data, usedforsecurity=False).digest()


def _stretched(digest: str, secret: bytes) -> bytes:
    """The digest of a megabyte of the secret, over and over."""
    stream = secret * (_STRETCHED // len(secret) + 1)
    return _digest(digest, stream[:_STRETCHED])


@lru_cache(maxsize=1024)
def _master_key(protocol: str, password: str) -> bytes:
    return _stretched(AUTH_PROTOCOLS[protocol].digest, password.encode())


@lru_cache(maxsize=32_768)
def localised_key(protocol: str, password: str, engine_id: bytes) -> bytes:
    """A password's key at one engine; making the first takes a megabyte of hashing, so both steps are kept."""
    master = _master_key(protocol, password)
    return _digest(AUTH_PROTOCOLS[protocol].digest, master + engine_id + master)


@lru_cache(maxsize=32_768)
def privacy_key(auth_protocol: str, priv_protocol: str, password: str, engine_id: bytes) -> bytes:
    """The key that encrypts for one engine; it is made with the digest of the authentication protocol."""
    wanted, digest = PRIV_PROTOCOLS[priv_protocol], AUTH_PROTOCOLS[auth_protocol].digest
    key = last = localised_key(auth_protocol, password, engine_id)
    while len(key) < wanted.key_size:
        if wanted.extension == "blumenthal":
            key += _digest(digest, key)
        else:
            # The key itself becomes the next password: a megabyte of hashing for every engine.
            master = _stretched(digest, last)
            last = _digest(digest, master + engine_id + master)
            key += last
    return key[: wanted.key_size]
