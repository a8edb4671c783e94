"""The embedded queue: Celery over a folder, with each message visible only once it is whole.

Kombu's own channel writes a message in place, and a worker that looks a moment too early reads an empty file and dies.
"""

from __future__ import annotations

import os
import time
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Any

from kombu.exceptions import ChannelError
from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.json import dumps


class Channel(filesystem.Channel):  # type: ignore[misc]  # Kombu has no types
    def _put(self, queue: str, payload: Any, **kwargs: Any) -> None:  # type: ignore[override]  # as Kombu's own does
        name = f"{round(time.monotonic() * 1000)}_{uuid.uuid4()}.{queue}.msg"
        whole = Path(self.data_folder_out) / name
        part = whole.with_name(f"{name}.part")  # no queue's name ends like this, so nobody takes it
        try:
            part.write_text(dumps(payload), encoding="utf-8")
            os.replace(part, whole)
        except OSError as error:
            raise ChannelError(f"A message can't be written to {self.data_folder_out}: {error.strerror}.") from error

    def _queue_bind(self, exchange: str, *args: Any) -> None:
        """The table of an exchange begins as a whole, empty one; Kombu then adds to it under a lock."""
        table = self._exchange_file(exchange)
        if not table.exists():
            part = table.with_name(f"{table.name}.{uuid.uuid4()}.part")
            part.write_text("[]", encoding="utf-8")
            with suppress(FileExistsError):  # somebody else was first, which is as good
                os.link(part, table)
            part.unlink()
        super()._queue_bind(exchange, *args)


class Transport(filesystem.Transport):  # type: ignore[misc]  # Kombu has no types
    Channel = Channel


def use_whole_messages() -> None:
    """Let `filesystem://` mean this transport."""
    TRANSPORT_ALIASES["filesystem"] = f"{__name__}:Transport"
