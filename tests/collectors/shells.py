"""SSH servers for tests: a real OpenSSH where root may start one, and one in this process. Both play vtysh."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import paramiko

RECORDED = Path(__file__).parent / "recordings" / "frr"
USER, PASSWORD = "netops-test", "right-password"
PROMPT = "core-r1# "
GREETING = "\r\nHello, this is FRRouting (version 8.4.4).\r\nCopyright 1996-2005 Kunihiro Ishiguro, et al.\r\n\r\n"
SSHD = "/usr/sbin/sshd"

_SCRIPT = """#!/bin/sh
printf '\\nHello, this is FRRouting (version 8.4.4).\\n\\n'
while printf 'core-r1# ' && IFS= read -r line; do
  case "$line" in
    'show version') cat '{folder}/show_version.txt';;
    'show interface') cat '{folder}/show_interface.txt';;
    'terminal length 0') ;;
    exit) exit 0;;
    *) echo "% Unknown command: $line";;
  esac
done
"""

_CONFIG = """ListenAddress 127.0.0.1
Port {port}
HostKey {folder}/hostkey
PidFile none
UsePAM no
PasswordAuthentication yes
ForceCommand {folder}/vtysh
StrictModes no
"""


@dataclass(frozen=True)
class Shell:
    host: str
    port: int


def why_no_openssh() -> str:
    if not Path(SSHD).exists():
        return "OpenSSH's server is not installed (Debian's package is `openssh-server`)"
    if os.geteuid() != 0:
        return "only root can give a test's sshd an account of its own"
    return ""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def openssh() -> Iterator[Shell]:
    """sshd with its own key, port and account; the account exists in a mount namespace of its own alone."""
    with tempfile.TemporaryDirectory(prefix="netops-sshd-") as name:  # pytest's own folders are for root alone
        folder = Path(name)
        folder.chmod(0o755)
        with _openssh(folder) as shell:
            yield shell


@contextlib.contextmanager
def _openssh(folder: Path) -> Iterator[Shell]:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / "hostkey"], check=True)
    for name in ("show_version.txt", "show_interface.txt"):
        shutil.copy(RECORDED / name, folder)
    script = folder / "vtysh"
    script.write_text(_SCRIPT.format(folder=folder), encoding="utf-8")
    script.chmod(0o755)
    port = free_port()
    (folder / "sshd_config").write_text(_CONFIG.format(folder=folder, port=port), encoding="utf-8")
    digest = subprocess.run(
        ["openssl", "passwd", "-6", PASSWORD], check=True, capture_output=True, text=True
    ).stdout.strip()
    for name, line in (
        ("passwd", f"{USER}:x:61234:61234::/tmp:/bin/sh"),
        ("shadow", f"{USER}:{digest}:19000:0:99999:7:::"),
    ):
        (folder / name).write_text(f"{Path('/etc', name).read_text(encoding='utf-8')}{line}\n", encoding="utf-8")
    (folder / "shadow").chmod(0o600)
    inside = (
        f"mount --bind {folder}/passwd /etc/passwd && mount --bind {folder}/shadow /etc/shadow && "
        f"mount -t tmpfs tmpfs /run && mkdir -p /run/sshd && exec {SSHD} -D -e -f {folder}/sshd_config"
    )
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            ["unshare", "-m", "--propagation", "private", "sh", "-c", inside], stdout=log, stderr=log
        )
    try:
        _wait_for(port, server)
        yield Shell("127.0.0.1", port)
    finally:
        server.terminate()
        server.wait(10)


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    for _ in range(100):
        assert server.poll() is None, "sshd did not start; its log lies in the test's folder"
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise AssertionError("sshd does not listen")


class _Rules(paramiko.ServerInterface):
    def check_auth_password(self, username: str, password: str) -> int:
        is_right = (username, password) == (USER, PASSWORD)
        return paramiko.common.AUTH_SUCCESSFUL if is_right else paramiko.common.AUTH_FAILED

    def get_allowed_auths(self, username: str) -> str:
        return "password"

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.common.OPEN_SUCCEEDED

    def check_channel_pty_request(self, *args: object) -> bool:
        return True

    def check_channel_shell_request(self, channel: paramiko.Channel) -> bool:
        return True


@contextlib.contextmanager
def in_process(
    outputs: dict[str, bytes] | None = None, *, key: paramiko.PKey | None = None, is_mute: bool = False, pages: int = 0
) -> Iterator[Shell]:
    """paramiko's own server. `pages` puts a pager's question into every output so many times."""
    outputs = outputs if outputs is not None else recorded_outputs()
    key = key or paramiko.ECDSAKey.generate()
    listener = socket.create_server(("127.0.0.1", 0))
    transports: list[paramiko.Transport] = []

    def serve() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            transport = paramiko.Transport(client)
            transports.append(transport)
            threading.Thread(target=_converse, args=(transport, key, outputs, is_mute, pages), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield Shell("127.0.0.1", listener.getsockname()[1])
    finally:
        listener.close()
        for transport in transports:
            transport.close()


def recorded_outputs() -> dict[str, bytes]:
    return {
        "show version": (RECORDED / "show_version.txt").read_bytes(),
        "show interface": (RECORDED / "show_interface.txt").read_bytes(), "terminal length 0": b"",
    }  # fmt: skip


def _converse(
    transport: paramiko.Transport, key: paramiko.PKey, outputs: dict[str, bytes], is_mute: bool, pages: int
) -> None:
    with contextlib.suppress(paramiko.SSHException, EOFError, OSError):
        transport.add_server_key(key)
        transport.start_server(server=_Rules())
        channel = transport.accept(20)
        if channel is None or is_mute:
            return
        channel.sendall((GREETING + PROMPT).encode())
        line = b""
        while part := channel.recv(1):
            if part not in (b"\n", b"\r"):
                line += part
                continue
            command, line = line.decode(), b""
            channel.sendall(f"{command}\r\n".encode())
            said = outputs.get(command, f"% Unknown command: {command}\n".encode())
            for _ in range(pages if said else 0):
                channel.sendall(b" --More-- ")
                assert channel.recv(1) == b" "
                channel.sendall(b"\r          \r")
            channel.sendall(said.replace(b"\n", b"\r\n") + PROMPT.encode())
