from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from inventory.models import MaintenanceWindow
from kernel.spec import PUBLIC, Spec


class MaintenanceWindowSpec(Spec):
    model = MaintenanceWindow
    api = ("network", "maintenance-windows")
    scope = PUBLIC
    fields = (
        "name",
        "starts_at",
        "ends_at",
        "document_no",
        "circuit",
        "device",
        "site",
        "region",
        "provider",
        "network",
        "description",
    )
    columns = ("name", "starts_at", "ends_at", "provider", "region", "network", "circuit", "device")
    filters = ("provider", "network", "region", "site", "device", "circuit")
    search = ("name", "document_no", "description")
    natural_key = ("name", "starts_at")
    words = ("name",)
    brief = ("name", "starts_at", "ends_at")
    menu = "lines"
    icon = "calendar-event"
    intro = _("Announced work. Outages inside a window count neither against the carrier nor as an alarm.")
    ordering = ("-starts_at", "name", "pk")


SPECS = (MaintenanceWindowSpec,)
