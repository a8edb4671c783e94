"""Keys, salts and ciphers of SNMPv3 against the vectors of the RFCs, their drafts' rules and pysnmp's opinion."""

import hashlib
import hmac
import os
from typing import Any

import pytest

from collectors.errors import BadAnswer
from collectors.models import Credential
from collectors.transports.snmp import ciphers, usm
from collectors.transports.snmp import message as messages
from collectors.transports.snmp.keys import AUTH_PROTOCOLS, PRIV_PROTOCOLS, localised_key, privacy_key
from collectors.transports.snmp.usm import Authority, UsmUser

ENGINE = bytes.fromhex("000000000000000000000002")


@pytest.mark.parametrize(
    ("protocol", "key"),
    [
        ("MD5", "526f5eed9fcce26f8964c2930787d82b"),
        ("SHA", "6695febc9288e36282235fc7151f128497b38f3f"),
    ],
)
def test_a_password_is_localised_as_rfc_3414_shows(protocol: str, key: str) -> None:
    assert localised_key(protocol, "maplesyrup", ENGINE).hex() == key


@pytest.mark.parametrize(
    ("protocol", "size"), [("MD5", 12), ("SHA", 12), ("SHA224", 16), ("SHA256", 24), ("SHA384", 32), ("SHA512", 48)]
)
def test_a_message_carries_as_much_of_the_digest_as_its_rfc_says(protocol: str, size: int) -> None:
    user = UsmUser("poller", protocol, "authentic-key")
    authority = Authority(b"\x80\x00\x1f\x88\x04test", boots=7, time=5000)
    scoped = messages.encode_scoped(authority.engine_id, b"", messages.encode_pdu(messages.GET, 1, b""))
    sealed = usm.seal(user, authority, scoped, message_id=0x40000001)
    message = messages.decode_v3(sealed)
    digest = {"SHA": "sha1"}.get(protocol, protocol.lower())
    key = localised_key(protocol, "authentic-key", authority.engine_id)
    whole = hmac.new(key, sealed.replace(message.auth, bytes(size)), digest).digest()

    assert len(message.auth) == size
    assert message.auth == whole[:size]


def test_blumenthals_draft_lengthens_a_key_by_the_digest_of_the_key() -> None:
    first = localised_key("SHA", "maplesyrup", ENGINE)
    key = privacy_key("SHA", "AES256", "maplesyrup", ENGINE)

    assert key == (first + hashlib.sha1(first).digest())[:32]
    assert privacy_key("SHA", "AES192", "maplesyrup", ENGINE) == key[:24]


def test_reeders_draft_lengthens_a_key_by_the_key_as_a_password() -> None:
    """The draft's own example (two digests of a key for three DES keys), as far as AES takes it."""
    md5 = "526f5eed9fcce26f8964c2930787d82b79eff44a90650ee0a3a40abfac5acc12"
    sha = "6695febc9288e36282235fc7151f128497b38f3f9b8b6d78936ba6e7d19dfd9c"

    assert privacy_key("MD5", "AES256C", "maplesyrup", ENGINE).hex() == md5
    assert privacy_key("SHA", "AES256C", "maplesyrup", ENGINE).hex() == sha
    assert privacy_key("SHA", "AES192C", "maplesyrup", ENGINE).hex() == sha[:48]


@pytest.mark.parametrize("auth", ["SHA256", "SHA384", "SHA512"])
def test_a_digest_that_is_long_enough_needs_no_extension(auth: str) -> None:
    key = localised_key(auth, "maplesyrup", ENGINE)

    assert privacy_key(auth, "AES256", "maplesyrup", ENGINE) == key[:32]
    assert privacy_key(auth, "AES256C", "maplesyrup", ENGINE) == key[:32]


