"""A line that may break a rule for a while: by whom, on what ground, until when."""

from __future__ import annotations

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from compliance.models.policies import Rule
from kernel.models import Recorded

LONGEST_MONTHS = 24


def last_day(valid_from: dt.date) -> dt.date:
    """The latest expiry: the same day 24 months later."""
    try:
        return valid_from.replace(year=valid_from.year + LONGEST_MONTHS // 12)
    except ValueError:  # 29 February
        return valid_from.replace(year=valid_from.year + LONGEST_MONTHS // 12, day=28)


class Exemption(Recorded):
    """Suspends a verdict and never turns it into a pass: the line shows as exempt."""

    class Ground(models.TextChoices):
        SECRET = "secret", _("secret system")
        MLPS4 = "mlps4", _("protection level 4 or above")
        VERTICAL = "vertical", _("run by the province or the nation")
        STATE_RULE = "state_rule", _("a state rule says otherwise")
        STANDBY = "standby", _("standby line")
        SEASONAL = "seasonal", _("seasonal use")
        TRANSITION = "transition", _("transition under way")
        OTHER = "other", _("other")

    class Category(models.TextChoices):
        WAIVER = "waiver", _("waived")
        MITIGATED = "mitigated", _("other measures taken")

    rule = models.ForeignKey(Rule, models.PROTECT, related_name="exemptions", verbose_name=_("rule"))
    circuit = models.ForeignKey("inventory.Circuit", models.PROTECT, related_name="exemptions", verbose_name=_("line"))
    ground = models.CharField(_("ground"), max_length=20, choices=Ground.choices)
    category = models.CharField(_("category"), max_length=10, choices=Category.choices, default=Category.WAIVER)
    conditions = models.TextField(_("conditions"), blank=True)
    approved_by = models.CharField(_("approved by"), max_length=100)
    document_no = models.CharField(_("document number"), max_length=60)
    valid_from = models.DateField(_("valid from"))
    expires_on = models.DateField(_("expires on"), help_text=_("At most 24 months after the first day."))
    revoked = models.BooleanField(_("revoked"), default=False)

    class Meta:
        verbose_name = _("exemption")
        verbose_name_plural = _("exemptions")
        constraints = [
            models.UniqueConstraint(fields=["document_no", "rule", "circuit"], name="exemption_once_by_document"),
            models.CheckConstraint(
                condition=Q(expires_on__gte=F("valid_from")),
                name="exemption_ends_after_it_starts",
                violation_error_message=_("An exemption can't end before it starts."),
            ),
        ]
        indexes = [models.Index(fields=["expires_on"], name="exemption_expiry")]

    def __str__(self) -> str:
        return f"{self.document_no} | {self.rule} | {self.circuit}"

    def clean(self) -> None:
        wrong: dict[str, str] = {}
        if self.valid_from and self.expires_on:
            if self.expires_on < self.valid_from:
                wrong["expires_on"] = _now("An exemption can't end before it starts.")
            elif self.expires_on > last_day(self.valid_from):
                wrong["expires_on"] = _now("An exemption lasts at most 24 months; ask for a new one then.")
        if self.rule_id is not None and not self.rule.exemption_allowed:
            wrong["rule"] = _now("Nobody may exempt from this rule.")
        if wrong:
            raise ValidationError(wrong)
