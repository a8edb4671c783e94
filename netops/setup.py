"""Brings an installation's databases up to date: tables, translations, roles, divisions, clauses, rules, calendar."""

from __future__ import annotations

from django.conf import settings
from django.core.management import call_command

from compliance.services.policy import load_policy
from inventory.services.calendars import load_calendar
from netops.accounts import extend_roles, load_roles
from netops.management.commands.translations import compile_catalogue


def prepare_databases() -> None:
    """May run twice, at every start."""
    compile_catalogue()
    for alias in settings.DATABASES:
        call_command("migrate", database=alias, interactive=False, verbosity=0)
    load_roles()
    extend_roles()
    load_policy(actor=None)
    load_calendar(actor=None)
