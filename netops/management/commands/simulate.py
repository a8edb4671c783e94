"""Break and mend lines of the simulated network, so that one can watch a finding open and close."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from collectors.simulator import faults
from inventory.models import Circuit, Device


class Command(BaseCommand):
    help = "Breaks or mends the sample city: --down LINE, --up LINE, --speed LINE=10, --silence DEVICE, --wake DEVICE."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--down", metavar="LINE", action="append", default=[], help="take a line down")
        parser.add_argument("--up", metavar="LINE", action="append", default=[], help="bring a line back")
        parser.add_argument(
            "--speed", metavar="LINE=MBPS", action="append", default=[], help="ports of a line at another speed"
        )
        parser.add_argument("--silence", metavar="DEVICE", action="append", default=[], help="a device stops answering")
        parser.add_argument("--wake", metavar="DEVICE", action="append", default=[], help="it answers again")
        parser.add_argument("--clear", action="store_true", help="mend everything")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.IS_SAMPLE:
            raise CommandError("There is no simulated network here; this works on the sample city alone.")
        folder = Path(settings.DATA_DIR) / "simulator"
        if options["clear"]:
            self._mend_all(folder)
        for line in options["down"]:
            faults.break_line(folder, self._line(line))
        for line in options["up"]:
            faults.mend_line(folder, self._line(line))
        for said in options["speed"]:
            line, _sep, speed = said.partition("=")
            if not (speed.isascii() and speed.isdigit() and 0 < int(speed[:7]) <= 400_000 and len(speed) < 7):
                raise CommandError(f"--speed wants LINE=MBPS, for example 410105-WW-0037=10, not {said!r}.")
            faults.set_speed(folder, self._line(line), int(speed))
        for name in options["silence"]:
            faults.silence_device(folder, self._device(name))
        for name in options["wake"]:
            faults.wake_device(folder, self._device(name))
        present = faults.faults(folder)
        said = [
            *(f"  {line}: down" for line in sorted(present.lines_down)),
            *(f"  {line}: {mbps} Mbit/s" for line, mbps in sorted(present.speeds.items())),
            *(f"  {name}: silent" for name in sorted(present.devices_silent)),
        ]
        self.stdout.write("\n".join(["Now broken in the simulated network:", *(said or ["  nothing"])]))
        self.stdout.write("The next poll sees it.")

    def _mend_all(self, folder: Path) -> None:
        present = faults.faults(folder)
        for line in present.lines_down:
            faults.mend_line(folder, line)
        for line in present.speeds:
            faults.set_speed(folder, line, None)
        for name in present.devices_silent:
            faults.wake_device(folder, name)

    def _line(self, number: str) -> str:
        if not Circuit.objects.filter(line_no=number).exists():
            raise CommandError(f"There is no line {number!r} in the record.")
        return number

    def _device(self, name: str) -> str:
        if not Device.objects.filter(name=name).exists():
            raise CommandError(f"There is no device {name!r} in the record.")
        return name
