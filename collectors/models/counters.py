"""A port's counters as they were read, kept for two days, and the rates they become."""

from __future__ import annotations

from typing import Any

from django.db import models

_HALF = 2**63
_WHOLE = 2**64


class UnsignedBigIntegerField(models.BigIntegerField):  # type: ignore[type-arg]  # Django has none at run time
    """0 to 2^64-1 in a signed column: the upper half is stored negative.

    A 64-bit octet counter has no reason to start at zero, and some devices start it near the top.
    """

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return value - _WHOLE if isinstance(value, int) and value >= _HALF else value

    def from_db_value(self, value: int | None, expression: Any, connection: Any) -> int | None:
        return value + _WHOLE if value is not None and value < 0 else value

    @property
    def validators(self) -> list[Any]:  # type: ignore[override]  # the column's range is not the value's range
        return []


class PortSample(models.Model):
    device_id = models.BigIntegerField()
    port = models.CharField(max_length=120)
    if_index = models.BigIntegerField()
    at = models.DateTimeField()
    uptime_s = models.FloatField(null=True)
    in_octets = UnsignedBigIntegerField(null=True)
    out_octets = UnsignedBigIntegerField(null=True)
    in_errors = models.BigIntegerField(null=True)
    out_errors = models.BigIntegerField(null=True)
    in_discards = models.BigIntegerField(null=True)
    out_discards = models.BigIntegerField(null=True)
    width = models.PositiveSmallIntegerField(default=64)
    discontinuity_s = models.FloatField(null=True)
    speed_mbps = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["device_id", "if_index", "at"], name="sample_of_port_at"),
        ]
        indexes = [models.Index(fields=["at"], name="sample_at")]

    def __str__(self) -> str:
        return f"{self.device_id} {self.port} {self.at:%Y-%m-%d %H:%M:%S}"


class PortRate(models.Model):
    """Bits per second over one step. Directions without a counter are empty; no traffic is 0."""

    device_id = models.BigIntegerField()
    port = models.CharField(max_length=120)
    start = models.DateTimeField()
    in_avg = models.BigIntegerField(null=True)
    out_avg = models.BigIntegerField(null=True)
    in_max = models.BigIntegerField(null=True)
    out_max = models.BigIntegerField(null=True)
    in_p95 = models.BigIntegerField(null=True)
    out_p95 = models.BigIntegerField(null=True)
    samples = models.PositiveIntegerField()
    """How many finer values are behind this row."""
    is_sample = models.BooleanField(default=False)

    class Meta:
        abstract = True
        constraints = [
            models.UniqueConstraint(fields=["device_id", "port", "start"], name="%(class)s_of_port"),
        ]
        indexes = [models.Index(fields=["start"], name="%(class)s_start")]

    def __str__(self) -> str:
        return f"{self.device_id} {self.port} {self.start:%Y-%m-%d %H:%M}"


class PortRate5m(PortRate):
    class Meta(PortRate.Meta):
        abstract = False


class PortRateHour(PortRate):
    class Meta(PortRate.Meta):
        abstract = False


class PortRateDay(PortRate):
    class Meta(PortRate.Meta):
        abstract = False
