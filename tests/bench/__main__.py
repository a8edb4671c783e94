"""`make bench`: the figures the product is held to, as JSON. Loopback alone; ends by itself in a few minutes.

CPU time and query counts are the steady figures; wall-clock seconds depend on what else the machine does.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
from typing import Any

import django

from tests.bench import engine
from tests.servers import temporary_postgres


def in_own_database(section: str, url: str | None = None) -> dict[str, Any]:
    """One section's figures from a process and a database of its own."""
    with tempfile.TemporaryDirectory(prefix="netops-bench-") as folder:
        environment = {**os.environ, "NETOPS_DATA_DIR": folder, "DJANGO_SETTINGS_MODULE": "netops.settings"}
        environment.pop("NETOPS_DATABASE_URL", None)
        if url is not None:
            environment["NETOPS_DATABASE_URL"] = url
        command = [sys.executable, "-m", "tests.bench", section]
        done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
        found: dict[str, Any] = json.loads(done.stdout)
        return found


def section_here(section: str) -> dict[str, Any]:
    """In the databases that the environment names; what needs them is imported only now."""
    django.setup()
    from netops.setup import prepare_databases
    from tests.bench import history, judge

    prepare_databases()
    return history.bench() if section == "history" else judge.bench()


def main() -> None:
    if sys.argv[1:] in (["judge"], ["history"]):
        sys.stdout.write(json.dumps(section_here(sys.argv[1])) + "\n")
        return
    figures: dict[str, Any] = {
        "machine": {"cores": os.cpu_count(), "python": platform.python_version(), "load": os.getloadavg()[0]},
        "engine": engine.bench(),
        "judge_sqlite": in_own_database("judge"),
        "history": in_own_database("history"),
    }
    with temporary_postgres() as (url, reason):
        figures["judge_postgresql"] = in_own_database("judge", url) if url is not None else {"skipped": reason}
    sys.stdout.write(json.dumps(figures, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
