"""The ports of one installation: taken ones are refused before anything starts."""

from __future__ import annotations

import socket
import time
import urllib.error
import urllib.request
from collections.abc import Sequence

from django.core.management.base import CommandError


def _is_taken(kind: socket.SocketKind, port: int) -> bool:
    with socket.socket(socket.AF_INET, kind) as probe:
        if kind == socket.SOCK_STREAM:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def refuse_taken_ports(*, tcp: Sequence[int], udp: Sequence[int]) -> None:
    taken = [f"{p}/tcp" for p in tcp if _is_taken(socket.SOCK_STREAM, p)]
    taken += [f"{p}/udp" for p in udp if _is_taken(socket.SOCK_DGRAM, p)]
    if taken:
        raise CommandError(f"Port {', '.join(taken)} is in use. Choose another one: make demo PORT=9000")


def wait_until_served(url: str, patience_s: float = 60.0) -> None:
    until = time.monotonic() + patience_s
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310  # our own loopback address
                return
        except (urllib.error.URLError, OSError) as error:
            if time.monotonic() > until:
                raise CommandError(
                    f"The web server doesn't answer at {url}; see log/web.log in the data folder."
                ) from error
            time.sleep(0.2)
