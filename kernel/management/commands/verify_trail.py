"""Recompute the seal over every change record and say whether the trail is whole."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from kernel.sealing import verify


class Command(BaseCommand):
    help = "Recomputes the digest of every sealed change record; fails when one was altered."

    def handle(self, *args: Any, **options: Any) -> None:
        report = verify()
        if not report.is_whole:
            raise CommandError(f"The trail was altered: change record {report.broken_at} doesn't give its digest.")
        self.stdout.write(f"The trail is whole: {report.checked} records sealed, {report.unsealed} not sealed yet.")
