"""Write a month's deduction sheet."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone, translation

from compliance.deduction_sheets import workbook
from compliance.deductions import reckon
from compliance.service_facts import month_named
from inventory.models import Circuit, LineContract


class Command(BaseCommand):
    help = "Writes the deduction sheet of a month as .xlsx: deductions 2026-10 --output FILE.xlsx [--contract NO]"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("month", help="year and month: 2026-10")
        parser.add_argument("--output", metavar="FILE", type=Path, required=True, help="the file to write")
        parser.add_argument("--contract", metavar="NO", default="", help="only lines of this contract")

    def handle(self, *args: Any, **options: Any) -> None:
        month = month_named(options["month"])
        if month is None:
            raise CommandError(f"{options['month']!r} is no month; write year and month: 2026-10.")
        lines = Circuit.objects.all()
        if number := options["contract"]:
            if not LineContract.objects.filter(contract_no=number).exists():
                raise CommandError(f"There is no contract {number!r} in the record.")
            lines = lines.filter(contract__contract_no=number)
        reckoning = reckon(lines, month, timezone.now())
        try:
            # Commands speak English, a sheet goes to a carrier.
            with translation.override(settings.LANGUAGE_CODE):
                options["output"].write_bytes(workbook(reckoning))
        except OSError as error:
            raise CommandError(f"{options['output']} can't be written: {error.strerror}.") from error
        deducted = sum(total.deducted for total in reckoning.contracts)
        self.stdout.write(
            f"{options['output']}: {len(reckoning.lines)} lines measured, {deducted} with a deduction, "
            f"{reckoning.amount:.2f} yuan, digest {reckoning.digest()}"
        )
