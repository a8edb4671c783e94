"""What a round asks and what came of it. Plain frozen values."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

SPACING_S = 0.2
TIMEOUT_S = 2.0


@dataclass(frozen=True, slots=True)
class Question:
    target: str
    packets: int
    port: int | None = None
    """None asks by ICMP."""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why the collector itself could not ask: then nothing is known of the line. The words are the reader's."""

    code: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Round:
    sent: int
    rtts_ms: tuple[float, ...] = ()
    fault: Fault | None = None

    @property
    def is_answered(self) -> bool:
        return bool(self.rtts_ms)


class CannotAsk(Exception):
    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.code)
        self.fault = fault


_OWN = {
    errno.ENETUNREACH: "no_route", errno.EADDRNOTAVAIL: "source_not_here", errno.EAFNOSUPPORT: "family_not_here",
    errno.EPERM: "send_refused", errno.EACCES: "send_refused", errno.EMFILE: "too_many_sockets",
    errno.ENOBUFS: "buffers_full",
}  # fmt: skip


def own_fault(error: OSError, question: Question) -> Fault | None:
    """The collector's own trouble; None for what the network said, such as a host that can't be reached."""
    code = _OWN.get(error.errno or 0)
    return Fault(code, {"target": question.target, "source": question.source}) if code else None
