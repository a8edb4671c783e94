"""One POST to one address: no redirect, a limit for everything, and nothing of the address in an error but its host."""

from __future__ import annotations

import datetime as dt
import email.utils
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import HTTPError, MaxRetryError, SSLError, TimeoutError

from alerts.channels.tls import tls_context
from alerts.errors import SendError

CONNECT_S, READ_S, WHOLE_S = 5.0, 10.0, 20.0
LONGEST_WAIT_S = 3600
_MOST_BYTES = 65_536
_AGAIN = frozenset({408, 425, 429})


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes


def post(url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    """Raises SendError for everything but a status of 200 to 299."""
    host = urlsplit(url).netloc
    until = time.monotonic() + WHOLE_S
    pool = urllib3.PoolManager(ssl_context=tls_context(), retries=False)
    try:
        response = pool.request(
            "POST", url, body=body, headers={"User-Agent": "Netops", **headers}, redirect=False, retries=False,
            timeout=urllib3.Timeout(connect=CONNECT_S, read=READ_S), preload_content=False, decode_content=False,
        )  # fmt: skip
        try:
            _refuse_bad(response, host)
            return Answer(response.status, _body(response, until))
        finally:
            response.close()
    except SSLError as error:
        raise SendError("http_tls", can_retry=True, host=host) from error
    except TimeoutError as error:
        raise SendError("http_timeout", can_retry=True, host=host) from error
    except (HTTPError, OSError) as error:
        is_tls = isinstance(error, MaxRetryError) and isinstance(error.reason, SSLError)
        raise SendError("http_tls" if is_tls else "http_unreachable", can_retry=True, host=host) from error
    finally:
        pool.clear()


def _refuse_bad(response: urllib3.BaseHTTPResponse, host: str) -> None:
    status = response.status
    if 300 <= status < 400:
        raise SendError("http_redirect", can_retry=False, host=host)
    if status in _AGAIN or status >= 500:
        code = "http_too_many" if status == 429 else "http_status"
        wait_s = asked_wait_s(response.headers.get("Retry-After", ""))
        raise SendError(code, can_retry=True, wait_s=wait_s, host=host, status=status)
    if not 200 <= status < 300:
        raise SendError("http_status", can_retry=False, host=host, status=status)


def asked_wait_s(text: str, now: dt.datetime | None = None) -> int:
    """`Retry-After` as seconds or as a date, within an hour; nonsense is no wish."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        return min(int(text[:9]), LONGEST_WAIT_S)
    try:
        at = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return 0
    at = at if at.tzinfo else at.replace(tzinfo=dt.UTC)
    return max(0, min(int((at - (now or dt.datetime.now(dt.UTC))).total_seconds()), LONGEST_WAIT_S))


def _body(response: urllib3.BaseHTTPResponse, until: float) -> bytes:
    """What the other side says, up to a bound in size and time: a slow drip must not hold a worker."""
    found = b""
    while len(found) < _MOST_BYTES and time.monotonic() < until:
        part = response.read1(8192)
        if not part:
            break
        found += part
    return found
