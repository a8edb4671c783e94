"""The Celery application: `celery -A netops worker` and `celery -A netops beat`."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery, signals

from netops.operations.heartbeats import watch_celery
from netops.queues import use_whole_messages

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "netops.settings")
use_whole_messages()
app = Celery("netops")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
watch_celery()


@signals.setup_logging.connect  # type: ignore[untyped-decorator]  # Celery has no types
def keep_logging(**_said: Any) -> None:
    """That somebody listens is what keeps Celery from replacing the product's own handlers and formats."""


@app.on_after_finalize.connect  # type: ignore[untyped-decorator]  # Celery has no types
def schedule(sender: Any, **kwargs: Any) -> None:
    """Each package says what of its work runs by itself; imported here, because Django is set up only now."""
    from alerts.tasks import BEAT as alerting
    from collectors.tasks import BEAT as collecting
    from compliance.tasks import BEAT as judging
    from kernel.tasks import BEAT as sealing

    sender.conf.beat_schedule = {**sealing, **collecting, **judging, **alerting}
