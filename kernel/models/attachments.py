"""Documents of recorded rows. A row is pointed at by kind and number, as change records do; bytes lie beside."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Attachment(models.Model):
    """Written by `kernel.attachments` alone, which leaves a change record with the row it belongs to."""

    object_type = models.CharField(_("kind"), max_length=100)
    object_id = models.BigIntegerField(_("number"))
    name = models.CharField(_("file name"), max_length=200)
    size = models.BigIntegerField(_("size"))
    content_type = models.CharField(_("content type"), max_length=100)
    sha256 = models.CharField(_("digest"), max_length=64, db_index=True)
    note = models.CharField(_("remark"), max_length=200, blank=True)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="attachments",
        verbose_name=_("uploaded by"),
    )
    uploaded_at = models.DateTimeField(_("uploaded"), auto_now_add=True)

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        constraints = [
            models.UniqueConstraint(
                fields=["object_type", "object_id", "sha256"],
                name="attachment_once",
                violation_error_message=_("This document is attached already."),
            ),
        ]

    def __str__(self) -> str:
        return self.name
