"""Messages reach real servers, once, signed and bounded; what goes wrong is told in words and tried again."""

from __future__ import annotations

import base64
import datetime as dt
import email
import email.policy
import hashlib
import hmac
import json
import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings as product_settings
from django.utils import timezone

from alerts import outbox, texts
from alerts.channels import http, robots
from alerts.messages import Item, Message
from alerts.models import Alert, AlertChannel, Delivery
from alerts.sending import send_due, send_test
from netops.settings.environment import MailServer
from tests.alerts.county import County, channel, policy, step
from tests.alerts.receivers import http_receiver, mail_receiver

pytestmark = pytest.mark.django_db(databases="__all__")
TAKEN = (200, {"Content-Type": "application/json"}, b'{"errcode":0,"errmsg":"ok"}')


def alerting(county: County, to: AlertChannel) -> Delivery:
    step(policy(), to)
    county.after(5, down=county.offices[:1])
    county.after(5, down=county.offices[:1])
    return Delivery.objects.get()


def due_now() -> None:
    Delivery.objects.update(next_try_at=timezone.now() - dt.timedelta(seconds=1))


@pytest.fixture(autouse=True)
def _now(county: County) -> None:
    """Sending goes by the clock, so the world's present is now."""
    county.now = timezone.now() - dt.timedelta(minutes=10)
    county.ask_all()


def test_a_webhook_gets_signed_json_that_another_implementation_verifies(county: County) -> None:
    with http_receiver() as receiver:
        message = alerting(county, channel(address=f"{receiver.url}/hook", secret="between-us"))
        assert send_due() == 1
    (taken,) = receiver.taken
    signed = taken.headers["X-Netops-Timestamp"].encode() + b"." + taken.body
    verified = subprocess.run(
        ["openssl", "dgst", "-sha256", "-hmac", "between-us", "-r"], input=signed, capture_output=True, check=True
    )
    assert taken.headers["X-Netops-Signature"] == "sha256=" + verified.stdout.decode().split()[0]
    assert taken.headers["Idempotency-Key"] == str(message.idempotency_id)
    said = json.loads(taken.body)
    assert (said["event"], [a["label"] for a in said["alerts"]]) == ("open", [county.offices[0].name])
    assert abs(int(taken.headers["X-Netops-Timestamp"]) - time.time()) < 60


def test_a_server_that_fails_is_tried_again_with_the_same_number(county: County) -> None:
    with http_receiver((500, {}, b""), (200, {}, b"")) as receiver:
        message = alerting(county, channel(address=receiver.url))
        assert send_due() == 0
        message.refresh_from_db()
        assert (message.state, message.error["code"]) == ("failed", "http_status")
        assert message.next_try_at > timezone.now() + dt.timedelta(seconds=20)
        assert send_due() == 0  # not yet
        due_now()
        assert send_due() == 1
    assert len(receiver.taken) == 2
    assert len({t.headers["Idempotency-Key"] for t in receiver.taken}) == 1
    message.refresh_from_db()
    assert (message.state, message.attempts) == ("sent", 2)


def test_retry_after_is_kept(county: County) -> None:
    with http_receiver((429, {"Retry-After": "900"}, b"")) as receiver:
        message = alerting(county, channel(address=receiver.url))
        send_due()
    message.refresh_from_db()
    assert message.next_try_at > timezone.now() + dt.timedelta(seconds=890)
    assert http.asked_wait_s("999999999999") == http.LONGEST_WAIT_S
    assert http.asked_wait_s("nonsense") == 0


def test_a_redirect_is_never_followed(county: County) -> None:
    with http_receiver() as trap, http_receiver((302, {"Location": trap.url}, b"")) as receiver:
        message = alerting(county, channel(address=receiver.url))
        send_due()
    assert trap.taken == []
    message.refresh_from_db()
    assert (message.state, message.error["code"]) == ("given_up", "http_redirect")


def test_a_server_that_hangs_holds_nobody_up(county: County, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "READ_S", 0.3)
    with http_receiver() as receiver:
        receiver.before = lambda: time.sleep(1.5)
        message = alerting(county, channel(address=receiver.url))
        begun = time.monotonic()
        send_due()
        assert time.monotonic() - begun < 1.4
    message.refresh_from_db()
    assert (message.state, message.error["code"]) == ("failed", "http_timeout")


def test_what_is_given_up_becomes_an_alert_about_the_channel(county: County) -> None:
    with http_receiver((404, {}, b"")) as receiver:
        alerting(county, channel(address=receiver.url))
        send_due()
    county.now = timezone.now() + dt.timedelta(minutes=10)
    county.ask_all(down=county.offices[:1])
    county.evaluate()
    assert Alert.objects.filter(key__startswith="channel:", state="firing").count() == 1


