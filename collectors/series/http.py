"""Requests to a store of series. Neither account nor password reaches a log or an error."""

from __future__ import annotations

import os
from functools import cache

import urllib3

from collectors.series.points import SeriesUnavailable
from kernel.web_addresses import WebAddress

_TIMEOUT = urllib3.Timeout(connect=3, read=30)
# Writing the same twice changes nothing, so every request may be sent again.
_AGAIN = urllib3.Retry(
    total=2, connect=1, backoff_factor=0.3, status_forcelist=[429, 502, 503, 504], allowed_methods=None, redirect=0
)


class Http:
    def __init__(self, address: WebAddress, who: str) -> None:
        self._base, self._who = address.url, who
        self._headers = urllib3.make_headers(basic_auth=f"{address.user}:{address.password}") if address.user else {}

    def post(self, path: str, body: bytes) -> bytes:
        return self._send(path, body=body, headers={**self._headers, "Content-Type": "application/json"})

    def ask(self, path: str, fields: dict[str, str]) -> bytes:
        return self._send(path, fields=fields, encode_multipart=False, headers=self._headers)

    def _send(self, path: str, **what: object) -> bytes:
        try:
            answer = _pool(os.getpid()).request(
                "POST", self._base + path, timeout=_TIMEOUT, retries=_AGAIN, redirect=False, **what  # type: ignore[arg-type]  # passed on
            )  # fmt: skip
        except urllib3.exceptions.HTTPError as error:
            raise SeriesUnavailable(f"{self._who} at {self._base} doesn't answer ({_cause(error)}).") from None
        if answer.status >= 300:
            said = answer.data[:200].decode(errors="replace").strip()
            raise SeriesUnavailable(f"{self._who} at {self._base} refused with {answer.status}: {said}")
        return answer.data


def _cause(error: Exception) -> str:
    """The name of what went wrong; urllib3's own sentences repeat the whole address."""
    return type(getattr(error, "reason", None) or error).__name__


@cache
def _pool(process: int) -> urllib3.PoolManager:
    """One for each process: connections don't survive a fork."""
    return urllib3.PoolManager(maxsize=4)
