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
from inventory.models import Circuit

SENTENCES: Mapping[str, str | Promise] = {
    "not_in_use": _("The line is not in use (%(status)s), so it is not judged."),
    "no_rule_counts": _("No rule in force has a say over this line yet."),
    "exempt": _("Exempt until %(expires_on)s by %(document_no)s. Without it: %(judged)s."),
    "device_never": _("%(device)s has never answered, so there is no verdict yet."),
    "device_silent": _("%(device)s has not answered since %(since)s, so there is no verdict."),
    "device_stale": _("%(device)s was last read at %(since)s, too long ago for a verdict."),
    "device_not_polled": _("Nobody polls %(device)s, so there is no verdict. Add a credential and poll it."),
    "port_not_seen": _("%(device)s shows no port %(port)s. Check the name of the bound port."),
    "t01_nothing_declared": _("No bandwidth is declared, so there is nothing to compare."),
    "t01_not_bound": _("No port is bound to the line, so its speed was never seen."),
    "t01_only_trunk": _("Only a shared trunk is bound (%(ports)s); its speed is not this line's."),
    "t01_shaped": _(
        "%(device)s %(port)s is a sub-interface or shaped and its policer's rate is not known, so the port's speed "
        "proves nothing."
    ),
    "t01_limited_upstream": _(
        "The carrier limits the rate before the hand-off and no acceptance throughput is on record."
    ),
    "t01_acceptance_slower": _("Acceptance measured %(mbps)s, %(less)s below the %(declared)s declared."),
    "t01_acceptance_carries": _("Acceptance measured %(mbps)s, as much as the %(declared)s declared."),
    "t01_policer_slower": _(
        "The policer at %(device)s %(port)s lets %(mbps)s through, %(less)s below the %(declared)s declared."
    ),
    "t01_policer_carries": _("The policer at %(device)s %(port)s lets %(mbps)s through; %(declared)s is declared."),
    "t01_port_down": _("%(device)s %(port)s is down or tells no speed, so the speed can't be compared."),
    "t01_standby_down": _("The standby port %(device)s %(port)s is down until it is needed; no speed to compare."),
    "t01_seen_once": _(
        "%(device)s %(port)s runs at %(mbps)s, %(less)s below the %(declared)s declared, seen only once so far."
    ),
    "t01_port_slower": _("End %(side)s: port %(port)s runs at %(mbps)s, %(less)s below the %(declared)s declared."),
    "t01_port_carries": _("The port runs at %(mbps)s, no slower than the %(declared)s declared."),
    "t05_within_grace": _("Opened on %(opened_on)s; it has %(grace)s days to be seen up."),
    "t05_not_bound": _("In use since %(opened_on)s by the record, and no port is bound to it after %(days)s days."),
    "t05_only_trunk": _("Only a shared trunk is bound; whether this line is up can't be seen."),
    "t05_seen_up": _("Port %(port)s of %(device)s is seen up."),
    "t05_was_up": _("Port %(port)s of %(device)s was seen up at %(up_at)s."),
    "t05_standby_down": _("The standby line was never seen up; only a failover test can tell."),
    "t05_seen_once": _("Port %(port)s of %(device)s is down, seen only once so far."),
    "t05_never_up": _(
        "In use for %(days)s days by the record, and port %(port)s of %(device)s was never seen up in "
        "%(observations)s readings."
    ),
    "p01_both": _("Both ends see each other."),
    "p01_one": _("%(device)s %(port)s sees %(seen_device)s %(seen_port)s; the other end says nothing."),
    "p01_sees_another": _("%(device)s %(port)s really sees %(seen_device)s %(seen_port)s; the record has another end."),
    "p01_not_bound": _("No port is bound, so no end can prove anything."),
    "p01_no_lldp": _("%(device)s hears no LLDP on any port, so the ends are not proved."),
    "p01_hears_nobody": _("%(device)s %(port)s hears nobody, so the ends are not proved."),
    "p01_other_end_not_bound": _("The other end has no bound port in the record, so there is nothing to compare."),
    "p02_up": _("Port %(port)s of %(device)s is up."),
    "p02_down": _(
        "The line is down: port %(port)s of %(device)s (end %(side)s) says so in %(observations)s readings in a row."
    ),
    "p02_seen_once": _("Port %(port)s of %(device)s says the line is down, seen only once so far."),
    "p02_standby_down": _("The standby line is at rest: port %(port)s of %(device)s is down until it is needed."),
    "p02_never_up": _("The line was never seen up; rule T05 judges that."),
    "p02_ring_segment": _("A segment of a ring; rule T08 judges that."),
    "p02_only_trunk": _("Only a shared trunk is bound; its state is not this line's."),
    "p02_not_bound": _("No port is bound to the line, so its state was never seen."),
    "p02_state_untold": _("%(device)s %(port)s tells no state."),
    "t08_no_segments": _("The ring has no segments on record."),
    "t08_closed": _("The ring is closed: all %(segments)s segments are up."),
    "t08_protected": _("One segment is down (%(names)s); the ring is protected and has no reserve left."),
    "t08_split": _("%(down)s segments are down (%(names)s); the ring is split."),
    "t08_unknown": _("The state of %(unknown)s of %(segments)s segments is not known (%(names)s)."),
    "t08_segment_down": _("Segment %(sequence)s of %(ring)s is down: %(device)s %(port)s says so."),
    "t08_segment_up": _("Segment %(sequence)s of %(ring)s is up."),
    "t08_seen_once": _("%(device)s %(port)s says the segment is down, seen only once so far."),
    "t08_not_in_use": _("The segment's line is not in use (%(status)s)."),
    "t08_not_bound": _("The segment's line has no port of its own bound, so its state can't be seen."),
    "t08_sees_another": _("%(device)s %(port)s is up, but sees %(seen_device)s %(seen_port)s."),
    "t08_one_end": _("Only %(device)s %(port)s says up; the other end can't be read and LLDP doesn't prove it."),
    "t08_state_untold": _("%(device)s %(port)s tells no state."),
}
_RULE_TITLES: Mapping[str, str | Promise] = {
    "T01": _("Declared faster than the port"),
    "T05": _("Recorded, never seen"),
    "T08": _("Ring broken or split"),
    "P01": _("Ends proved by LLDP"),
    "P02": _("In use and down"),
}
_NEXT_STEPS: Mapping[str, str | Promise] = {
    "t01_port_slower": _("Ask the carrier to check end %(side)s; two good observations will close this."),
    "t01_policer_slower": _("Ask the carrier to raise the rate; two good observations will close this."),
    "t01_acceptance_slower": _("Ask the carrier for a new throughput test."),
    "t05_not_bound": _("Bind the port the line ends in, or apply for the line's removal."),
    "t05_never_up": _("Check the port and the binding with the carrier, or apply for the line's removal."),
    "t08_segment_down": _("Ask the carrier to restore the segment before a second one fails."),
    "p02_down": _("Report the fault to the carrier; two good observations will close this."),
    "p01_sees_another": _("Check the patching, or correct the bound port in the record."),
}
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


