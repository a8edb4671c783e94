"""Verdicts in words. The judge stores {"code", "values"}; the sentence is made here, in the reader's language."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from django.utils import formats, timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from compliance.models import Exemption, ProofState, Rule, VerdictWord
from compliance.sentences import NEXT_STEPS, RULE_TITLES, SENTENCES
from inventory.models import VRF, Circuit

_FACTS_TEXT = "—"


def mbps_text(mbps: int | None) -> str:
    if mbps is None:
        return _FACTS_TEXT
    thousands = mbps / 1000
    return f"{thousands:g}G" if mbps >= 1000 else f"{mbps}M"


def _moment(value: Any) -> str:
    at = parse_datetime(value) if isinstance(value, str) else value
    if not isinstance(at, dt.datetime):
        return _FACTS_TEXT
    return str(formats.date_format(timezone.localtime(at), "SHORT_DATETIME_FORMAT"))


def _day(value: Any) -> str:
    on = parse_date(value) if isinstance(value, str) else value
    return str(formats.date_format(on, "SHORT_DATE_FORMAT")) if isinstance(on, dt.date) else _FACTS_TEXT


def _label(choices: Any) -> Callable[[Any], str]:
    return lambda value: str(dict(choices).get(value, value))


_SHARED: Mapping[str, str | Promise] = {
    "carrier": _("carrier"), "router": _("router"), "room": _("room"), "seen_device": _("device at their end"),
}  # fmt: skip


def _shared(value: Any) -> str:
    return ", ".join(str(_SHARED.get(kind, kind)) for kind in value)


_SHOWN: Mapping[str, Callable[[Any], str]] = {
    "declared": mbps_text, "mbps": mbps_text, "less": mbps_text,
    "since": _moment, "up_at": _moment, "watched_since": _moment,
    "opened_on": _day, "expires_on": _day, "since_on": _day, "on": _day, "until": _day, "end_on": _day,
    "shared": _shared, "zone": _label(VRF.Zone.choices),
    "status": _label(Circuit.Status.choices), "ground": _label(Exemption.Ground.choices),
    "judged": _label(VerdictWord.choices),
}  # fmt: skip


class _Values(dict[str, str]):
    """A row from an older version may lack a value; its sentence is still told."""

    def __missing__(self, name: str) -> str:
        return _FACTS_TEXT


def sentence(explanation: Mapping[str, Any] | None) -> str:
    """The stored reason as a sentence; an unknown code is shown as it is."""
    if not explanation:
        return ""
    code = str(explanation.get("code", ""))
    return _filled(SENTENCES.get(code, code), explanation.get("values") or {})


def next_step(explanation: Mapping[str, Any] | None) -> str:
    """What to do about it; empty when there is nothing to do."""
    if not explanation:
        return ""
    return _filled(NEXT_STEPS.get(str(explanation.get("code", "")), ""), explanation.get("values") or {})


def _filled(text: str | Promise, values: Mapping[str, Any]) -> str:
    shown = {name: _SHOWN[name](value) if name in _SHOWN else str(value) for name, value in values.items()}
    return str(text) % _Values(shown)


def headline(verdict: Any) -> str:
    """One line for a LineVerdict or a RingVerdict: what is wrong, or that nothing is."""
    said = getattr(verdict, "headline", None) or getattr(verdict, "explanation", None)
    if verdict.verdict == VerdictWord.PASS:
        return gettext("All rules that could be judged are met.")
    return sentence(said)


def proof_text(proof: str) -> str:
    return _label(ProofState.choices)(proof)


def rule_title(rule: Rule | str) -> str:
    """The product's own rules by their translated title, the city's by what the city called them."""
    code = rule if isinstance(rule, str) else rule.code
    if code in RULE_TITLES:
        return str(RULE_TITLES[code])
    return code if isinstance(rule, str) else rule.title
