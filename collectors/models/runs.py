from __future__ import annotations

from django.db import models


class CollectorWatch(models.Model):
    """A time in which somebody kept asking a network's devices; a pass that comes too late begins a new one.

    A month of passes is two hundred thousand rows for a city, a month of watches a handful.
    """

    network_id = models.BigIntegerField(null=True)
    worker = models.CharField(max_length=64)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    """When the last pass of it began."""
    is_sample = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["network_id", "last_at"], name="watch_of_network")]

    def __str__(self) -> str:
        return f"{self.network_id} {self.first_at:%Y-%m-%d %H:%M:%S}"


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