_SHOWN: Mapping[str, Callable[[Any], str]] = {
    "declared": mbps_text, "mbps": mbps_text, "less": mbps_text,
    "since": _moment, "up_at": _moment, "watched_since": _moment,
    "opened_on": _day, "expires_on": _day,
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
    return _filled(_NEXT_STEPS.get(str(explanation.get("code", "")), ""), explanation.get("values") or {})


def _filled(text: str | Promise, values: Mapping[str, Any]) -> str:
    shown = {name: _SHOWN[name](value) if name in _SHOWN else str(value) for name, value in values.items()}
    return str(text) % _Values(shown)


def headline(verdict: Any) -> str:
    """One line for a LineVerdict or a RingVerdict: what is wrong, or that nothing is."""
    said = getattr(verdict, "headline", None) or getattr(verdict, "explanation", None)
    if verdict.verdict == VerdictWord.PASS:
        return gettext("All rules that apply are met.")
    return sentence(said)


def proof_text(proof: str) -> str:
    return _label(ProofState.choices)(proof)


def rule_title(rule: Rule | str) -> str:
    """The product's own rules by their translated title, the city's by what the city called them."""
    code = rule if isinstance(rule, str) else rule.code
    if code in _RULE_TITLES:
        return str(_RULE_TITLES[code])
    return code if isinstance(rule, str) else rule.title
