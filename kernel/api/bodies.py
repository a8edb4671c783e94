"""Request bodies: JSON, no deeper than anything the product keeps."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

_MAX_DEPTH = 32


def _is_deeper(value: Any, levels: int) -> bool:
    """Level by level and not by recursion, which is what a hostile body wants to exhaust."""
    level = [value]
    for _n in range(levels):
        containers = [item for item in level if isinstance(item, dict | list)]
        level = [inner for item in containers for inner in (item.values() if isinstance(item, dict) else item)]
    return any(isinstance(item, dict | list) for item in level)


class JsonBody(JSONParser):
    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        try:
            body = super().parse(stream, media_type, parser_context)
            is_deep = _is_deeper(body, _MAX_DEPTH)
        except RecursionError:
            is_deep = True
        if is_deep:
            raise ParseError(_("The body nests more than %(count)d levels deep.") % {"count": _MAX_DEPTH})
        return body