def test_wecom_gets_markdown_and_its_errors_count_though_the_status_is_200(county: County) -> None:
    with http_receiver((200, {}, b'{"errcode":93000,"errmsg":"invalid webhook url, key=abc"}'), TAKEN) as receiver:
        robot = channel(kind="wecom", address=f"{receiver.url}/cgi-bin/webhook/send?key=robot-key")
        assert robot.address == f"{receiver.url}/cgi-bin/webhook/send"
        message = alerting(county, robot)
        send_due()
        message.refresh_from_db()
        assert (message.state, message.error["values"]["errcode"]) == ("given_up", 93000)
        assert "abc" not in texts.error_text(message.error)
        assert send_test(robot).state == "sent"
    first = receiver.taken[0]
    assert first.path == "/cgi-bin/webhook/send?key=robot-key"
    said = json.loads(first.body)
    assert said["msgtype"] == "markdown"
    assert county.offices[0].name in said["markdown"]["content"].replace("\\", "")


def test_a_robots_rate_error_waits_a_minute(county: County) -> None:
    with http_receiver((200, {}, b'{"errcode":45009,"errmsg":"api freq out of limit"}')) as receiver:
        message = alerting(county, channel(kind="wecom", address=f"{receiver.url}/send?key=k"))
        send_due()
    message.refresh_from_db()
    assert message.state == "failed"
    assert message.next_try_at > timezone.now() + dt.timedelta(seconds=55)


def test_the_twenty_first_message_of_a_minute_waits(county: County) -> None:
    with http_receiver(TAKEN) as receiver:
        robot = channel(kind="wecom", address=f"{receiver.url}/send?key=k")
        assert [send_test(robot).state for _n in range(21)] == [*["sent"] * 20, "queued"]
    assert len(receiver.taken) == 20


def test_dingtalk_is_signed_and_holds_its_keyword(county: County) -> None:
    with http_receiver(TAKEN) as receiver:
        robot = channel(
            kind="dingtalk", address=f"{receiver.url}/robot/send?access_token=token", secret="SEC-x", keyword="NETOPS1",
            mentions="13800000000",
        )  # fmt: skip
        alerting(county, robot)
        assert send_due() == 1
    (taken,) = receiver.taken
    query = parse_qs(urlsplit(taken.path).query)
    assert query["access_token"] == ["token"]
    stamp = query["timestamp"][0]
    expected = base64.b64encode(hmac.new(b"SEC-x", f"{stamp}\nSEC-x".encode(), hashlib.sha256).digest()).decode()
    assert query["sign"] == [expected]
    said = json.loads(taken.body)
    assert "NETOPS1" in said["markdown"]["text"]
    assert "@13800000000" in said["markdown"]["text"]
    assert said["at"]["atMobiles"] == ["13800000000"]


def test_a_message_of_many_alerts_stays_within_wecoms_bound() -> None:
    item = Item("1", "设备无应答", "设备" * 40, "重大", "2026-11-23 09:00", "很长的句子。" * 40, "P02", "检查", "",
                "https://netops.example.cn/alerts/1/", {})  # fmt: skip
    message = Message(
        "id", "open", "[告警] 20 条", "告警", (item,) * 20, 30, "", "Netops", "https://netops.example.cn/alerts/"
    )
    text = robots.bounded(message, robots.WECOM_BYTES)
    assert len(text.encode()) <= robots.WECOM_BYTES
    shown = text.count("/alerts/1/")
    assert shown >= 1
    assert f"+{50 - shown} " in text
    huge = Message(
        "id", "open", "s", "w", (Item("1", "t", "l" * 200, "", "", "字" * 5000, "", "", "", "u", {}),), 0, "", "f", "u"
    )
    assert len(robots.bounded(huge, robots.WECOM_BYTES).encode()) <= robots.WECOM_BYTES


def test_mail_arrives_over_starttls_with_a_chinese_subject(county: County, settings: Any, tmp_path: Path) -> None:
    with mail_receiver(login=("netops", "pass:word"), folder=tmp_path) as box:
        settings.SMTP = MailServer("127.0.0.1", box.port, "netops", "pass:word", "starttls")
        settings.CA_FILE, settings.MAIL_FROM = str(tmp_path / "ca.pem"), "Netops <netops@example.org>"
        to = channel(kind="email", address="noc@example.org, boss@example.org", language="zh-hans")
        message = alerting(county, to)
        assert send_due() == 1, Delivery.objects.get().error
    (envelope, is_encrypted, is_known) = box.mails[0]
    assert (is_encrypted, is_known, envelope.rcpt_tos) == (True, True, ["noc@example.org", "boss@example.org"])
    mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
    assert county.offices[0].name in mail["Subject"]
    assert mail["Message-ID"] == f"<{message.idempotency_id}@example.org>"
    assert mail["Auto-Submitted"] == "auto-generated"
    kinds = [part.get_content_type() for part in mail.iter_parts()]
    assert kinds == ["text/plain", "text/html"]
    plain = mail.get_body(("plain",))
    assert plain is not None
    assert f"{product_settings.BASE_URL}/alert/" in plain.get_content()


