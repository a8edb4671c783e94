"""What an upgraded installation still knows, as JSON; run inside it: `python -m tests.netops.upgraded`."""

from __future__ import annotations

import json
import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "netops.settings")
django.setup()

from django.conf import settings  # noqa: E402  # Django is set up first
from django.test import Client  # noqa: E402

from collectors.models import Credential  # noqa: E402
from inventory.models import Circuit, Device, Ring  # noqa: E402
from kernel.registry import registry  # noqa: E402
from kernel.sealing import seal_pending, verify  # noqa: E402
from tests.netops.data import PASSWORD, TOKEN  # noqa: E402

settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "testserver"]


def secrets() -> dict[str, str]:
    found = {}
    for row in Credential.objects.exclude(name__startswith="credential").order_by("name"):
        for name in ("community", "auth_secret", "priv_secret", "password"):
            if value := getattr(row, name).reveal():
                found[f"{row.name}.{name}"] = value
    return found


def statuses() -> dict[str, int]:
    reader = Client(raise_request_exception=False)
    signed_in = reader.post("/login/", {"username": "engineer", "password": PASSWORD})
    found = {"log-in": signed_in.status_code}
    pages = ["/", "/lines/", "/rings/", "/findings/", "/rules/", "/coverage/", "/devices/states/"]
    pages += [f"/circuits/circuits/{pk}/" for pk in Circuit.objects.values_list("pk", flat=True)[:3]]
    pages += [f"/rings/{pk}/" for pk in Ring.objects.values_list("pk", flat=True)[:3]]
    pages += [f"/dcim/devices/{pk}/" for pk in Device.objects.values_list("pk", flat=True)[:3]]
    for page in pages:
        found[page] = reader.get(page).status_code
    program = Client(headers={"Authorization": f"Token {TOKEN}"}, raise_request_exception=False)
    for spec in registry.all():
        section, name = spec.api
        found[f"/api/{section}/{name}/"] = program.get(f"/api/{section}/{name}/").status_code
    return found


if __name__ == "__main__":
    before = verify()
    said = {
        "checked": before.checked, "unsealed": before.unsealed, "whole": before.is_whole, "secrets": secrets(),
        "statuses": statuses(),
    }  # fmt: skip
    while seal_pending():
        pass
    after = verify()
    print(json.dumps({**said, "whole after sealing": after.is_whole and not after.unsealed}))
