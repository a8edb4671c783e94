"""Why a message did not go out: a code that `alerts.texts` has the sentence of, and whether trying again can help."""

from __future__ import annotations

from typing import Any


class SendError(Exception):
    """`values` fill the sentence and hold no secret. `wait_s` is how long the other side asks us to wait."""

    def __init__(self, code: str, *, can_retry: bool, wait_s: int = 0, **values: Any) -> None:
        super().__init__(code)
        self.code, self.can_retry, self.wait_s, self.values = code, can_retry, wait_s, values

    @property
    def said(self) -> dict[str, Any]:
        return {"code": self.code, "values": self.values}
