"""Restore an installation from a backup."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from netops.backups.errors import BackupRefused
from netops.backups.restoring import RestoreReport, restore
from netops.supervisor import only_one


class Command(BaseCommand):
    help = (
        "Reads a backup into an empty installation, all or nothing, and brings its tables up to this release. "
        "Stop the product first."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, help="the file that `backup` wrote")
        parser.add_argument("--replace", action="store_true", help="give up the data that this installation holds")

    def handle(self, *args: Any, **options: Any) -> None:
        say = self.stdout.write if options["verbosity"] > 1 else lambda _text: None
        with only_one(settings.DATA_DIR):
            try:
                report = restore(options["path"], replace=options["replace"], say=say)
            except BackupRefused as refused:
                raise CommandError(refused.message) from refused
        self._tell(report)

    def _tell(self, report: RestoreReport) -> None:
        manifest, trail = report.manifest, report.trail
        said = {
            "tables": len(manifest.tables), "rows": manifest.rows, "version": manifest.version, "at": manifest.made_at,
        }  # fmt: skip
        self.stdout.write(_("Restored %(tables)d tables, %(rows)d rows of release %(version)s, %(at)s.") % said)
        said = {"checked": trail.checked, "unsealed": trail.unsealed}
        self.stdout.write(_("The trail is whole: %(checked)d changes sealed, %(unsealed)d not sealed yet.") % said)
        if report.keys:
            self.stdout.write(_("The keys came along: %(names)s.") % {"names": ", ".join(report.keys)})
        if report.kept:
            self.stdout.write(
                _("The data that was here lies in %(folder)s; delete it when nobody needs it.")
                % {"folder": report.kept}
            )
        if report.unreadable:
            said = {"names": ", ".join(report.unreadable)}
            self.stdout.write(
                _(
                    "The present key doesn't open the secrets of: %(names)s. Put back the NETOPS_CREDENTIALS_KEY they "
                    "were saved with, or enter them again."
                )
                % said
            )
