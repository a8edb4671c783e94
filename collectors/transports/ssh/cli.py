"""One conversation with one command line. Blocking; the callers run it in a thread."""

from __future__ import annotations

import re
import socket
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import paramiko

from collectors.errors import AgentError, AuthenticationFailed, BadAnswer, CollectError, Refused, Unreachable
from collectors.transports.ssh.profiles import Profile

CONNECT_S = 8.0
COMMAND_S = 30.0
MAX_OUTPUT = 8 * 1024 * 1024
_TERMINAL_CODES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07]*\x07|[=>()][0-9A-B]?)|\x07|\x00")
_WEAK = {
    "kex": ["diffie-hellman-group1-sha1", "diffie-hellman-group14-sha1", "diffie-hellman-group-exchange-sha1"],
    "keys": ["ssh-rsa", "ssh-dss", "ssh-rsa-cert-v01@openssh.com"],
    "pubkeys": ["ssh-rsa", "ssh-dss", "ssh-rsa-cert-v01@openssh.com"],
    "ciphers": ["3des-cbc", "aes128-cbc", "aes192-cbc", "aes256-cbc"],
    "macs": ["hmac-md5", "hmac-md5-96", "hmac-sha1", "hmac-sha1-96"],
}


class HostKeyChanged(CollectError):
    """Somebody else answers at this address, or the device was replaced or reset."""

    code = "host_key_changed"


@dataclass(frozen=True, slots=True)
class HostKey:
    kind: str
    key: str
    """Base64, as in a known_hosts file."""


@dataclass(frozen=True, slots=True)
class Login:
    host: str
    port: int
    username: str
    password: str = field(repr=False)
    known_key: HostKey | None = None
    """What the host showed when it was first met; None trusts what it shows now."""


class Cli:
    """`with Cli(login, profile) as cli: cli.run("show version")`. Every wait ends by `deadline_s` after the start."""

    def __init__(self, login: Login, profile: Profile, *, deadline_s: float = 60.0) -> None:
        self._login = login
        self._profile = profile
        self._deadline = time.monotonic() + deadline_s
        self._transport: paramiko.Transport | None = None
        self._channel: paramiko.Channel | None = None
        self._prompt = ""
        self.host_key = HostKey("", "")

    def __enter__(self) -> Self:
        try:
            self._open()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    @property
    def _where(self) -> str:
        return f"{self._login.host}:{self._login.port}"

    def _left_s(self, most_s: float) -> float:
        return max(0.05, min(most_s, self._deadline - time.monotonic()))

    def _open(self) -> None:
        self._transport = transport = paramiko.Transport(
            self._connected(), disabled_algorithms=None if self._profile.has_weak_algorithms else _WEAK
        )
        transport.banner_timeout = transport.auth_timeout = self._left_s(CONNECT_S)
        try:
            transport.start_client(timeout=self._left_s(CONNECT_S))
            self._check_host_key(transport.get_remote_server_key())
            transport.auth_password(self._login.username, self._login.password)
            self._channel = transport.open_session(timeout=self._left_s(CONNECT_S))
            self._channel.get_pty(term="dumb", width=511, height=1000)
            self._channel.invoke_shell()
        except paramiko.AuthenticationException as error:
            raise AuthenticationFailed(
                f"{self._where} refuses the user {self._login.username}. Check the credential's name and password."
            ) from error
        except paramiko.ssh_exception.IncompatiblePeer as error:
            raise BadAnswer(
                f"{self._where} offers only algorithms that are turned off ({error}). "
                "If it can't be upgraded, use a profile that allows weak algorithms."
            ) from error
        except (paramiko.SSHException, EOFError) as error:
            raise BadAnswer(
                f"{self._where} breaks the SSH protocol ({error}). Check what listens on that port."
            ) from error
        except OSError as error:
            raise Unreachable(f"{self._where} stopped answering while signing in. Check the line to it.") from error
        greeting = self._until_prompt(self._left_s(COMMAND_S))
        self._prompt = greeting.splitlines()[-1].strip() if greeting else ""
        for command in self._profile.paging_off:
            self.run(command)

    def _connected(self) -> socket.socket:
        try:
            return socket.create_connection((self._login.host, self._login.port), timeout=self._left_s(CONNECT_S))
        except ConnectionRefusedError as error:
            raise Refused(f"Nothing listens at {self._where}. Check that SSH is on, and on which port.") from error
        except OSError as error:
            raise Unreachable(f"{self._where} can't be reached. Check its address and the line to it.") from error

    def _check_host_key(self, shown: paramiko.PKey) -> None:
        self.host_key = HostKey(shown.get_name(), shown.get_base64())
        known = self._login.known_key
        if known is not None and known != self.host_key:
            raise HostKeyChanged(
                f"{self._where} shows another host key ({self.host_key.kind} {shown.fingerprint}) "
                "than when it was first met. If the device was replaced, forget its old key; else find out who "
                "answers there."
            )

    def run(self, command: str) -> str:
        """The command's output without echo and prompt; raises AgentError where the device refuses the command."""
        if self._channel is None:
            raise ValueError("Use the command line inside its with block.")
        self._channel.sendall(f"{command}\n".encode())
        lines = self._until_prompt(self._left_s(COMMAND_S)).splitlines()[:-1]
        if lines and lines[0].strip().endswith(command):
            lines = lines[1:]
        output = "\n".join(line.rstrip() for line in lines)
        failures = self._profile.failures
        if failures is not None and (found := failures.search(output)):
            said = output[found.start() :].splitlines()[0].strip()[:120]
            raise AgentError(
                f"{self._where} refuses “{command}”: {said}. Check the user's rights and the profile.", "cli"
            )
        return output

    def _until_prompt(self, most_s: float) -> str:
        assert self._channel is not None
        until = time.monotonic() + most_s
        received = bytearray()
        answered = 0  # a pager's question that got its key may stay on the line while the rest arrives
        while True:
            self._channel.settimeout(max(0.05, until - time.monotonic()))
            try:
                part = self._channel.recv(65536)
            except TimeoutError as error:
                raise Unreachable(
                    f"{self._where} showed no prompt within {most_s:.0f} s. Check the profile and the line to it."
                ) from error
            if not part:
                raise BadAnswer(f"{self._where} closed the session. Check the user's rights and the profile.")
            received += part
            if len(received) > MAX_OUTPUT:
                raise BadAnswer(f"{self._where} doesn't stop talking. Check the profile and what the command shows.")
            last = self._decoded(bytes(received[received.rfind(b"\n") + 1 :])).strip()
            if self._is_prompt(last):
                return self._decoded(bytes(received))
            pager = self._profile.pager
            if pager is not None and pager.search(self._decoded(bytes(received[answered:])).rpartition("\n")[2]):
                answered = len(received)
                self._channel.sendall(b" ")

    def _is_prompt(self, last: str) -> bool:
        return last == self._prompt if self._prompt else bool(last and self._profile.prompt.fullmatch(last))

    def _decoded(self, data: bytes) -> str:
        text = ""
        for encoding in self._profile.encodings:
            try:
                text = data.decode(encoding)
                break
            except UnicodeDecodeError:
                continue
        else:
            text = data.decode(self._profile.encodings[0], errors="replace")
        lines = _TERMINAL_CODES.sub("", text).split("\n")
        # A carriage return writes over what stood there: pagers wipe their question that way.
        return "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in lines)
