"""Work of the kernel's own that runs by itself."""

from __future__ import annotations

from celery import shared_task

from kernel.attachments import clean_orphans
from kernel.sealing import seal_pending

BEAT = {
    "seal the change trail": {"task": "kernel.tasks.seal", "schedule": 5.0, "options": {"expires": 5}},
    "delete documents that no record refers to": {
        "task": "kernel.tasks.clean_attachments",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
}


@shared_task(name="kernel.tasks.seal", soft_time_limit=60)  # type: ignore[untyped-decorator]  # Celery has no types
def seal() -> int:
    return seal_pending()


@shared_task(name="kernel.tasks.clean_attachments", soft_time_limit=600)  # type: ignore[untyped-decorator]  # Celery has no types
def clean_attachments() -> int:
    return clean_orphans()
