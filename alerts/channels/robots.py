"""The group robots of WeCom and DingTalk. Both answer 200 to everything; whether it was taken, `errcode` says."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import Any
from urllib.parse import quote_plus, urlsplit

from alerts.channels.http import post
from alerts.errors import SendError
from alerts.messages import Item, Message, item_lines, plain_text
from alerts.models import AlertChannel

WECOM_BYTES = 4096  # of a markdown message's content, in UTF-8
WECOM_TEXT_BYTES = 2048
DINGTALK_BYTES = 15_000  # the whole body may have 20,000
# Wrong address, key, keyword, signature or form: the same message will be refused again.
_FOR_EVER = frozenset({40_008, 40_035, 40_058, 93_000, 93_004, 93_008, 300_001, 310_000, 400_101, 400_102})
_TOO_MANY = {45_009: 60, 130_101: 600}  # error to seconds of rest
_HEADERS = {"Content-Type": "application/json; charset=utf-8"}


def send_wecom(channel: AlertChannel, message: Message) -> None:
    """As markdown; a message that mentions people by their number is plain, because markdown can't."""
    numbers = _mentions(channel)
    said: dict[str, Any] = {"msgtype": "markdown", "markdown": {"content": bounded(message, WECOM_BYTES)}}
    if numbers:
        text = plain_text(message).encode()[:WECOM_TEXT_BYTES].decode("utf-8", "ignore")
        named = ["@all"] if numbers == ["all"] else numbers
        said = {"msgtype": "text", "text": {"content": text, "mentioned_mobile_list": named}}
    _post(_with_key(channel, "key"), said)


def send_dingtalk(channel: AlertChannel, message: Message) -> None:
    numbers = _mentions(channel)
    at = {"isAtAll": True} if numbers == ["all"] else {"atMobiles": numbers, "isAtAll": False}
    text = bounded(message, DINGTALK_BYTES)
    if numbers and numbers != ["all"]:  # only those named in the text are called
        text += "\n\n" + " ".join(f"@{number}" for number in numbers)
    if channel.keyword and channel.keyword not in text:
        text += f"\n\n{channel.keyword}"
    said = {"title": message.subject[:100], "text": text}
    _post(_signed(channel, int(time.time() * 1000)), {"msgtype": "markdown", "markdown": said, "at": at})


def _mentions(channel: AlertChannel) -> list[str]:
    return [text.strip() for text in channel.mentions.split(",") if text.strip()]


def _with_key(channel: AlertChannel, parameter: str) -> str:
    mark = "&" if urlsplit(channel.address).query else "?"
    return f"{channel.address}{mark}{parameter}={quote_plus(channel.access_key.reveal())}"


def _signed(channel: AlertChannel, stamp_ms: int) -> str:
    url = _with_key(channel, "access_token")
    if secret := channel.secret.reveal():
        digest = hmac.new(secret.encode(), f"{stamp_ms}\n{secret}".encode(), hashlib.sha256).digest()
        url += f"&timestamp={stamp_ms}&sign={quote_plus(base64.b64encode(digest).decode())}"
    return url


def bounded(message: Message, most: int) -> str:
    """The message as markdown, whole alerts only: what doesn't fit is counted, with the list's address."""
    parts, left = [f"**{_escaped(message.subject)}**"], len(message.items) + message.more
    for item in message.items:
        tail = _tail(message, left - 1)
        if _size([*parts, _markdown(item), tail]) > most:
            break
        parts.append(_markdown(item))
        left -= 1
    if len(parts) == 1 and message.items:  # one alert alone is too long: its text is cut, its link is kept
        parts.append(_cut(message.items[0], most - _size([*parts, _tail(message, left)]) - 2))
        left -= 1
    return "\n\n".join(part for part in (*parts, _tail(message, left)) if part)


def _tail(message: Message, left: int) -> str:
    return (
        f"+{left} [{_escaped(message.footer)}]({message.url})"
        if left > 0
        else f"[{_escaped(message.footer)}]({message.url})"
    )


def _size(parts: list[str]) -> int:
    return len("\n\n".join(part for part in parts if part).encode())


def _markdown(item: Item) -> str:
    head, *lines = [text for text in item_lines(item) if text]
    shown = [line for line in lines if item.url not in line]
    return "\n\n".join([f"**[{_escaped(head)}]({item.url})**", *(f"> {_escaped(line)}" for line in shown)])


def _cut(item: Item, most: int) -> str:
    text = f"[{_escaped(item.label)[:60]}]({item.url}) {_escaped(item.sentence)}"
    return text.encode()[: max(0, most)].decode("utf-8", "ignore")


def _escaped(text: str) -> str:
    """Names are data: nothing in one becomes a link, an image or a mention."""
    return "".join(f"\\{c}" if c in "\\`*_[]()<>#!|" else c for c in text.replace("\n", " "))


def _post(url: str, content: dict[str, Any]) -> None:
    answer = post(url, json.dumps(content, ensure_ascii=False).encode(), _HEADERS)
    try:
        said = json.loads(answer.body)
        errcode, errmsg = int(said["errcode"]), str(said.get("errmsg", ""))
    except (ValueError, KeyError, TypeError) as error:
        raise SendError("http_bad_answer", can_retry=False, host=urlsplit(url).netloc) from error
    if errcode:
        raise SendError(
            "robot_refused", can_retry=errcode not in _FOR_EVER, wait_s=_TOO_MANY.get(errcode, 0), errcode=errcode,
            errmsg=_without_address(errmsg),
        )  # fmt: skip


def _without_address(text: str) -> str:
    """A robot's words may quote the request, and with it the key."""
    return " ".join(word for word in text.split() if "key" not in word and "token" not in word and "sign" not in word)[
        :120
    ]
