"""The trail: every write of a recorded row, kept for ever and sealed by a chain of digests."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

_LATE = 10_000  # so many records may be written while one transaction is open


class ChangeRecord(models.Model):
    """One row before and after one write. Never changed: the database refuses update and delete (migration)."""

    class Action(models.TextChoices):
        CREATE = "create", _("added")
        UPDATE = "update", _("changed")
        DELETE = "delete", _("deleted")

    at = models.DateTimeField(_("time"))
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="changes",
        verbose_name=_("who"),
        db_constraint=False,
    )
    actor_name = models.CharField(_("who"), max_length=150)
    request_id = models.UUIDField(_("request"))
    action = models.CharField(_("action"), max_length=10, choices=Action.choices)
    object_type = models.CharField(_("kind"), max_length=100)
    object_id = models.BigIntegerField(_("number"))
    object_repr = models.CharField(_("object"), max_length=200)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    # The scope at the time of writing, so that moving a row later doesn't open or close its past.
    org_id = models.BigIntegerField(null=True)
    area_path = models.CharField(max_length=100, blank=True)

    class Meta:
        verbose_name = _("change")
        verbose_name_plural = _("changes")
        indexes = [
            models.Index(fields=["object_type", "object_id", "-id"], name="change_of_object"),
            models.Index(fields=["-at"], name="change_at"),
            models.Index(fields=["request_id"], name="change_request"),
        ]

    def __str__(self) -> str:
        return f"{self.get_action_display()} {self.object_repr}"

    @property
    def who(self) -> str:
        """The actor in words; without one it was the product itself."""
        return self.actor_name if self.actor_id is not None else str(_("the system"))

    @classmethod
    def mark(cls) -> tuple[Any, ...]:
        """Where the trail stands: equal marks mean that nothing recorded has changed in between. One query.

        The newest number alone isn't enough: a transaction that began earlier may commit a smaller one later.
        """
        late = cls.objects.filter(pk__gt=models.OuterRef("pk") - _LATE).order_by().values(n=models.Value(1))
        rows = cls.objects.annotate(late=models.Subquery(late.annotate(count=models.Count("pk")).values("count")[:1]))
        return rows.order_by("-pk").values_list("pk", "request_id", "late").first() or ()

    def content(self) -> bytes:
        """The bytes that the seal covers: canonical JSON of everything the record says."""
        said: dict[str, Any] = {
            "id": self.pk,
            "at": self.at.isoformat(),
            "actor": self.actor_id,
            "actor_name": self.actor_name,
            "request_id": str(self.request_id),
            "action": self.action,
            "object_type": self.object_type,
            "object_id": self.object_id,
            "object_repr": self.object_repr,
            "reason": self.reason,
            "before": self.before,
            "after": self.after,
            "org_id": self.org_id,
            "area_path": self.area_path,
        }
        return json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


class SealEntry(models.Model):
    """A link of the chain. A row of its own, so that change records are never touched again.

    Records are chained in the order the sealer finds them: one that commits late is sealed late.
    """

    change = models.OneToOneField(ChangeRecord, models.PROTECT, related_name="seal")
    digest = models.CharField(max_length=64)
    sealed_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.change_id}: {self.digest[:12]}"

    @staticmethod
    def chained(previous: str, change: ChangeRecord) -> str:
        return hashlib.sha256(previous.encode() + change.content()).hexdigest()
