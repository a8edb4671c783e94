"""Back up the whole installation into one file, or check such a file."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from netops.backups.archives import Archive
from netops.backups.errors import BackupRefused
from netops.backups.making import back_up


class Command(BaseCommand):
    help = (
        "Writes databases and attachments into one new file, while the product runs. The file is readable on SQLite "
        "and PostgreSQL. Given a folder, the file's name is the time."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, help="the new file, or an existing folder")
        parser.add_argument("--with-keys", action="store_true", help="the keys that open the secrets too")
        parser.add_argument("--keep", type=int, metavar="N", help="in that folder, delete all but the N newest")
        parser.add_argument("--verify", action="store_true", help="write nothing: check that the file is whole")

    def handle(self, *args: Any, **options: Any) -> None:
        keep = options["keep"]
        if keep is not None and keep < 1:
            raise CommandError(_("--keep takes a number from 1 on."))
        try:
            if options["verify"]:
                self._verify(options["path"])
            else:
                self._back_up(options["path"], options["with_keys"], keep)
        except BackupRefused as refused:
            raise CommandError(refused.message) from refused

    def _verify(self, path: Path) -> None:
        with Archive(path) as archive:
            archive.verify()
            manifest = archive.manifest
        said = {
            "path": path, "version": manifest.version, "at": manifest.made_at, "engine": manifest.engine,
            "tables": len(manifest.tables), "rows": manifest.rows,
        }  # fmt: skip
        self.stdout.write(
            _("%(path)s is whole: release %(version)s, %(at)s, %(engine)s, %(tables)d tables, %(rows)d rows.") % said
        )

    def _back_up(self, path: Path, with_keys: bool, keep: int | None) -> None:
        report = back_up(path, with_keys=with_keys, keep=keep)
        said = {"path": report.path, "tables": report.tables, "rows": report.rows, "mb": report.size / 1e6}
        self.stdout.write(_("%(path)s: %(tables)d tables, %(rows)d rows, %(mb).1f MB.") % said)
        if with_keys:
            self.stdout.write(_("The keys are in it: whoever has this file can read every secret. Lock it away."))
        else:
            self.stdout.write(
                _(
                    "The keys are not in it. Keep NETOPS_CREDENTIALS_KEY apart from it: without that key nobody can "
                    "read the devices' secrets again."
                )
            )
