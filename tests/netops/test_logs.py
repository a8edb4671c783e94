"""Logs are lines or objects, tell what was being done, and never hold a secret, however it gets there."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import path

from collectors import sources
from kernel import secrecy
from kernel.crypto import Secret
from netops.logs import Around, Json, Line
from tests.collectors.record import make_credential, make_device, make_network
from tests.netops.installations import Installation, first_release
from tests.netops.test_operations import Web

COMMUNITY = "rather-private-community"


@contextmanager
def written(formatter: logging.Formatter) -> Iterator[io.StringIO]:
    """What the product's handler would write, kept."""
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(formatter)
    handler.addFilter(Around())
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield out
    finally:
        root.removeHandler(handler)


def failing(request: Any) -> None:
    """A page that breaks in the worst way: its error quotes everything it was given."""
    cookies = "; ".join(f"{name}={value}" for name, value in request.COOKIES.items())
    raise RuntimeError(
        f"seen {request.headers.get('Authorization')} and {cookies} and {request.POST} and {list(request.POST.values())}"
    )


urlpatterns = [path("fail/", failing)]


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("connect postgres://netops:hun/ter2@db:5432/netops failed", "hun/ter2"),
        ("amqp://user:p%40ss@broker//", "p%40ss"),
        ("Authorization: Token 0123456789abcdef0123", "0123456789abcdef0123"),
        ("{'HTTP_AUTHORIZATION': 'Bearer abc.def-ghi_jkl'}", "abc.def-ghi_jkl"),
        ("Cookie: netops_session_8000=s3ss10n; other=x", "s3ss10n"),
        ("<QueryDict: {'username': ['x'], 'password': ['pass word!']}>", "pass word!"),
        ('{"community": "publ1c-ro", "port": 161}', "publ1c-ro"),
        ("snmpget --community=publ1c-ro 10.0.0.1", "publ1c-ro"),
        ("auth_secret='it\\'s long'", "long"),
        ("new_password1=abc&x=1", "abc"),
    ],
)
def test_what_looks_like_a_secret_is_masked(text: str, secret: str) -> None:
    secrecy.remember("secret")  # somebody's real password; masking it must not hide the word from the patterns
    shown = secrecy.redact(text)
    assert secret not in shown
    assert secrecy.MASK in shown


@pytest.mark.parametrize(
    "text",
    [
        "Line 410105-WW-0001 has no port at https://netops.example:8000/lines/?q=1",
        "polled 10 devices in 3.2 s",
        "Bearer of news",
    ],
)
def test_ordinary_lines_stay_whole(text: str) -> None:
    assert secrecy.redact(text) == text


def test_an_object_a_line_with_what_was_being_done() -> None:
    with written(Json()) as out:
        logging.getLogger("netops.test").warning(
            "Two\nlines of %s", "甲", extra={"port": 3, "password": "shown-nowhere"}
        )
        try:
            Secret.of(COMMUNITY)
            raise ValueError(f"timeout with {COMMUNITY}")
        except ValueError:
            logging.getLogger("netops.test").exception("Failed")
    first, second = map(json.loads, out.getvalue().splitlines())
    assert (first["level"], first["logger"], first["message"], first["port"]) == (
        "WARNING",
        "netops.test",
        "Two\nlines of 甲",
        3,
    )
    assert first["time"][:2] == "20"
    assert "ValueError: timeout with ***" in second["exception"]
    assert "shown-nowhere" not in out.getvalue()
    assert COMMUNITY not in out.getvalue()


@pytest.mark.django_db(databases="__all__")
@pytest.mark.urls("tests.netops.test_logs")
@pytest.mark.parametrize("formatter", [Line(), Json()])
def test_a_page_that_breaks_tells_neither_token_nor_cookie_nor_password(
    formatter: logging.Formatter, settings: Any
) -> None:
    client = Client(raise_request_exception=False)
    client.cookies[settings.SESSION_COOKIE_NAME] = "the-session-key"
    with written(formatter) as out:
        answer = client.post(
            "/fail/", {"password": "my own password", "note": "seen"}, headers={"Authorization": "Token abcdef123456"}
        )
    assert answer.status_code == 500
    said = out.getvalue()
    assert "RuntimeError" in said
    assert "note" in said
    for secret in ("the-session-key", "my own password", "abcdef123456"):
        assert secret not in said


