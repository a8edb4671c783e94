"""What every page owes to its reader, whatever it shows: looked at from inside the browser."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import ConsoleMessage, Page

WIDTHS = (1440, 390)
_CHINESE = re.compile(r"[\u3400-\u9fff]")
_WORD = re.compile(r"[A-Za-z]{2,}")
_SAME_IN_BOTH = {"API", "CSV", "DNS", "EN", "IDC", "IP", "LLDP", "MAC", "SNMP", "SSH", "UID", "VLAN", "xlsx"}
_SAME_IN_BOTH |= {"Gbit", "Mbit", "kbit"}
# The words of the product, not of the city: menu, buttons, headings of tables. Small print there is data.
_OWN_WORDS = """() => [...document.querySelectorAll(
    'nav.side a.nav-a > span, nav.side summary > span, .hall-nav a, form:not(.lang) > button, form:not(.lang) .acts button, summary.btn, thead th')]
  .map((e) => { const copy = e.cloneNode(true); copy.querySelectorAll('small, b.cnt').forEach((x) => x.remove());
                return copy.textContent.trim().replace(/\\s+/g, ' '); })
  .filter(Boolean)"""
_WITHOUT_A_LABEL = """() => [...document.querySelectorAll('input:not([type=hidden]), select, textarea')]
  .filter((e) => !(e.labels && e.labels.length) && !e.getAttribute('aria-label') && !e.getAttribute('aria-labelledby'))
  .map((e) => e.outerHTML.slice(0, 100))"""
_NAMELESS = """() => [...document.querySelectorAll('a[href], button')]
  .filter((e) => !e.textContent.trim() && !e.getAttribute('aria-label') && !e.getAttribute('title'))
  .map((e) => e.outerHTML.slice(0, 100))"""


@dataclass
class Watch:
    """Opens pages and collects what is wrong with them."""

    page: Page
    language: str
    problems: list[str] = field(default_factory=list)
    _said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self._said.append(str(error)))

    def _hear(self, message: ConsoleMessage) -> None:
        # Content policy violations are errors too. That a missing page is missing is what was asked for.
        if message.type == "error" and "status of 404" not in message.text:
            self._said.append(message.text)

    def look_at(self, path: str, status: int = 200) -> None:
        self.page.set_viewport_size({"width": WIDTHS[0], "height": 900})
        answer = self.page.goto(path)
        if answer is None or answer.status != status:
            self._note(path, f"answered {answer.status if answer else 'nothing'}, not {status}")
            return
        if self.page.locator("[data-chart]").count():
            self.page.locator("[data-chart] :is(canvas, svg)").first.wait_for()
        for width in WIDTHS:
            self.page.set_viewport_size({"width": width, "height": 900})
            wide = self.page.evaluate("document.documentElement.scrollWidth")
            if wide > self.page.evaluate("innerWidth"):
                self._note(path, f"is {wide} px wide on a screen of {width}")
        headings = self.page.locator("h1").count()
        if headings != 1:
            self._note(path, f"has {headings} h1")
        for text in self._every(_WITHOUT_A_LABEL):
            self._note(path, f"input without a label: {text}")
        for text in self._every(_NAMELESS):
            self._note(path, f"nothing names {text}")
        for text in self._every(_OWN_WORDS):
            if is_foreign(text, self.language):
                self._note(path, f"not in {self.language}: {text!r}")
        for text in self._said:
            self._note(path, f"console: {text}")
        self._said.clear()

    def _every(self, script: str) -> list[str]:
        found: Any = self.page.evaluate(script)
        return list(dict.fromkeys(found))

    def _note(self, path: str, text: str) -> None:
        self.problems.append(f"{path} {text}")


def is_foreign(text: str, language: str) -> bool:
    if language == "en":
        return bool(_CHINESE.search(text))
    return bool(set(_WORD.findall(text)) - _SAME_IN_BOTH)
