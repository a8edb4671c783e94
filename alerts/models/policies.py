"""Who is told of what, when and how: what people set."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, validate_email
from django.db import models
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from alerts.hours import ALL_DAYS, are_days, is_time
from kernel.crypto import SecretField
from kernel.models import Recorded

MAX_RECIPIENTS = 50
LONGEST_MIN = 7 * 24 * 60


class AlertChannel(Recorded):
    """A way out. The keys in a robot's address are secrets, so they are taken out of it and kept apart."""

    class Kind(models.TextChoices):
        EMAIL = "email", _("e-mail")
        WEBHOOK = "webhook", _("webhook")
        WECOM = "wecom", _("WeCom robot")
        DINGTALK = "dingtalk", _("DingTalk robot")

    class Language(models.TextChoices):
        ZH = "zh-hans", "中文"
        EN = "en", "English"

    # The parameter of a robot's address that is its key.
    KEY_PARAMETERS = {Kind.WECOM: "key", Kind.DINGTALK: "access_token"}

    name = models.CharField(_("name"), max_length=100, unique=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    address = models.CharField(
        _("address"),
        max_length=2000,
        help_text=_(
            "E-mail addresses parted by commas, or the whole https:// address that the robot's page shows; its key is "
            "taken out and kept encrypted."
        ),
    )
    access_key = SecretField(_("robot's key"))
    secret = SecretField(_("signing secret"))
    mentions = models.CharField(
        _("mention"),
        max_length=200,
        blank=True,
        help_text=_("Robots only: mobile numbers parted by commas, or all."),
    )
    keyword = models.CharField(
        _("keyword"), max_length=20, blank=True, help_text=_("DingTalk only: the word each message must hold.")
    )
    language = models.CharField(_("language"), max_length=10, choices=Language.choices, default=Language.ZH)
    group_s = models.PositiveSmallIntegerField(
        _("gather for (s)"),
        default=60,
        validators=[MaxValueValidator(3600)],
        help_text=_("Alerts that come within this time go out as one message."),
    )
    is_active = models.BooleanField(_("active"), default=True)
    description = models.CharField(_("description"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("alert channel")
        verbose_name_plural = _("alert channels")

    def __str__(self) -> str:
        return self.name

    @property
    def recipients(self) -> list[str]:
        return [text.strip() for text in self.address.replace(";", ",").split(",") if text.strip()]

    def clean(self) -> None:
        """Also moves a robot's key out of the address that was pasted."""
        wrong = self._wrong_recipients() if self.kind == self.Kind.EMAIL else self._wrong_url()
        named = [text.strip() for text in self.mentions.split(",") if text.strip()]
        if named and named != ["all"] and not all(t.isascii() and t.isdigit() and len(t) == 11 for t in named):
            wrong["mentions"] = _now("Write mobile numbers of 11 digits parted by commas, or all.")
        if wrong:
            raise ValidationError(wrong)

    def _wrong_recipients(self) -> dict[str, str]:
        if not 0 < len(self.recipients) <= MAX_RECIPIENTS:
            return {"address": _now("Give 1 to %(count)d e-mail addresses.") % {"count": MAX_RECIPIENTS}}
        for text in self.recipients:
            try:
                validate_email(text)
            except ValidationError:
                return {"address": _now("%(text)s is no e-mail address.") % {"text": text}}
        return {}

    def _wrong_url(self) -> dict[str, str]:
        try:
            parts = urlsplit(self.address.strip())
            is_whole = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
        except ValueError:
            is_whole = False
        if not is_whole or not self.address.isascii() or any(c.isspace() for c in self.address.strip()):
            return {"address": _now("Give a whole address that begins with https:// or http://.")}
        if parts.username or parts.password:
            return {"address": _now("Leave the password out of the address; sign with the secret instead.")}
        self.address = urlunsplit(parts._replace(query=self._query(parts.query), fragment=""))
        if self.kind in self.KEY_PARAMETERS and not self.access_key:
            return {"access_key": _now("Paste the whole address of the robot, or its key alone here.")}
        return {}

    def _query(self, query: str) -> str:
        parameter = self.KEY_PARAMETERS.get(self.Kind(self.kind))
        kept = []
        for name, value in parse_qsl(query, keep_blank_values=True):
            if name == parameter:
                self.access_key = value
            else:
                kept.append((name, value))
        return urlencode(kept) if len(kept) < len(parse_qsl(query, keep_blank_values=True)) else query


class AlertPolicy(Recorded):
    """What is watched, where, and when it may speak. Its steps say to whom; without steps the page alone."""

    class Severity(models.TextChoices):
        MINOR = "minor", _("minor and above")
        MAJOR = "major", _("major and above")
        SEVERE = "severe", _("severe alone")

    name = models.CharField(_("name"), max_length=100, unique=True)
    is_active = models.BooleanField(_("active"), default=True)
    on_findings = models.BooleanField(_("findings"), default=True)
    rule_codes = models.CharField(
        _("rules"), max_length=200, blank=True, help_text=_("Codes parted by commas: P02, T08. Empty means every rule.")
    )
    min_severity = models.CharField(
        _("severity of findings"), max_length=10, choices=Severity.choices, default=Severity.MINOR
    )
    on_device_down = models.BooleanField(_("devices that fall silent"), default=True)
    on_network_silent = models.BooleanField(_("networks that fall silent"), default=True)
    on_system = models.BooleanField(
        _("the product itself"), default=True, help_text=_("Collectors or the judge stopped, a channel doesn't work.")
    )
    on_contracts = models.BooleanField(_("contracts to renew"), default=False)
    network = models.ForeignKey(
        "inventory.Network",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="alert_policies",
        verbose_name=_("network"),
        help_text=_("Empty means every network."),
    )
    region = models.ForeignKey(
        "inventory.Region",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="alert_policies",
        verbose_name=_("administrative division"),
        help_text=_("With everything below it. Empty means everywhere."),
    )
    days = models.CharField(
        _("days"),
        max_length=7,
        default=ALL_DAYS,
        help_text=_("Days of the week, Monday is 1: 12345 is Monday to Friday."),
    )
    hours_from = models.CharField(
        _("speaks from"), max_length=5, blank=True, help_text=_("Such as 18:00; empty is always.")
    )
    hours_to = models.CharField(
        _("speaks until"),
        max_length=5,
        blank=True,
        help_text=_("Such as 08:00; earlier than the start is next day."),
    )
    after_min = models.PositiveIntegerField(
        _("holds for (min)"),
        default=5,
        validators=[MaxValueValidator(LONGEST_MIN)],
        help_text=_("How long something must be wrong before it becomes an alert."),
    )
    repeat_min = models.PositiveIntegerField(
        _("repeat after (min)"),
        default=0,
        validators=[MaxValueValidator(LONGEST_MIN)],
        help_text=_("While nobody has acknowledged it; 0 never repeats."),
    )
    sends_resolved = models.BooleanField(_("tells when it is over"), default=True)
    description = models.CharField(_("description"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("alert policy")
        verbose_name_plural = _("alert policies")

    def __str__(self) -> str:
        return self.name

    @property
    def codes(self) -> frozenset[str]:
        return frozenset(text.strip().upper() for text in self.rule_codes.split(",") if text.strip())

    def clean(self) -> None:
        wrong: dict[str, str] = {}
        if not are_days(self.days):
            wrong["days"] = _now("Write each day once by its number, Monday is 1: 12345.")
        for name in ("hours_from", "hours_to"):
            text = getattr(self, name)
            if text and not is_time(text):
                wrong[name] = _now("Write a time such as 08:30.")
        if bool(self.hours_from) != bool(self.hours_to):
            wrong.setdefault("hours_to", _now("Give both times, or neither."))
        if not all(code.isalnum() and len(code) <= 10 for code in self.codes):
            wrong["rule_codes"] = _now("Write codes of rules parted by commas: P02, T08.")
        if wrong:
            raise ValidationError(wrong)


class EscalationStep(Recorded):
    """One message of a policy: to which channel, how long after the first."""

    policy = models.ForeignKey(AlertPolicy, models.CASCADE, related_name="steps", verbose_name=_("alert policy"))
    order = models.PositiveSmallIntegerField(_("step"), validators=[MinValueValidator(1)])
    channel = models.ForeignKey(AlertChannel, models.PROTECT, related_name="steps", verbose_name=_("alert channel"))
    after_min = models.PositiveIntegerField(
        _("after (min)"),
        default=0,
        validators=[MaxValueValidator(LONGEST_MIN)],
        help_text=_("Counted from the first message; 0 is at once."),
    )
    only_if_unacknowledged = models.BooleanField(_("only while nobody has acknowledged"), default=True)

    class Meta:
        verbose_name = _("escalation step")
        verbose_name_plural = _("escalation steps")
        constraints = [
            models.UniqueConstraint(
                fields=["policy", "order"],
                name="escalation_step_once",
                violation_error_message=_("This policy has a step with that number already; choose the next one."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.policy} | {self.order}"
