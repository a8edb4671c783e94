"""Documents, their clauses word by word, and the rules made from them."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from compliance.rules import parameters_of
from kernel.models import Recorded


class PolicyDocument(Recorded):
    class Status(models.TextChoices):
        IN_FORCE = "in_force", _("in force")
        REPEALED = "repealed", _("repealed")

    title = models.CharField(_("title"), max_length=200, unique=True)
    doc_no = models.CharField(_("document number"), max_length=60, blank=True)
    issuer = models.CharField(_("issuer"), max_length=100, blank=True)
    issued_on = models.DateField(_("issued on"), null=True, blank=True)
    effective_from = models.DateField(_("effective from"), null=True, blank=True)
    effective_to = models.DateField(_("effective to"), null=True, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.IN_FORCE)
    source_url = models.URLField(_("address"), blank=True)
    description = models.CharField(_("description"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("policy document")
        verbose_name_plural = _("policy documents")
        constraints = [
            models.CheckConstraint(
                condition=Q(effective_from=None) | Q(effective_to=None) | Q(effective_to__gte=F("effective_from")),
                name="document_ends_after_it_starts",
                violation_error_message=_("A document can't end before it takes effect."),
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Clause(Recorded):
    """The exact words. A paraphrase belongs in a rule's basis, never here."""

    document = models.ForeignKey(
        PolicyDocument, models.PROTECT, related_name="clauses", verbose_name=_("policy document")
    )
    ref = models.CharField(_("clause"), max_length=30)
    text = models.TextField(_("words"))
    modal = models.CharField(_("modal"), max_length=60, help_text=_("The verb that says how strong the clause is."))
    description = models.CharField(_("description"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("clause")
        verbose_name_plural = _("clauses")
        constraints = [
            models.UniqueConstraint(fields=["document", "ref"], name="clause_once_in_a_document"),
        ]

    def __str__(self) -> str:
        return f"{self.document} | {self.ref}"


class Rule(Recorded):
    """What the judge applies. Its `version` is the row's own: each change of a rule is a new version."""

    class Severity(models.TextChoices):
        MINOR = "minor", _("minor")
        MAJOR = "major", _("major")
        SEVERE = "severe", _("severe")

    class WatchMode(models.TextChoices):
        DRYRUN = "DRYRUN", _("dry run")
        WARN = "WARN", _("warn")
        FINDING = "FINDING", _("open findings")

    class GateMode(models.TextChoices):
        DRYRUN = "DRYRUN", _("dry run")
        WARN = "WARN", _("warn")
        BLOCK = "BLOCK", _("block")

    code = models.CharField(_("code"), max_length=10, unique=True)
    title = models.CharField(_("title"), max_length=100)
    clause = models.ForeignKey(
        Clause, models.PROTECT, null=True, blank=True, related_name="rules", verbose_name=_("clause")
    )
    basis = models.TextField(_("basis"), blank=True, help_text=_("For a quality rule that no clause stands behind."))
    severity = models.CharField(_("severity"), max_length=10, choices=Severity.choices, default=Severity.MINOR)
    watch_mode = models.CharField(
        _("watch"),
        max_length=10,
        choices=WatchMode.choices,
        default=WatchMode.DRYRUN,
        help_text=_("A dry run is judged and shown on the line, but never counts and never opens a finding."),
    )
    gate_mode = models.CharField(_("gate"), max_length=10, choices=GateMode.choices, default=GateMode.DRYRUN)
    parameters = models.JSONField(_("parameters"), default=dict, blank=True)
    exemption_allowed = models.BooleanField(_("exemption possible"), default=True)
    exemption_authority = models.CharField(_("who may exempt"), max_length=100, blank=True)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("rule")
        verbose_name_plural = _("rules")

    def __str__(self) -> str:
        return self.code

    def clean(self) -> None:
        wrong: dict[str, str] = {}
        if self.clause_id is None and not self.basis.strip():
            wrong["basis"] = _now("Name a clause, or say in the basis why the rule exists.")
        if self.exemption_allowed and not self.exemption_authority.strip():
            wrong["exemption_authority"] = _now("Say who may exempt from this rule.")
        if said := _wrong_parameters(self.code, self.parameters):
            wrong["parameters"] = said
        if wrong:
            raise ValidationError(wrong)


def _wrong_parameters(code: str, given: Any) -> str:
    if not isinstance(given, dict):
        return _now('Parameters are names with whole numbers, such as {"observations": 2}.')
    known = parameters_of(code)
    if known is None:
        return ""
    by_name = {parameter.name: parameter for parameter in known}
    for name, value in given.items():
        if name not in by_name:
            return _now("Rule %(code)s has no parameter %(name)s; it has %(known)s.") % {
                "code": code, "name": name, "known": ", ".join(by_name),
            }  # fmt: skip
        low, high = by_name[name].low, by_name[name].high
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            return _now("Parameter %(name)s is a whole number from %(low)d to %(high)d.") % {
                "name": name, "low": low, "high": high,
            }  # fmt: skip
    return ""
