"""JSON to an address of the city's own, signed so that the receiver can tell it is from us and is fresh.

Signature: HMAC-SHA256 with the channel's secret over the value of `X-Netops-Timestamp`, a full stop and the body's
bytes, in hexadecimal after `sha256=` in `X-Netops-Signature`. A receiver refuses timestamps older than five minutes
and takes each `Idempotency-Key` once.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import Any

from alerts.channels.http import post
from alerts.messages import Message
from alerts.models import AlertChannel


def send(channel: AlertChannel, message: Message) -> None:
    body = json.dumps(content(message), ensure_ascii=False, separators=(",", ":")).encode()
    stamp = str(int(time.time()))
    headers = {
        "Content-Type": "application/json; charset=utf-8", "Idempotency-Key": message.idempotency_id,
        "X-Netops-Timestamp": stamp,
    }  # fmt: skip
    if secret := channel.secret.reveal():
        headers["X-Netops-Signature"] = f"sha256={signature(secret, stamp, body)}"
    post(channel.address, body, headers)


def signature(secret: str, stamp: str, body: bytes) -> str:
    return hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def content(message: Message) -> dict[str, Any]:
    return {
        "id": message.idempotency_id, "event": message.occasion, "title": message.subject, "url": message.url,
        "alerts": [
            {**item.fields, "title": item.title, "text": item.sentence, "basis": item.rule, "next": item.next_step,
             "url": item.url}
            for item in message.items if item.number
        ],
        "more": message.more,
    }  # fmt: skip
