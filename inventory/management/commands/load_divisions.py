from __future__ import annotations

import csv
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from inventory.services.regions import load_divisions
from kernel.errors import RowsRejected

SHIPPED = Path(__file__).resolve().parents[2] / "data" / "divisions_4101.csv"


class Command(BaseCommand):
    help = "Add and update administrative divisions from a CSV file (code,name,level,parent,managed_by,kind,source)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, default=SHIPPED, help="default: the city's own, shipped here")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            with path.open(encoding="utf-8-sig", newline="") as file:
                report = load_divisions(csv.DictReader(file), actor=None, reason=_("Loading of divisions"))
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise CommandError(f"{path} can't be read: {error}") from error
        except RowsRejected as rejected:
            named = sorted(rejected.rows.items())[:10]
            lines = [
                f"line {position + 2}: {name}: {' '.join(texts)}"
                for position, fields in named
                for name, texts in fields.items()
            ]
            raise CommandError("\n".join([rejected.message, *lines])) from rejected
        if not (report.added or report.changed or report.unchanged):
            raise CommandError(f"{path} has no divisions.")
        self.stdout.write(f"{report.added} added, {report.changed} changed, {report.unchanged} unchanged")
