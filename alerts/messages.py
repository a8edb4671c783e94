"""What a message says, in the channel's language; how each kind of channel writes it down is the channel's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Count
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from alerts import texts
from alerts.models import Alert, AlertChannel, Delivery
from compliance.models import Rule

LISTED = 20


@dataclass(frozen=True)
class Item:
    """One alert of a message."""

    number: str
    title: str
    label: str
    severity: str
    since: str
    sentence: str
    rule: str
    next_step: str
    explains: str
    url: str
    fields: dict[str, Any]


@dataclass(frozen=True)
class Message:
    idempotency_id: str
    occasion: str
    subject: str
    word: str
    items: tuple[Item, ...]
    more: int
    more_text: str
    footer: str
    url: str


def absolute(path: str) -> str:
    return f"{settings.BASE_URL}{path}"


def compose(delivery: Delivery, channel: AlertChannel) -> Message:
    """At most so many alerts by name, then how many more there are."""
    with translation.override(channel.language):
        if delivery.occasion == Delivery.Occasion.TEST:
            return _test_message(delivery, channel)
        rows = Alert.objects.filter(notices__delivery=delivery).annotate(below=Count("children", distinct=True))
        alerts = sorted(rows.distinct(), key=lambda a: (_RANK.get(a.severity, 9), a.opened_at, a.pk))
        rules = {rule.code: rule for rule in Rule.objects.filter(code__in={a.rule_code for a in alerts})
                 .select_related("clause__document")}  # fmt: skip
        items = tuple(_item(alert, rules, delivery.occasion) for alert in alerts[:LISTED])
        more = len(alerts) - len(items)
        word = texts.occasion_word(delivery.occasion)
        return Message(
            idempotency_id=str(delivery.idempotency_id), occasion=delivery.occasion,
            subject=_subject(word, items, len(alerts)), word=word, items=items, more=more,
            more_text=ngettext("and %(count)d more", "and %(count)d more", more) % {"count": more} if more else "",
            footer=_footer(), url=absolute(reverse("alerts")),
        )  # fmt: skip


_RANK = {Rule.Severity.SEVERE.value: 0, Rule.Severity.MAJOR.value: 1, Rule.Severity.MINOR.value: 2}


def _subject(word: str, items: Sequence[Item], count: int) -> str:
    if count == 1:
        return f"[{word}] {items[0].title}: {items[0].label}"
    said = ngettext("%(count)d alert", "%(count)d alerts", count) % {"count": count}
    return f"[{word}] {said}" + (f": {items[0].label} …" if items else "")


def _footer() -> str:
    return f"{settings.CITY_NAME} Netops"


def _item(alert: Alert, rules: dict[str, Rule], occasion: str) -> Item:
    rule = rules.get(alert.rule_code)
    since = timezone.localtime(alert.since).strftime("%Y-%m-%d %H:%M")
    is_over = occasion == Delivery.Occasion.RESOLVED
    if is_over and alert.resolved_at is not None:
        since += " – " + timezone.localtime(alert.resolved_at).strftime("%Y-%m-%d %H:%M")
    below = getattr(alert, "below", 0)
    explains = ngettext("Explains %(count)d other alert.", "Explains %(count)d other alerts.", below) % {"count": below}
    return Item(
        number=alert.number, title=texts.title(alert), label=alert.label, severity=alert.get_severity_display(),
        since=since, sentence=texts.sentence(alert.explanation), rule=_ground(rule),
        next_step="" if is_over else texts.next_step(alert.explanation), explains=explains if below else "",
        url=absolute(reverse("alert", args=[alert.pk])),
        fields={
            "number": alert.number, "kind": alert.kind, "state": alert.state, "severity": alert.severity,
            "subject_type": alert.subject_type, "subject_id": alert.subject_id, "label": alert.label,
            "rule": alert.rule_code, "since": alert.since.isoformat(),
            "resolved_at": alert.resolved_at.isoformat() if alert.resolved_at else None, "explains": below,
        },
    )  # fmt: skip


def _ground(rule: Rule | None) -> str:
    if rule is None:
        return ""
    return f"{rule.code} · {rule.clause}" if rule.clause is not None else rule.code


def _test_message(delivery: Delivery, channel: AlertChannel) -> Message:
    said = _("If you can read this, the channel %(name)s works.") % {"name": channel.name}
    item = Item("", _("Test message"), channel.name, "", "", said, "", "", "", absolute(reverse("alerts")), {})
    word = texts.occasion_word(delivery.occasion)
    return Message(
        str(delivery.idempotency_id), delivery.occasion, f"[{word}] {_('Test message')}: {channel.name}", word,
        (item,), 0, "", _footer(), absolute(reverse("alerts")),
    )  # fmt: skip


def plain_text(message: Message) -> str:
    """The same for mail and whatever has no markup."""
    parts = ["\n".join(text for text in item_lines(item) if text) for item in message.items]
    if message.more_text:
        parts.append(f"{message.more_text}: {message.url}")
    return "\n\n".join([*parts, f"-- \n{message.footer}"]) + "\n"


def item_lines(item: Item) -> list[str]:
    """Title, then what is known, one thing a line; empty ones are left to the caller."""
    head = f"{item.title}: {item.label}" + (f" ({item.severity})" if item.severity else "")
    labelled = (
        (_("Since"), item.since), (_("Rule"), item.rule), (_("Next"), item.next_step), (_("Open"), item.url),
    )  # fmt: skip
    return [head, item.sentence, item.explains, *(f"{name}: {text}" for name, text in labelled if text)]
