"""`python -m tests.templates`: every template compiles."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import django


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "netops.settings")
    django.setup()
    from django.template import TemplateSyntaxError
    from django.template.loader import get_template

    wrong = 0
    for root in Path().glob("*/templates"):
        for path in sorted(root.rglob("*.html")):
            try:
                get_template(str(path.relative_to(root)))
            except TemplateSyntaxError as error:
                wrong += 1
                print(f"{path}: {error}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
