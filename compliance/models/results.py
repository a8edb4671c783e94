"""What the judge says now, and when it changed. Written by the judge alone.

A row is written when its verdict, its reason or its raw evidence changes; between two runs that say the same
nothing is written. That a standing row still holds is vouched for by the last JudgeRun.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class VerdictWord(models.TextChoices):
    """The words of `compliance.rules.values.Verdict`, with their names."""

    FINDING = "FINDING", _("finding")
    WARN = "WARN", _("warning")
    UNKNOWN = "UNKNOWN", _("unknown")
    EXEMPT = "EXEMPT", _("exempt")
    INFO = "INFO", _("note")
    PASS = "PASS", _("pass")  # a verdict, no password
    NOT_APPLICABLE = "NOT_APPLICABLE", _("not applicable")


class ProofState(models.TextChoices):
    BOTH = "both", _("both ends proved")
    ONE = "one", _("one end proved")
    NONE = "none", _("not proved")


class JudgeRun(models.Model):
    """One complete run; the newest one tells how fresh all verdicts are."""

    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(db_index=True)
    rules = models.JSONField(default=list)
    lines = models.PositiveIntegerField()
    counts = models.JSONField(default=dict)
    seconds = models.FloatField()

    def __str__(self) -> str:
        return f"{self.ended_at:%Y-%m-%d %H:%M:%S}"


class JudgeLease(models.Model):
    """One row: who is judging. Two judges at once would both open the same finding."""

    owner = models.CharField(max_length=100, blank=True)
    until = models.DateTimeField()

    def __str__(self) -> str:
        return self.owner


class RuleResult(models.Model):
    """One rule on one line. `explanation` is {"code", "values"}; `compliance.texts` makes the sentence."""

    circuit = models.ForeignKey(
        "inventory.Circuit", models.CASCADE, related_name="rule_results", verbose_name=_("line")
    )
    rule_code = models.CharField(_("rule"), max_length=10)
    rule_version = models.PositiveIntegerField(_("version"))
    verdict = models.CharField(_("verdict"), max_length=15, choices=VerdictWord.choices)
    is_dry_run = models.BooleanField(default=False)
    explanation = models.JSONField(default=dict)
    inputs = models.JSONField(default=dict)
    evidence = models.JSONField(default=list)
    since = models.DateTimeField(_("since"))
    at = models.DateTimeField(_("written"))
    observations = models.PositiveIntegerField(_("observations"), default=0)
    digest = models.CharField(max_length=64)
    """Of everything above that is not merely the passing of time; equal digests need no write."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["circuit", "rule_code"], name="result_once_a_line_and_rule")]
        indexes = [models.Index(fields=["rule_code", "verdict"], name="result_of_rule")]

    def __str__(self) -> str:
        return f"{self.rule_code} {self.verdict}"


class LineVerdict(models.Model):
    """The worst of a line's results, ready to be listed worst first."""

    circuit = models.OneToOneField(
        "inventory.Circuit", models.CASCADE, related_name="line_verdict", verbose_name=_("line")
    )
    verdict = models.CharField(_("verdict"), max_length=15, choices=VerdictWord.choices)
    rule_code = models.CharField(_("rule"), max_length=10, blank=True)
    headline = models.JSONField(default=dict)
    proof = models.CharField(_("ends"), max_length=5, choices=ProofState.choices, default=ProofState.NONE)
    observed_mbps = models.BigIntegerField(_("observed speed (Mbps)"), null=True)
    rank = models.PositiveSmallIntegerField(default=0)
    """Verdict, then severity; smaller is worse."""
    since = models.DateTimeField(_("since"))
    at = models.DateTimeField(_("written"))
    digest = models.CharField(max_length=64)

    class Meta:
        indexes = [
            models.Index(fields=["rank", "since", "circuit"], name="line_worst_first"),
            models.Index(fields=["verdict"], name="line_by_verdict"),
        ]

    def __str__(self) -> str:
        return f"{self.circuit_id} {self.verdict}"


class RingVerdict(models.Model):
    class State(models.TextChoices):
        CLOSED = "closed", _("closed")
        PROTECTED = "protected", _("protected")
        SPLIT = "split", _("split")
        UNKNOWN = "unknown", _("unknown")

    ring = models.OneToOneField("inventory.Ring", models.CASCADE, related_name="ring_verdict", verbose_name=_("ring"))
    verdict = models.CharField(_("verdict"), max_length=15, choices=VerdictWord.choices)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.UNKNOWN)
    rule_code = models.CharField(_("rule"), max_length=10)
    rule_version = models.PositiveIntegerField(_("version"))
    is_dry_run = models.BooleanField(default=False)
    explanation = models.JSONField(default=dict)
    inputs = models.JSONField(default=dict)
    evidence = models.JSONField(default=list)
    since = models.DateTimeField(_("since"))
    at = models.DateTimeField(_("written"))
    observations = models.PositiveIntegerField(_("observations"), default=0)
    digest = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.ring_id} {self.state}"


class GroupVerdict(models.Model):
    """One rule on a pair of exits, a contract, a port or a device. A pass is kept for contracts and pairs alone."""

    rule_code = models.CharField(max_length=10)
    kind = models.CharField(max_length=12)
    subject_id = models.BigIntegerField()
    port = models.CharField(max_length=120, blank=True)
    rule_version = models.PositiveIntegerField()
    verdict = models.CharField(_("verdict"), max_length=15, choices=VerdictWord.choices)
    is_dry_run = models.BooleanField(default=False)
    explanation = models.JSONField(default=dict)
    inputs = models.JSONField(default=dict)
    evidence = models.JSONField(default=list)
    since = models.DateTimeField(_("since"))
    at = models.DateTimeField(_("written"))
    observations = models.PositiveIntegerField(default=0)
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rule_code", "kind", "subject_id", "port"], name="group_verdict_once"),
        ]
        indexes = [models.Index(fields=["kind", "subject_id"], name="group_verdict_of")]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_id} {self.rule_code} {self.verdict}"


class VerdictChange(models.Model):
    """History: one row a change. An empty rule code is the line's or the ring's own verdict."""

    circuit = models.ForeignKey("inventory.Circuit", models.CASCADE, null=True, related_name="verdict_changes")
    ring = models.ForeignKey("inventory.Ring", models.CASCADE, null=True, related_name="verdict_changes")
    rule_code = models.CharField(max_length=10, blank=True)
    before = models.CharField(max_length=15, choices=VerdictWord.choices)
    after = models.CharField(max_length=15, choices=VerdictWord.choices)
    explanation = models.JSONField(default=dict)
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["-at", "-id"], name="verdict_change_at"),
            models.Index(fields=["circuit", "-at"], name="verdict_change_of_line"),
        ]

    def __str__(self) -> str:
        return f"{self.before} > {self.after}"
