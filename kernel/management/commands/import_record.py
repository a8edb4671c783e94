"""Bring in a sheet from the command line: the opening ledger, with the paper that approved it."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError

from kernel.derive import files, sheets
from kernel.errors import GuardedField, ProductError, RowsRejected
from kernel.models import User
from kernel.registry import registry
from kernel.spec import Spec


class Command(BaseCommand):
    help = (
        "Imports a .csv or .xlsx file, all rows or none. --approval names the document that approved guarded fields "
        "(approved bandwidth, lines in use), for ledgers older than this installation."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("model", help="for instance circuits.circuit")
        parser.add_argument("file", type=Path)
        parser.add_argument("--account", required=True, help="who imports: an account's name")
        parser.add_argument("--approval", default="", help="number of the approving document")
        parser.add_argument("--existing", choices=["update", "skip", "refuse"], default="update")
        parser.add_argument("--dry-run", action="store_true", help="check everything, write nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        spec = registry.by_type(options["model"])
        if spec is None or spec.read_only:
            known = ", ".join(s.object_type for s in registry.all() if not s.read_only)
            raise CommandError(f"There is no model {options['model']!r}. Known are: {known}.")
        user = User.objects.filter(username=options["account"]).first()
        if user is None:
            raise CommandError(f"There is no account {options['account']!r}.")
        try:
            content = options["file"].read_bytes()
        except OSError as error:
            raise CommandError(f"{options['file']} can't be read: {error.strerror}.") from error
        self._load(spec, content, user, options)

    def _load(self, spec: Spec, content: bytes, user: User, options: dict[str, Any]) -> None:
        try:
            header, rows = files.read(content)
            found = sheets.preview(spec, header, rows, user=user, existing=options["existing"])
            written = sheets.load(
                found,
                actor=user,
                reason=f"import of {options['file'].name}",
                approval=options["approval"],
                dry_run=options["dry_run"],
            )
        except (RowsRejected, GuardedField) as rejected:
            for line in found.wrong[:50]:
                for name, texts in line.errors.items():
                    self.stderr.write(f"row {line.number}, {name}: {' '.join(texts)}")
            raise CommandError(rejected.message) from rejected
        except ProductError as refused:
            raise CommandError(refused.message) from refused
        except PermissionDenied as refused:
            raise CommandError(f"{user} may not write rows of {spec.object_type}.") from refused
        counts = ", ".join(f"{found.count(k)} {k}" for k in ("add", "change", "same", "skip"))
        self.stdout.write(f"{'would write' if options['dry_run'] else 'wrote'} {written} rows ({counts})")
