"""Takes messages out of the outbox, sends them and notes how it went."""

from __future__ import annotations

import logging
import time

from django.utils import timezone

from alerts import channels, outbox
from alerts.errors import SendError
from alerts.messages import compose
from alerts.models import AlertChannel, Delivery
from kernel.crypto import UnreadableSecret

logger = logging.getLogger(__name__)


def send_due(budget_s: float = 40.0) -> int:
    """Gather and send what is due until nothing is left or the time is over; returns how many went out."""
    until = time.monotonic() + budget_s
    outbox.gather_messages()
    sent = 0
    while time.monotonic() < until:
        message = outbox.take()
        if message is None:
            break
        sent += send_one(message)
    return sent


def send_one(message: Delivery) -> bool:
    """Send a message that the caller has taken; True when the other side took it."""
    try:
        _send(message)
    except SendError as error:
        _failed(message, error)
    except UnreadableSecret:
        _failed(message, SendError("secret_unreadable", can_retry=False))
    except Exception:  # the edge: one message must not stop the others
        logger.exception("Sending message %s failed by a defect", message.pk)
        _failed(message, SendError("defect", can_retry=True))
    else:
        return outbox.note_sent(message, timezone.now())
    return False


def _send(message: Delivery) -> None:
    channel = AlertChannel.objects.filter(pk=message.channel_id).first()
    if channel is None or not (channel.is_active or message.occasion == Delivery.Occasion.TEST):
        raise SendError("channel_gone", can_retry=False)
    channels.send(channel, compose(message, channel))


def _failed(message: Delivery, error: SendError) -> None:
    can_retry = error.can_retry and message.occasion != Delivery.Occasion.TEST
    logger.warning("Message %s to channel %s was not sent: %s", message.pk, message.channel_id, error.code)
    outbox.note_failed(message, timezone.now(), error.said, can_retry=can_retry, wait_s=error.wait_s)


def send_test(channel: AlertChannel) -> Delivery:
    """At once and only once; the returned row says how it went."""
    message = outbox.new_message(channel, Delivery.Occasion.TEST, timezone.now())
    taken = outbox.take(pk=message.pk)
    if taken is None:  # the robot's minute is full, or a worker was faster
        message.refresh_from_db()
        return message
    send_one(taken)
    taken.refresh_from_db()
    return taken
