"""E-mail through the mail server of the settings: plain text and simple HTML."""

from __future__ import annotations

import smtplib
import ssl
from email.utils import formatdate

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.smtp import EmailBackend
from django.template.loader import render_to_string
from django.utils.functional import cached_property

from alerts.channels.tls import tls_context
from alerts.errors import SendError
from alerts.messages import Message, item_lines, plain_text
from alerts.models import AlertChannel

TIMEOUT_S = 20


class _Backend(EmailBackend):
    @cached_property
    def ssl_context(self) -> ssl.SSLContext:
        return tls_context()


def send(channel: AlertChannel, message: Message) -> None:
    server = settings.SMTP
    if server is None:
        raise SendError("mail_not_configured", can_retry=False)
    mail = EmailMultiAlternatives(
        subject=" ".join(message.subject.split()), body=plain_text(message), from_email=settings.MAIL_FROM,
        to=channel.recipients, headers=_headers(message),
        connection=_Backend(
            host=server.host, port=server.port, username=server.user, password=server.password,
            use_tls=server.security == "starttls", use_ssl=server.security == "tls", timeout=TIMEOUT_S,
            fail_silently=False,
        ),
    )  # fmt: skip
    items = [{"lines": [line for line in item_lines(item)[:3] if line], "item": item} for item in message.items]
    mail.attach_alternative(render_to_string("alerts/mail.html", {"message": message, "items": items}), "text/html")
    _deliver(mail, f"{server.host}:{server.port}")


def _headers(message: Message) -> dict[str, str]:
    """The message's number is the idempotency number, so a reader's program shows a repetition once."""
    domain = settings.MAIL_FROM.rpartition("@")[2].strip("> ") or "netops.invalid"
    return {
        "Message-ID": f"<{message.idempotency_id}@{domain}>", "Date": formatdate(localtime=True),
        "Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All",
        "X-Netops-Occasion": message.occasion,
    }  # fmt: skip


def _deliver(mail: EmailMultiAlternatives, host: str) -> None:
    try:
        mail.send()
    except smtplib.SMTPAuthenticationError as error:
        raise SendError("mail_login", can_retry=True, answer=str(error.smtp_code)) from error
    except smtplib.SMTPRecipientsRefused as error:
        code, answer = next(iter(error.recipients.values()))
        raise SendError("mail_refused", can_retry=code < 500, answer=_said(code, answer)) from error
    except smtplib.SMTPResponseException as error:
        said = _said(error.smtp_code, error.smtp_error)
        raise SendError("mail_refused", can_retry=error.smtp_code < 500, answer=said) from error
    except (OSError, smtplib.SMTPException) as error:  # no connection, or one that broke
        raise SendError("mail_unreachable", can_retry=True, host=host, answer=type(error).__name__) from error


def _said(code: int, answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else str(answer)
    return f"{code} {text}"[:200]
