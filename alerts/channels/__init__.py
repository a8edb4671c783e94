"""One sender a kind of channel. Each raises SendError, or returns when the other side has taken the message."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.utils import translation

from alerts.channels import email, robots, webhook
from alerts.messages import Message
from alerts.models import AlertChannel

SENDERS: Mapping[str, Callable[[AlertChannel, Message], None]] = {
    AlertChannel.Kind.EMAIL: email.send,
    AlertChannel.Kind.WEBHOOK: webhook.send,
    AlertChannel.Kind.WECOM: robots.send_wecom,
    AlertChannel.Kind.DINGTALK: robots.send_dingtalk,
}


def send(channel: AlertChannel, message: Message) -> None:
    with translation.override(channel.language):
        SENDERS[channel.kind](channel, message)
