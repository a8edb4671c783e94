"""What is weak about a way to sign in: readable on the line, or by an algorithm that no longer protects."""

from __future__ import annotations

from itertools import product

from django.db.models import Case, CharField, Q, Value, When
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from collectors.transports.snmp.keys import AUTH_PROTOCOLS, PRIV_PROTOCOLS
from collectors.transports.snmp.usm import Community, UsmUser

_COMMUNITY = _("community readable on the line")
_UNSIGNED = _("no authentication")
_UNENCRYPTED = _("no encryption")
_NAMES = {"SHA": "SHA-1"}
_WEAK_AUTH = tuple(name for name, protocol in AUTH_PROTOCOLS.items() if protocol.is_weak)
_WEAK_PRIV = tuple(name for name, protocol in PRIV_PROTOCOLS.items() if protocol.is_weak)

Weakness = str | Promise


def weakness(*, is_v2c: bool, auth: str, priv: str) -> Weakness:
    """What is weak about asking over SNMP like this; empty when nothing is."""
    if is_v2c:
        return _COMMUNITY
    if not auth:
        return _UNSIGNED
    if not priv:
        return _UNENCRYPTED
    return ", ".join(_NAMES.get(name, name) for name in (auth, priv) if name in _WEAK_AUTH + _WEAK_PRIV)


def weakness_of(credentials: Community | UsmUser) -> Weakness:
    if isinstance(credentials, Community):
        return weakness(is_v2c=True, auth="", priv="")
    return weakness(is_v2c=False, auth=credentials.auth_protocol, priv=credentials.priv_protocol)


def weakness_column() -> Case:
    """The same as the database computes it of credentials, so that a list can show and sort by it."""
    v3 = Q(protocol="snmp", snmp_version="v3")
    found = [
        When(Q(protocol="snmp", snmp_version="v2c"), then=_text(_COMMUNITY)),
        When(v3 & Q(auth_protocol=""), then=_text(_UNSIGNED)),
        When(v3 & Q(priv_protocol=""), then=_text(_UNENCRYPTED)),
    ]
    for auth, priv in product(AUTH_PROTOCOLS, PRIV_PROTOCOLS):
        text = weakness(is_v2c=False, auth=auth, priv=priv)
        if text:
            found.append(When(v3 & Q(auth_protocol=auth, priv_protocol=priv), then=_text(text)))
    return Case(*found, default=_text(""), output_field=CharField())


def _text(text: Weakness) -> Value:
    return Value(text, output_field=CharField())
