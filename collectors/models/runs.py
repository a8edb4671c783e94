from __future__ import annotations

from django.db import models


class CollectorRun(models.Model):
    """One pass of one worker over devices of one network, so that "no data" is told from "no traffic"."""

    network_id = models.BigIntegerField(null=True)
    worker = models.CharField(max_length=64)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    asked = models.PositiveIntegerField(default=0)
    answered = models.PositiveIntegerField(default=0)
    is_sample = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["network_id", "started_at"], name="run_of_network")]

    def __str__(self) -> str:
        return f"{self.worker} {self.started_at:%Y-%m-%d %H:%M:%S}"
