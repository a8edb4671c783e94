"""`manage.py probe`, as people and scripts call it."""

import io
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from collectors.simulator.plan import dump
from tests.collectors.test_simulator import ACCESS, BOOTED_AT, CORE, MUTE, running
from tests.collectors.test_simulator_plan import COMMUNITY, USER, small_plan

ROOT = Path(__file__).parents[2]
KEYS = {
    "interfaces": {"index", "name", "alias", "type", "mtu", "speed_mbps", "mac", "admin", "oper"},
    "neighbours": {"local_port", "remote_name", "remote_port", "remote_description"},
    "modules": {"index", "name", "description", "class", "model", "serial", "firmware"},
    "addresses": {"address", "interface"},
}


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    folder = tmp_path_factory.mktemp("simulator")
    dump(small_plan(BOOTED_AT), folder / "plan.json")
    with running(folder) as (number, _process):
        yield number


@dataclass
class Done:
    returncode: int
    stdout: str
    stderr: str


def probe(*arguments: str) -> Done:
    out, err, code = io.StringIO(), io.StringIO(), 0
    try:
        call_command("probe", *arguments, stdout=out, stderr=err)
    except SystemExit as left:
        code = left.code
    return Done(code, out.getvalue(), err.getvalue())


def test_a_device_is_read_as_json(port):
    done = probe(f"{CORE}:{port}", "--community", COMMUNITY, "--format", "json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert set(said) == {"system", *KEYS}
    assert set(said["system"]) == {"name", "description", "object_id", "location", "uptime_s"}
    assert said["system"]["uptime_s"] > 0
    for part, keys in KEYS.items():
        assert said[part], part
        assert {frozenset(row) for row in said[part]} == {frozenset(keys)}
    assert all("/" in row["address"] for row in said["addresses"])


def test_a_device_is_read_as_text(port):
    done = probe(f"{CORE}:{port}", "--community", COMMUNITY)
    assert done.returncode == 0, done.stderr
    assert "interfaces: " in done.stdout
    assert "local_port" in done.stdout


def test_a_silent_address_is_one_sentence_and_code_1(port):
    done = probe(f"{MUTE}:{port}", "--timeout", "0.2")
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.strip().splitlines()) == 1
    assert done.stderr.strip().endswith(".")


def test_a_wrong_community_is_not_shown(port):
    done = probe(f"{CORE}:{port}", "--community", "wrong-secret", "--timeout", "0.2")
    assert done.returncode == 1
    assert "wrong-secret" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["::1"], ["2001:db8::1:161"], ["[::1"], ["[not-an-address]"], ["127.0.0.1:port"], ["127.0.0.1:0"],
        ["127.0.0.1:70000"], ["127.0.0.1:"], ["10.0.0.0/8"], [""], ["[::1]161"],
        ["127.0.0.1", "--community", "a", "--user", "b"], ["127.0.0.1", "--auth", "SHA:secret-key"],
        ["127.0.0.1", "--user", "u", "--auth", "SHA"], ["127.0.0.1", "--user", "u", "--auth", "ROT13:secret-key"],
        ["127.0.0.1", "--user", "u", "--auth", "SHA:short"], ["127.0.0.1", "--user", "u", "--priv", "AES:secret-key"],
        ["[fe80::1%lo]"], ["127.0.0.1", "--source", "here"], ["127.0.0.1", "--source", "fe80::1%lo"],
        ["127.0.0.1", "--context", "vrf-office"], ["127.0.0.1", "--timeout", "never"], ["127.0.0.1", "--timeout", "0"], ["127.0.0.1", "--format", "xml"], [],
    ],
)  # fmt: skip
def test_wrong_arguments_end_with_code_2(arguments):
    with pytest.raises((SystemExit, CommandError)) as ended:
        call_command("probe", *arguments)
    if isinstance(ended.value, SystemExit):
        assert ended.value.code == 2


def test_wrong_arguments_end_with_code_2_on_the_command_line():
    done = subprocess.run(
        [sys.executable, "manage.py", "probe", "127.0.0.1:port"], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 2
    assert "must be a number from 1 to 65535" in done.stderr


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("router", ("router", 161)), ("10.0.0.1:1161", ("10.0.0.1", 1161)), ("[2001:db8::1]", ("2001:db8::1", 161)),
        ("[::1]:1161", ("::1", 1161)),
    ],
)  # fmt: skip
def test_addresses_are_read_with_and_without_port(text, target):
    from collectors.management.commands.probe import _target

    assert _target(text) == target


def test_a_v3_user_is_read_with_authentication_and_encryption(port):
    done = probe(
        f"{ACCESS}:{port}", "--user", USER.name, "--auth", f"{USER.auth_protocol}:{USER.auth_key}", "--priv",
        f"{USER.priv_protocol}:{USER.priv_key}", "--format", "json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_a_weak_way_to_sign_in_is_told_with_the_reading(port):
    done = probe(f"{CORE}:{port}", "--community", COMMUNITY, "--format", "json")
    assert done.stderr.startswith("Weak: community readable on the line.")
    assert json.loads(done.stdout)["system"]

    auth, priv = f"{USER.auth_protocol}:{USER.auth_key}", f"{USER.priv_protocol}:{USER.priv_key}"
    done = probe(f"{ACCESS}:{port}", "--user", USER.name, "--auth", auth, "--priv", priv)
    assert ("Weak: SHA-1." in done.stderr) is (USER.auth_protocol == "SHA")


def test_a_device_is_asked_from_the_address_that_is_given(port):
    done = probe(f"{CORE}:{port}", "--community", COMMUNITY, "--source", "127.0.0.9", "--format", "json")
    assert done.returncode == 0, done.stderr
    elsewhere = probe(f"{CORE}:{port}", "--community", COMMUNITY, "--source", "192.0.2.77")
    assert (elsewhere.returncode, "this server has" in elsewhere.stderr) == (1, True)
