"""The running demo and a real browser. Both end with the file that uses them: Playwright's event loop would forbid
the database to the tests after it, and `--dist loadfile` keeps a file on one worker, so there is one demo."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from netops.accounts import SAMPLE_PASSWORD
from tests.browser.demo import Demo, free_ports

_FLAGS = ("--disable-gpu", "--disable-background-networking", "--disable-component-update", "--no-first-run")
_PATIENCE_MS = 20_000


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("Chromium is not installed (Debian's package is `chromium`)")
    flags = [*_FLAGS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=flags)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def demo(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    started = Demo(tmp_path_factory.mktemp("demo"), free_ports())
    started.start()
    yield started
    if started.is_running:
        started.stop()


@pytest.fixture
def open_browser(chromium: Browser, demo: Demo) -> Iterator[Callable[..., Page]]:
    """A fresh browser, not signed in: open_browser(language="en", width=390, **context options)."""
    contexts = []

    def start(*, language: str = "", width: int = 1440, **options: Any) -> Page:
        context = chromium.new_context(base_url=demo.url, viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        context.set_default_timeout(_PATIENCE_MS)
        if language:
            context.add_cookies([{"name": "django_language", "value": language, "url": demo.url}])
        return context.new_page()

    yield start
    for context in contexts:
        context.close()


@pytest.fixture
def sign_in(open_browser: Callable[..., Page]) -> Callable[..., Page]:
    """Sign in by the form: sign_in("engineer", language="en")."""

    def start(account: str, **options: Any) -> Page:
        page = open_browser(**options)
        page.goto("/login/")
        page.fill("input[name=username]", account)
        page.fill("input[name=password]", SAMPLE_PASSWORD)
        page.locator("form[action=''] button[type=submit]").click()
        page.wait_for_url("**/")
        return page

    return start
