from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from inventory.models.providers import Provider
from inventory.models.tenants import Tenant
from kernel.models import Recorded

LONGEST_REMINDER_DAYS = 730


class LineContract(Recorded):
    """What a carrier promised for a set of lines, for how long and at what price."""

    contract_no = models.CharField(_("contract number"), max_length=60, unique=True)
    provider = models.ForeignKey(Provider, models.PROTECT, related_name="contracts", verbose_name=_("carrier"))
    payer = models.ForeignKey(Tenant, models.PROTECT, related_name="paid_contracts", verbose_name=_("paid by"))
    start_on = models.DateField(_("starts on"))
    end_on = models.DateField(_("ends on"))
    amount = models.DecimalField(
        _("amount (yuan)"), max_digits=14, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    sla_availability = models.DecimalField(
        _("promised availability (%)"),
        max_digits=6,
        decimal_places=3,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )
    sla_rtt_ms = models.DecimalField(
        _("promised round trip (ms)"),
        max_digits=7,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    sla_loss = models.DecimalField(
        _("promised loss (%)"),
        max_digits=6,
        decimal_places=3,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )
    restore_h = models.DecimalField(
        _("restored within (h)"),
        max_digits=6,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    reminder_days = models.PositiveSmallIntegerField(
        _("remind before the end (days)"),
        default=90,
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_REMINDER_DAYS)],
        help_text=_("From then on the contract is listed for renewal."),
    )
    deduction_cap = models.DecimalField(
        _("deducted at most (percent of the month's fee)"),
        max_digits=5,
        decimal_places=2,
        default=100,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )
    deduction_rule = models.TextField(_("deductions"), blank=True, help_text=_("What is deducted when it is not kept."))
    description = models.CharField(_("description"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("line contract")
        verbose_name_plural = _("line contracts")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(end_on__gt=models.F("start_on")),
                name="line_contract_dates_in_order",
                violation_error_message=_("Set the last day after the first day."),
            ),
        ]
        indexes = [models.Index(fields=["end_on"], name="line_contract_end")]

    def __str__(self) -> str:
        return self.contract_no


class ContractDeduction(Recorded):
    """One step of a contract's deduction rule: what a line costs less in a month that was worse than this."""

    class Measure(models.TextChoices):
        AVAILABILITY = "availability", _("availability (%), below")
        RTT = "rtt", _("round trip (ms), above")
        LOSS = "loss", _("loss (%), above")
        RESTORE = "restore", _("longest outage (h), above")

    contract = models.ForeignKey(
        LineContract, models.CASCADE, related_name="deductions", verbose_name=_("line contract")
    )
    measure = models.CharField(_("measure"), max_length=12, choices=Measure.choices)
    threshold = models.DecimalField(_("limit"), max_digits=9, decimal_places=3, validators=[MinValueValidator(0)])
    percent = models.DecimalField(
        _("deduction (percent of the month's fee)"),
        max_digits=5,
        decimal_places=2,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
        help_text=_(
            "Of steps of one measure the largest that is reached counts; measures add up to the contract's cap."
        ),
    )

    class Meta:
        verbose_name = _("deduction step")
        verbose_name_plural = _("deduction steps")
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "measure", "threshold"],
                name="contract_deduction_once",
                violation_error_message=_("This contract has a step at that limit already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contract} | {self.measure} | {self.threshold}"

    def clean(self) -> None:
        is_share = self.measure in (self.Measure.AVAILABILITY, self.Measure.LOSS)
        if is_share and self.threshold is not None and self.threshold > 100:
            raise ValidationError({"threshold": _("A share lies between 0 and 100.")})
