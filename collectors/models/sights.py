"""State as intervals: a row is written when something changes, and an open row is confirmed by its target's last read.

Device numbers are plain integers: no foreign key leads from what is seen to what is recorded.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Interval(models.Model):
    device_id = models.BigIntegerField()
    first_seen_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    is_sample = models.BooleanField(default=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.device_id} {self.first_seen_at:%Y-%m-%d %H:%M:%S}"


class SeenReach(Interval):
    """Whether a device answered, as its target's state went on: what a past day's audit asks."""

    state = models.CharField(max_length=10)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["device_id"], condition=Q(ended_at=None), name="reach_open"),
        ]
        indexes = [models.Index(fields=["device_id", "first_seen_at"], name="reach_history")]


class SeenSystem(Interval):
    name = models.CharField(max_length=255, blank=True)
    description = models.TextField(blank=True)
    object_id = models.CharField(max_length=255, blank=True)
    location = models.CharField(max_length=255, blank=True)
    contact = models.CharField(max_length=255, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["device_id"], condition=Q(ended_at=None), name="system_open"),
        ]
        indexes = [models.Index(fields=["device_id", "first_seen_at"], name="system_history")]


class SeenInterface(Interval):
    """One port in one state. `port` is its normalised name: an ifIndex may change with a restart, a name doesn't."""

    port = models.CharField(max_length=120)
    if_index = models.BigIntegerField()
    name = models.CharField(max_length=255)
    description = models.CharField(max_length=255, blank=True)
    alias = models.CharField(max_length=255, blank=True)
    type = models.CharField(max_length=60, blank=True)
    mtu = models.BigIntegerField(null=True)
    speed_mbps = models.BigIntegerField(null=True)
    mac = models.CharField(max_length=60, blank=True)
    admin = models.CharField(max_length=20, blank=True)
    oper = models.CharField(max_length=20, blank=True)
    # Carried from one interval of the port to the next, so that a new alias doesn't restart the clock of a silent port.
    port_seen_at = models.DateTimeField()
    state_since_at = models.DateTimeField()
    state_read = models.BigIntegerField()
    """The target's number of readings when this admin and oper state began."""
    last_up_at = models.DateTimeField(null=True)
    """When the port was last seen up before this interval; an open row that is up is up until the last read."""
    changed_at = models.DateTimeField(null=True)
    """The device's own word for the port's last change, where it gave one."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["device_id", "port"], condition=Q(ended_at=None), name="interface_open"),
        ]
        indexes = [models.Index(fields=["device_id", "port", "first_seen_at"], name="interface_history")]


class SeenNeighbour(Interval):
    port = models.CharField(max_length=120)
    local_port = models.CharField(max_length=255)
    local_index = models.BigIntegerField(null=True)
    remote_name = models.CharField(max_length=255, blank=True)
    remote_port = models.CharField(max_length=255, blank=True)
    remote_description = models.TextField(blank=True)
    remote_chassis_id = models.CharField(max_length=255, blank=True)
    remote_address = models.CharField(max_length=60, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["device_id", "port"], condition=Q(ended_at=None), name="neighbour_open"),
            models.Index(fields=["device_id", "port", "first_seen_at"], name="neighbour_history"),
        ]


class SeenModule(Interval):
    index = models.BigIntegerField()
    parent_index = models.BigIntegerField(null=True)
    name = models.CharField(max_length=255, blank=True)
    description = models.TextField(blank=True)
    klass = models.CharField(max_length=60, blank=True)
    model = models.CharField(max_length=255, blank=True)
    serial = models.CharField(max_length=255, blank=True)
    firmware = models.CharField(max_length=255, blank=True)
    hardware = models.CharField(max_length=255, blank=True)
    software = models.CharField(max_length=255, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["device_id", "index"], condition=Q(ended_at=None), name="module_open"),
        ]
        indexes = [
            models.Index(fields=["device_id", "index", "first_seen_at"], name="module_history"),
            models.Index(fields=["serial"], name="module_serial"),
        ]


class SeenAddress(Interval):
    address = models.CharField(max_length=60)
    interface = models.CharField(max_length=255, blank=True)
    if_index = models.BigIntegerField()

    class Meta:
        indexes = [
            models.Index(fields=["device_id", "address"], condition=Q(ended_at=None), name="address_open"),
            models.Index(fields=["address"], name="address_seen"),
        ]