def test_a_mail_server_nobody_vouches_for_gets_no_password(county: County, settings: Any, tmp_path: Path) -> None:
    with mail_receiver(login=("netops", "password"), folder=tmp_path) as box:
        settings.SMTP, settings.CA_FILE = MailServer("127.0.0.1", box.port, "netops", "password", "starttls"), ""
        message = alerting(county, channel(kind="email", address="noc@example.org"))
        send_due()
    message.refresh_from_db()
    assert box.mails == []
    assert (message.state, message.error["code"]) == ("failed", "mail_unreachable")


def test_without_a_mail_server_a_test_says_what_to_set(county: County, settings: Any) -> None:
    settings.SMTP = None
    sent = send_test(channel(kind="email", address="noc@example.org"))
    assert sent.state == "given_up"
    assert "NETOPS_SMTP_URL" in texts.error_text(sent.error)


def test_a_mail_that_is_refused_for_good_is_given_up(county: County, settings: Any) -> None:
    with mail_receiver() as box:
        box.refusal = "550 no such user"
        settings.SMTP = MailServer("127.0.0.1", box.port, "", "", "")
        message = alerting(county, channel(kind="email", address="noc@example.org"))
        send_due()
        message.refresh_from_db()
        assert message.state == "given_up"
        assert "550" in texts.error_text(message.error)


def test_two_workers_never_take_the_same_message(county: County) -> None:
    message = alerting(county, channel())
    assert outbox.take() == message
    assert outbox.take() is None


def test_a_lost_lease_changes_nothing(county: County) -> None:
    alerting(county, channel())
    mine = outbox.take()
    assert mine is not None
    Delivery.objects.update(lease_owner="other:1:1")
    assert outbox.note_sent(mine, timezone.now()) is False
    assert Delivery.objects.get().state == "queued"


def test_no_secret_reaches_the_log(county: County, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with http_receiver((500, {}, b"")) as receiver:
        alerting(county, channel(kind="wecom", address=f"{receiver.url}/send?key=very-secret-key"))
        send_due()
    written = " ".join(r.getMessage() for r in caplog.records if not r.name.startswith("django.db"))
    assert "was not sent" in written
    assert "very-secret-key" not in json.dumps(list(Delivery.objects.values_list("error", flat=True)))
    assert "very-secret-key" not in " ".join(
        r.getMessage() for r in caplog.records if r.name.startswith("alerts") or r.levelno >= logging.WARNING
    )


_KILLED = """
import os, sys, django
from django.conf import settings
django.setup()
from django.db import connections
settings.DATABASES["default"]["NAME"] = connections["default"].settings_dict["NAME"] = sys.argv[1]
settings.CREDENTIALS_KEY = sys.argv[2]
from alerts.sending import send_due
print("sending", flush=True)
send_due()
"""


@pytest.mark.django_db(databases="__all__", transaction=True)
def test_a_worker_killed_while_sending_leaves_a_message_that_is_sent_again_with_the_same_number(county: County) -> None:
    from django.db import connection

    if connection.vendor == "sqlite" and "memory" in str(connection.settings_dict["NAME"]):
        pytest.skip("another process can't see a database in memory")
    with http_receiver() as receiver:
        message = alerting(county, channel(address=receiver.url))
        receiver.before = lambda: time.sleep(30) if len(receiver.taken) == 1 else None
        name, key = str(connection.settings_dict["NAME"]), product_settings.CREDENTIALS_KEY
        worker = subprocess.Popen(
            [sys.executable, "-c", _KILLED, name, key], cwd=Path(__file__).resolve().parents[2],
            env={**os.environ, "DJANGO_SETTINGS_MODULE": "netops.settings"},
        )  # fmt: skip
        until = time.monotonic() + 30
        while not receiver.taken and time.monotonic() < until:
            time.sleep(0.1)
        worker.send_signal(signal.SIGKILL)
        worker.wait(10)
        message.refresh_from_db()
        assert (message.state, bool(message.lease_owner)) == ("queued", True)
        assert send_due() == 1
    assert [t.headers["Idempotency-Key"] for t in receiver.taken] == [str(message.idempotency_id)] * 2
    message.refresh_from_db()
    assert message.state == "sent"
