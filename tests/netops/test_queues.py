"""The embedded queue loses nothing and shows nothing half-written."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
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


def read(folder: str, wanted: int) -> list[int]:
    """A worker's side, in a process of its own as a worker is."""
    found = []
    with connect(Path(folder)) as own:
        queue = own.SimpleQueue("other")
        for _ in range(wanted):
            message = queue.get(timeout=20)
            found.append(message.payload["n"])
            message.ack()
    return found


def test_a_reader_beside_the_writer_gets_every_message(tmp_path: Path) -> None:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as workers:
        reading = workers.submit(read, str(tmp_path), 300)
        with connect(tmp_path) as opened:
            queue = opened.SimpleQueue("other")
            for n in range(300):
                queue.put({"n": n})
        assert sorted(reading.result(timeout=60)) == list(range(300))


def test_work_of_one_queue_reaches_no_other(tmp_path: Path) -> None:
    from django.conf import settings

    queues_of_settings = {queue.name: queue for queue in settings.CELERY_TASK_QUEUES}
    with connect(tmp_path) as opened, opened.channel() as channel:
        bound = {name: queue(channel) for name, queue in queues_of_settings.items()}
        for queue in bound.values():
            queue.declare()
        sent = queues_of_settings["alerts"]
        opened.Producer(channel).publish({"n": 1}, exchange=sent.exchange, routing_key=sent.routing_key)
        assert bound["celery"].get() is None
        message = bound["alerts"].get()
        assert message is not None
        message.ack()