@pytest.mark.parametrize("auth", AUTH_PROTOCOLS)
@pytest.mark.parametrize("priv", ["AES192", "AES256", "AES192C", "AES256C"])
def test_pysnmp_makes_the_same_privacy_keys(auth: str, priv: str) -> None:
    config = pytest.importorskip("pysnmp.entity.config")
    localkey = pytest.importorskip("pysnmp.proto.secmod.rfc3414.localkey")
    from pysnmp.proto import rfc1902
    from pysnmp.proto.secmod.eso.priv import aes192, aes256

    makers = {
        "AES192": aes192.AesBlumenthal192, "AES256": aes256.AesBlumenthal256, "AES192C": aes192.Aes192,
        "AES256C": aes256.Aes256,
    }  # fmt: skip
    digest: Any = getattr(hashlib, AUTH_PROTOCOLS[auth].digest)
    master = localkey.hash_passphrase(b"maplesyrup", digest)
    theirs = makers[priv]().localize_key(pysnmp_auth(config, auth), master, rfc1902.OctetString(ENGINE))

    assert bytes(theirs) == privacy_key(auth, priv, "maplesyrup", ENGINE)


def pysnmp_auth(config: Any, auth: str) -> Any:
    return {
        "MD5": config.USM_AUTH_HMAC96_MD5, "SHA": config.USM_AUTH_HMAC96_SHA, "SHA224": config.USM_AUTH_HMAC128_SHA224,
        "SHA256": config.USM_AUTH_HMAC192_SHA256, "SHA384": config.USM_AUTH_HMAC256_SHA384,
        "SHA512": config.USM_AUTH_HMAC384_SHA512,
    }[auth]  # fmt: skip


def test_des_is_the_des_of_its_standard() -> None:
    """The classic worked example, with a starting value of zeros: the key's second half is the salt."""
    key, salt = bytes.fromhex("133457799bbcdff1"), bytes.fromhex("0123456789abcdef")
    block = bytes.fromhex("0123456789abcdef")
    sealed = ciphers.encrypted(PRIV_PROTOCOLS["DES"], key + salt, block, boots=1, seconds=2, salt=salt)

    assert sealed.hex() == "85e813540f0ab405"


@pytest.mark.parametrize("name", PRIV_PROTOCOLS)
@pytest.mark.parametrize("size", [1, 7, 8, 9, 200])
def test_what_is_encrypted_comes_back(name: str, size: int) -> None:
    protocol, plain = PRIV_PROTOCOLS[name], os.urandom(size)
    around = {"boots": 7, "seconds": 5000, "salt": ciphers.new_salt()}
    key = os.urandom(protocol.key_size)
    sealed = ciphers.encrypted(protocol, key, plain, **around)

    assert plain not in sealed or size == 1
    assert ciphers.decrypted(protocol, key, sealed, **around)[:size] == plain


def test_no_salt_comes_twice() -> None:
    salts = [ciphers.new_salt() for _ in range(1000)]

    assert len(set(salts)) == 1000
    assert {len(salt) for salt in salts} == {8}


def test_a_forked_worker_starts_its_salts_elsewhere() -> None:
    """RFC 3414, 8.1.1.1, and RFC 3826, 3.1.2.1: no two messages under one key share a salt."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        os.write(write, ciphers.new_salt())
        os._exit(0)
    os.waitpid(child, 0)
    theirs = os.read(read, 8)
    os.close(read)
    os.close(write)

    assert abs(int.from_bytes(theirs, "big") - int.from_bytes(ciphers.new_salt(), "big")) > 1000


@pytest.mark.parametrize(("name", "sealed", "salt"), [("DES", b"x" * 9, b"s" * 8), ("DES", b"", b"s" * 8)])
def test_what_no_block_cipher_made_is_refused(name: str, sealed: bytes, salt: bytes) -> None:
    with pytest.raises(BadAnswer, match="impossible length"):
        ciphers.decrypted(PRIV_PROTOCOLS[name], b"k" * 16, sealed, boots=1, seconds=1, salt=salt)


@pytest.mark.parametrize("name", ["DES", "AES256"])
def test_a_message_without_its_salt_is_refused(name: str) -> None:
    protocol = PRIV_PROTOCOLS[name]
    with pytest.raises(BadAnswer, match="without its salt"):
        ciphers.decrypted(protocol, b"k" * protocol.key_size, b"x" * 16, boots=1, seconds=1, salt=b"short")


def test_the_record_offers_what_the_engine_can_do() -> None:
    assert list(Credential.Auth.values) == list(AUTH_PROTOCOLS)
    assert list(Credential.Priv.values) == list(PRIV_PROTOCOLS)
