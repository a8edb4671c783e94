"""The embedded queue loses nothing and shows nothing half-written."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from kombu import Connection

from netops import queues


def connect(folder: Path) -> Connection:
    queues.use_whole_messages()
    names = ("data_folder_in", "data_folder_out", "control_folder")
    options: dict[str, Any] = {name: str(folder) for name in names} | {"polling_interval": 0.001}
    return Connection("filesystem://", transport_options=options)


def test_a_message_is_not_to_be_seen_before_it_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[str]] = []
    write = Path.write_text

    def watched(path: Path, *args: Any, **kwargs: Any) -> int:
        write(path, "")
        seen.append([p.name for p in tmp_path.iterdir() if p.name.endswith(".msg")])
        return write(path, *args, **kwargs)

    with connect(tmp_path) as opened:
        queue = opened.SimpleQueue("work")
        monkeypatch.setattr(Path, "write_text", watched)
        queue.put({"n": 1})
        monkeypatch.undo()
        assert seen == [[]]
        message = queue.get(timeout=5)
        assert message.payload == {"n": 1}
        message.ack()


def test_a_reader_beside_the_writer_gets_every_message(tmp_path: Path) -> None:
    wanted, found = 300, []

    def read() -> None:
        with connect(tmp_path) as own:
            queue = own.SimpleQueue("other")
            for _ in range(wanted):
                message = queue.get(timeout=10)
                found.append(message.payload["n"])
                message.ack()

    reader = threading.Thread(target=read)
    reader.start()
    with connect(tmp_path) as opened:
        queue = opened.SimpleQueue("other")
        for n in range(wanted):
            queue.put({"n": n})
    reader.join(timeout=60)
    assert sorted(found) == list(range(wanted))
