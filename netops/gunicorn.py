"""What gunicorn is started with beside its command line: `--config python:netops.gunicorn`."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "netops.settings")

# Each process's request counts; read by prometheus_client itself, before the first counter is made.
_folder = Path(settings.DATA_DIR) / "metrics" / str(settings.PORT)
os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(_folder)
_folder.mkdir(parents=True, exist_ok=True)

logconfig_dict = settings.LOGGING  # gunicorn's own words in the product's format too


def on_starting(server: Any) -> None:
    """Counts begin at nought with the server; what a worker that ended has counted stays until then."""
    shutil.rmtree(_folder)
    _folder.mkdir()
