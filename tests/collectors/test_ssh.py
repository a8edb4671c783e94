"""Devices that are read over their command line, at a real OpenSSH server and at one in this process."""

from dataclasses import replace

import paramiko
import pytest

from collectors.drivers.ssh import read_device
from collectors.errors import AgentError, AuthenticationFailed, BadAnswer, Refused, Unreachable
from collectors.transports.ssh.cli import Cli, HostKeyChanged, Login
from collectors.transports.ssh.profiles import UnknownProfile, profile, profile_names
from tests.collectors import shells

FRR = profile("frr")


def login(shell, **fields):
    return Login(
        **{"host": shell.host, "port": shell.port, "username": shells.USER, "password": shells.PASSWORD, **fields}
    )


@pytest.fixture(params=["openssh", "in_process"])
def shell(request):
    if request.param == "in_process":
        with shells.in_process() as opened:
            yield opened
        return
    if reason := shells.why_no_openssh():
        pytest.skip(reason)
    with shells.openssh() as opened:
        yield opened


def test_a_device_is_read(shell):
    reading, key = read_device(login(shell), FRR)
    assert reading.system.name == "core-r1"
    assert {p.name: (p.admin, p.oper) for p in reading.interfaces}["eth1"] == ("up", "down")
    assert "郑州-to-xinzheng fibre" in {p.alias for p in reading.interfaces}
    assert key.kind
    assert key.key


def test_a_wrong_password_is_told_without_the_password(shell):
    with pytest.raises(AuthenticationFailed, match=shells.USER) as failed:
        read_device(login(shell, password="wrong-password"), FRR)
    assert "wrong-password" not in str(failed.value)


def test_a_known_host_key_is_accepted_and_another_one_is_refused(shell):
    _reading, key = read_device(login(shell), FRR)
    read_device(login(shell, known_key=key), FRR)
    with pytest.raises(HostKeyChanged, match=rf"127\.0\.0\.1:{shell.port}.*SHA256:"):
        read_device(login(shell, known_key=replace(key, key="AAAA")), FRR)


def test_a_command_that_the_device_refuses_is_an_error(shell):
    with Cli(login(shell), FRR) as cli, pytest.raises(AgentError, match="% Unknown command: show nosuch"):
        cli.run("show nosuch")


def test_the_password_is_not_sent_to_a_host_with_another_key():
    asked = []

    class Rules(shells._Rules):
        def check_auth_password(self, username, password):
            asked.append(password)
            return super().check_auth_password(username, password)

    original, shells._Rules = shells._Rules, Rules
    try:
        with shells.in_process() as shell:
            _reading, key = read_device(login(shell), FRR)
            asked.clear()
            with pytest.raises(HostKeyChanged):
                read_device(login(shell, known_key=replace(key, key="AAAA")), FRR)
    finally:
        shells._Rules = original
    assert asked == []


def test_text_in_gbk_is_read():
    outputs = shells.recorded_outputs()
    outputs["show interface"] = outputs["show interface"].decode().encode("gbk")
    with shells.in_process(outputs) as shell:
        reading, _key = read_device(login(shell), FRR)
    assert "郑州-to-xinzheng fibre" in {p.alias for p in reading.interfaces}


def test_a_pager_that_stays_on_is_leafed_through():
    import re

    with shells.in_process(pages=2) as shell:
        reading, _key = read_device(login(shell), replace(FRR, pager=re.compile("--More--")))
    assert len(reading.interfaces) == 6


def test_output_of_something_else_is_an_error():
    outputs = {**shells.recorded_outputs(), "show version": b"Huawei Versatile Routing Platform Software\n"}
    with shells.in_process(outputs) as shell, pytest.raises(BadAnswer, match="Huawei"):
        read_device(login(shell), FRR)


def test_a_closed_port_is_refused():
    with pytest.raises(Refused):
        read_device(Login("127.0.0.1", shells.free_port(), "u", "p"), FRR)


def test_a_session_that_ends_at_once_is_an_error():
    with shells.in_process(is_mute=True) as shell, pytest.raises((BadAnswer, Unreachable)):
        read_device(login(shell), FRR, deadline_s=2)


def test_a_device_with_weak_algorithms_alone_is_refused_unless_the_profile_allows_them():
    key = paramiko.RSAKey.generate(2048)
    original = paramiko.Transport._preferred_keys
    outputs = shells.recorded_outputs()
    with shells.in_process(outputs, key=key) as shell:
        try:
            paramiko.Transport._preferred_keys = ("ssh-rsa",)
            with pytest.raises(BadAnswer, match="weak algorithms"):
                read_device(login(shell), FRR)
            reading, _key = read_device(login(shell), replace(FRR, has_weak_algorithms=True))
        finally:
            paramiko.Transport._preferred_keys = original
    assert reading.system.name == "core-r1"


def test_every_profile_can_be_loaded():
    assert "frr" in profile_names()
    for name in profile_names():
        assert profile(name).name == name


def test_an_unknown_profile_names_those_that_exist():
    with pytest.raises(UnknownProfile, match="frr"):
        profile("nothing")
