"""What a person at the shell gets for a bad setting, an empty folder, a second start: a sentence, never a trace."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management.base import CommandError

from netops.supervisor import only_one

ROOT = Path(__file__).parents[2]


def manage(
    *arguments: str, folder: Path, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("NETOPS_")}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**kept, "NETOPS_DATA_DIR": str(folder), **(environment or {})},
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NETOPS_SAMPLE", "maybe"),
        ("PORT", "abc"),
        ("PORT", "70000"),
        ("NETOPS_DATABASE_URL", "foo"),
        ("NETOPS_POLL_INTERVAL_S", "-5"),
        ("NETOPS_TIME_ZONE", "Mars"),
        ("NETOPS_DATA_DIR", "/proc/nowhere"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(tmp_path: Path, name: str, value: str) -> None:
    done = manage("check", folder=tmp_path, environment={name: value})
    assert done.returncode == 1
    assert name in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", [["poll"], ["judge"], ["verify_trail"]])
def test_before_the_first_start_a_command_says_what_to_do(tmp_path: Path, command: list[str]) -> None:
    done = manage(*command, folder=tmp_path)
    assert done.returncode != 0
    assert "no tables yet" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["demo", "demo-token", "simulate"])
def test_what_belongs_to_the_sample_city_is_refused_on_a_real_database(tmp_path: Path, command: str) -> None:
    done = manage(command, folder=tmp_path)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "record.sqlite3").exists()


def test_one_data_folder_has_one_supervisor(tmp_path: Path) -> None:
    with only_one(tmp_path), pytest.raises(CommandError, match="running already"), only_one(tmp_path):
        pass
    with only_one(tmp_path):
        pass
