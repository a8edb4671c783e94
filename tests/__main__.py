"""`python -m tests`: the suite, in parallel, on SQLite, and on PostgreSQL too where a server can be had."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.servers import temporary_postgres


def run(label: str, environment: dict[str, str], arguments: list[str]) -> int:
    print(f"== tests on {label}", flush=True)
    command = [sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadfile", *arguments]
    return subprocess.call(command, env={**os.environ, **environment})


def main() -> int:
    arguments = sys.argv[1:]
    code = run("SQLite", {}, arguments)
    if code:
        return code
    with temporary_postgres() as (url, reason):
        if url is None:
            print(f"== tests on PostgreSQL skipped: {reason}", flush=True)
            return 0
        # What needs no database, or brings its own network, has just run.
        return run(
            "PostgreSQL", {"NETOPS_DATABASE_URL": url}, [*arguments, "-m", "not root and not browser and not slow"]
        )


if __name__ == "__main__":
    sys.exit(main())
