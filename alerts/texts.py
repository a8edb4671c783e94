"""Alerts and failures in words, in the reader's language. Stored is {"code", "values"}, as of verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import formats, timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from alerts.models import Alert, Delivery
from compliance import texts

_SENTENCES: Mapping[str, str | Promise] = {
    "alert_device_silent": _("%(device)s has not answered since %(since)s."),
    "alert_line_down": _("Port %(port)s of %(device)s is down since %(since)s, and nobody answers behind the line."),
    "alert_network_silent": _("Nothing of %(network)s was read since %(since)s: %(devices)s devices are out of sight."),
    "alert_collector_stopped": _("The collector has asked no device since %(since)s."),
    "alert_judge_stopped": _("The judge has not run since %(since)s, so verdicts are out of date."),
    "alert_channel_failing": _("Messages to the channel %(channel)s don't get out."),
    "alert_contract_ends": _("Contract %(contract)s ends on %(end_on)s."),
    "alert_contract_over": _("Contract %(contract)s ended on %(end_on)s and its lines are still in use."),
}
_NEXT: Mapping[str, str | Promise] = {
    "alert_device_silent": _("Check its power and its uplink."),
    "alert_line_down": _("Report the fault to the carrier."),
    "alert_network_silent": _("Check the collector of this network and the way to it."),
    "alert_collector_stopped": _("See that the worker process runs; its log says why it stopped."),
    "alert_judge_stopped": _("See that the worker process runs; its log says why it stopped."),
    "alert_channel_failing": _("Open the channel and send a test message; the answer says what to mend."),
    "alert_contract_ends": _("Renew it, or have its lines removed."),
    "alert_contract_over": _("Renew it, or have its lines removed."),
}
_ERRORS: Mapping[str, str | Promise] = {
    "mail_not_configured": _("No mail server is set. Set NETOPS_SMTP_URL, then try again."),
    "mail_refused": _("The mail server refused: %(answer)s"),
    "mail_unreachable": _("The mail server doesn't answer at %(host)s: %(answer)s"),
    "mail_login": _("The mail server refused the account or its password (%(answer)s). Check NETOPS_SMTP_URL."),
    "http_status": _("%(host)s answered with status %(status)s."),
    "http_redirect": _("%(host)s answered with a redirect, which is never followed. Enter the final address."),
    "http_timeout": _("%(host)s did not answer in time."),
    "http_unreachable": _("%(host)s can't be reached. Check the address, name service and firewall."),
    "http_tls": _("The certificate of %(host)s can't be verified. A private authority is named in NETOPS_CA_FILE."),
    "http_bad_answer": _("%(host)s answered something that is no answer of this robot."),
    "http_too_many": _("%(host)s asks for fewer messages; it is tried again later."),
    "robot_refused": _("The robot refused with error %(errcode)s: %(errmsg)s"),
    "channel_gone": _("The channel was removed or is not active."),
    "secret_unreadable": _("The channel's secret can't be decrypted. Enter it again."),
    "defect": _("Sending failed by a defect of the product; its log says more."),
}
_KINDS: Mapping[str, str | Promise] = {
    Alert.Kind.FINDING: _("Finding"), Alert.Kind.LINE: _("Line down"), Alert.Kind.DEVICE: _("Device silent"),
    Alert.Kind.NETWORK: _("Network silent"), Alert.Kind.SYSTEM: _("The product itself"),
    Alert.Kind.CONTRACT: _("Contract to renew"),
}  # fmt: skip


def _shown(name: str, value: Any) -> str:
    if name == "since" and isinstance(value, str) and (at := parse_datetime(value)) is not None:
        return str(formats.date_format(timezone.localtime(at), "Y-m-d H:i"))
    if name == "end_on" and isinstance(value, str) and (on := parse_date(value)) is not None:
        return str(formats.date_format(on, "Y-m-d"))
    return str(value)


def _filled(text: str | Promise, values: Mapping[str, Any]) -> str:
    shown = {name: _shown(name, value) for name, value in values.items()}
    try:
        return str(text) % shown
    except KeyError:  # a row of an older version
        return str(text)


def sentence(explanation: Mapping[str, Any]) -> str:
    code = str(explanation.get("code", ""))
    if code in _SENTENCES:
        return _filled(_SENTENCES[code], explanation.get("values") or {})
    return texts.sentence(explanation)


def next_step(explanation: Mapping[str, Any]) -> str:
    code = str(explanation.get("code", ""))
    return str(_NEXT[code]) if code in _NEXT else texts.next_step(explanation)


def error_text(said: Mapping[str, Any] | None) -> str:
    if not said:
        return ""
    return _filled(_ERRORS.get(str(said.get("code")), _ERRORS["defect"]), said.get("values") or {})


def title(alert: Alert) -> str:
    """What kind of thing it is, with the rule's own title where one found it."""
    if alert.kind == Alert.Kind.FINDING:
        return texts.rule_title(alert.rule_code)
    if alert.kind == Alert.Kind.SYSTEM and alert.key.startswith("channel:"):
        return gettext("Channel doesn't work")
    return str(_KINDS.get(alert.kind, alert.kind))


def occasion_word(occasion: str) -> str:
    return {
        Delivery.Occasion.OPEN: gettext("Alert"),
        Delivery.Occasion.ESCALATED: gettext("Escalated"),
        Delivery.Occasion.REPEAT: gettext("Still so"),
        Delivery.Occasion.RESOLVED: gettext("Over"),
        Delivery.Occasion.TEST: gettext("Test"),
    }.get(Delivery.Occasion(occasion), gettext("Alert"))
