"""Translations: compile them for use, extract new texts, check that Chinese is complete."""

from __future__ import annotations

import shutil
import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import polib
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

LANGUAGE = "zh_Hans"


def catalogue() -> Path:
    return Path(settings.LOCALE_PATHS[0]) / LANGUAGE / "LC_MESSAGES" / "django.po"


def compile_catalogue() -> bool:
    """Write the .mo beside the .po when it is missing or older; True when it was written."""
    source = catalogue()
    target = source.with_suffix(".mo")
    if not source.exists() or (target.exists() and target.stat().st_mtime >= source.stat().st_mtime):
        return False
    polib.pofile(str(source)).save_as_mofile(str(target))
    return True


class Command(BaseCommand):
    help = "Compiles the translations (no gettext needed); --update extracts texts, --check finds missing ones."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--update", action="store_true", help="extract texts into the .po (needs gettext)")
        parser.add_argument("--check", action="store_true", help="fail when a text has no translation")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["update"]:
            self._extract()
        if options["check"]:
            self._check()
        if compile_catalogue():
            self.stdout.write(f"compiled {catalogue().with_suffix('.mo').name}")

    def _extract(self) -> None:
        if shutil.which("xgettext") is None:
            raise CommandError("gettext is not installed (Debian's package is gettext).")
        ignored = [".venv/*", "var/*", "tests/*", "*/static/*"]
        call_command(
            "makemessages", locale=[LANGUAGE], ignore_patterns=ignored, no_location=True, no_obsolete=True, verbosity=0
        )

    def _check(self) -> None:
        entries = polib.pofile(str(catalogue()))
        missing = [e.msgid for e in entries if not e.obsolete and (not e.translated() or e.fuzzy)]
        if shutil.which("xgettext") is not None:
            missing += self._not_extracted({e.msgid for e in entries})
        if missing:
            listed = "\n".join(f"  {text!r}" for text in missing[:40])
            raise CommandError(f"{len(missing)} texts have no Chinese translation:\n{listed}")
        self.stdout.write(f"{len(entries)} texts, all translated")

    def _not_extracted(self, known: set[str]) -> list[str]:
        """Texts in the code that the catalogue doesn't have: extracted into a copy, compared, put back."""
        source = catalogue()
        with tempfile.TemporaryDirectory() as folder:
            kept = Path(folder) / "django.po"
            shutil.copy2(source, kept)
            try:
                self._extract()
                found = {e.msgid for e in polib.pofile(str(source))}
            finally:
                shutil.copy2(kept, source)
        return sorted(found - known)
