"""The page of an unexpected failure."""

from __future__ import annotations

import re

from django.test import RequestFactory, override_settings

from kernel.web.middleware import ExpectedFailures


@override_settings(LANGUAGE_CODE="en")
def test_the_page_of_an_unexpected_failure_says_the_number_to_quote(rf: RequestFactory) -> None:
    request = rf.get("/")
    answer = ExpectedFailures(lambda _request: None).process_exception(request, RuntimeError("unforeseen"))
    assert answer is not None
    assert answer.status_code == 500
    assert re.search(r"E-\d{4}-\d{4}-[0-9A-F]{4}", answer.content.decode())
