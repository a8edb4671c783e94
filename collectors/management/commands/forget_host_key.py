"""`manage.py forget_host_key DEVICE`: after a router was replaced, its next SSH key is trusted again."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from collectors.devices import polled_devices
from collectors.models import SeenHostKey


class Command(BaseCommand):
    help = "Forgets the SSH host key of a device that was replaced; the key it shows next is trusted."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("device", help="its name in the record")

    def handle(self, *args: Any, **options: Any) -> None:
        name = options["device"]
        hosts = {device.host for device in polled_devices(names=[name])}
        if not hosts:
            raise CommandError(f"No device that may be polled is recorded under the name {name!r}.")
        gone, _by_model = SeenHostKey.objects.filter(host__in=hosts).delete()
        if not gone:
            raise CommandError(f"No host key of {name} is known, so there is nothing to forget.")
        self.stdout.write(f"Forgot the host key of {name}; compare the next one with the device's own.")
