"""How many tasks wait in the queue."""

from __future__ import annotations

from pathlib import Path

from netops.celery import app

_PATIENCE_S = 2.0


def queue_length() -> int:
    """Raises OSError, or a Kombu error that derives from it, when the queue can't be reached."""
    options = app.conf.broker_transport_options or {}
    if folder := options.get("data_folder_in"):
        return sum(1 for entry in Path(folder).iterdir() if entry.name.endswith(".msg"))
    with app.connection_for_read(connect_timeout=_PATIENCE_S) as connection:
        connection.ensure_connection(max_retries=1, timeout=_PATIENCE_S)
        declared = connection.default_channel.queue_declare(app.conf.task_default_queue, passive=True)
        return int(declared.message_count)