@pytest.mark.django_db(databases="__all__", transaction=True)
def test_a_device_that_fails_doesnt_tell_its_community(monkeypatch: pytest.MonkeyPatch) -> None:
    """A defect of the collector whose error quotes what it signs in with."""
    network = make_network()
    make_device(address="127.9.0.77", network=network)
    make_credential(community=COMMUNITY)

    def broken(way: Any, *_others: Any) -> Any:
        raise RuntimeError(f"can't ask with {way.credentials}")

    monkeypatch.setattr(sources, "open_source", broken)
    with written(Line()) as out:
        call_command("poll", stdout=io.StringIO(), stderr=io.StringIO())
    said = out.getvalue()
    assert "failed by a defect of the collector" in said
    assert "RuntimeError: can't ask with" in said
    assert COMMUNITY not in said


@pytest.mark.django_db(databases="__all__")
def test_what_a_visitor_gets_wrong_leaves_a_line_and_no_traceback(client: Client, login: Callable[..., Any]) -> None:
    login("dcim.view_*")
    with written(Line()) as out:
        assert client.get("/no-such-page/").status_code == 404
        assert client.get("/system/").status_code == 403
        assert client.get("/", headers={"Host": "evil.example"}).status_code == 400
        assert client.post("/login/", {"username": "x", "password": "typed-in"}).status_code in (200, 302)
    said = out.getvalue()
    assert "Traceback" not in said
    assert "/no-such-page/ 404" in said
    assert "typed-in" not in said
    assert len(said.splitlines()) <= 7


def test_a_broken_database_address_is_refused_without_its_password(tmp_path: Path) -> None:
    for url in (
        "postgres://netops:hunter2#x@db:5432/netops",
        "postgres://netops:h@db:hunter2/netops",
        "mysql://a:hunter2@b/c",
    ):
        refused = Installation(tmp_path / "data", url)
        refused.folder.mkdir(exist_ok=True)
        said = refused.manage("check", code=1)
        assert "NETOPS_DATABASE_URL" in said.stderr
        assert "hunter2" not in said.stdout + said.stderr


def test_what_ends_a_process_is_masked_too(tmp_path: Path) -> None:
    ends = Installation(tmp_path / "data")
    ends.folder.mkdir()
    program = "import django; django.setup()\nfrom django.conf import settings\nraise SystemError('key ' + settings.CREDENTIALS_KEY)"
    done = subprocess.run(
        [sys.executable, "-c", program], env=ends.variables, capture_output=True, text=True, timeout=60
    )
    assert "SystemError: key ***" in done.stderr
    assert "release-0-2-0-credentials-key" not in done.stderr


def test_the_web_servers_log_is_objects_alone(tmp_path: Path) -> None:
    installation = first_release(tmp_path / "data")
    installation.environment["NETOPS_LOG_FORMAT"] = "json"
    installation.python("from netops.setup import prepare_databases; prepare_databases()")
    served = Web(installation)
    try:
        token = "0200" * 10
        assert served.get("/api/dcim/sites/", Authorization=f"Token {token}")[0] == 200
        assert served.get("/login/?next=private")[0] == 200
        assert served.get("/nowhere/")[0] == 404
    finally:
        served.stop()
    lines = [json.loads(line) for line in served.log.read_text().splitlines()]
    asked = {line["path"]: line for line in lines if line["logger"] == "netops.access"}
    assert asked["/api/dcim/sites/"]["status"] == 200
    assert asked["/nowhere/"]["status"] == 404
    assert asked["/login/"]["request_id"]
    assert "/healthz" not in asked
    assert token not in served.log.read_text()
    assert "private" not in served.log.read_text()


def test_a_wrong_format_is_refused_by_name(tmp_path: Path) -> None:
    wrong = Installation(tmp_path / "data", environment={"NETOPS_LOG_FORMAT": "xml"})
    wrong.folder.mkdir()
    assert "NETOPS_LOG_FORMAT" in wrong.manage("check", code=1).stderr
