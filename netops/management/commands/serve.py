"""The product on one machine: web server, collector and schedule over the embedded or the configured database."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory.models import RoleGrant
from kernel.models import User
from netops.accounts import open_account
from netops.ports import refuse_taken_ports, wait_until_served
from netops.setup import prepare_databases
from netops.supervisor import Supervisor, only_one, product_services

_FIRST = (
    ("system-administrator", gettext_lazy("System administrator (record, collectors)")),
    ("security-administrator", gettext_lazy("Security administrator (accounts, roles)")),
    ("audit-administrator", gettext_lazy("Audit administrator (trail)")),
)


class Command(BaseCommand):
    help = "Runs the product on 127.0.0.1 until Ctrl-C; asks for the first administrator when there is none."

    def handle(self, *args: Any, **options: Any) -> None:
        refuse_taken_ports(tcp=[settings.PORT], udp=[])
        with only_one(settings.DATA_DIR):
            try:
                self._run(settings.DATA_DIR)
            except (EOFError, KeyboardInterrupt):
                self._say("")  # left at a prompt; who is missing is asked for at the next start

    def _run(self, data: Path) -> None:
        self._say(_("Setting up the databases") + " ...")
        prepare_databases()
        self._first_accounts()
        supervisor = Supervisor(self._say)
        try:
            for service in product_services(data, settings.PORT):
                supervisor.add(service)
            wait_until_served(f"http://127.0.0.1:{settings.PORT}/login/")
            self._say(f"READY http://127.0.0.1:{settings.PORT}")
            supervisor.watch()
        except KeyboardInterrupt:
            pass
        finally:
            self._say(_("Stopping ..."))
            supervisor.stop()

    def _first_accounts(self) -> None:
        """The three powers are apart, so there are three first accounts; whoever is missing is asked for."""
        missing = [(role, title) for role, title in _FIRST if not RoleGrant.objects.filter(role__slug=role).exists()]
        if missing and not sys.stdin.isatty():
            self._say(_("Administrators are missing. Run make run in a terminal once to make them."))
            return
        if missing:
            self._say(_("First start: three administrators, because nobody holds two of these powers."))
        for role, title in missing:
            name = self._ask_name(str(title))
            open_account(name, self._ask_password(), role, shown=name)

    def _ask_name(self, title: str) -> str:
        while True:
            name = input(_("%(title)s, account name: ") % {"title": title}).strip()
            if not name:
                continue
            if User.objects.filter(username=name).exists():
                self._say(_("That name is taken by another power; choose a different one."))
                continue
            try:
                User(username=name, password="x").clean_fields()  # noqa: S106  # only the name is checked
            except ValidationError as refused:
                self._say(" ".join(refused.messages))
                continue
            return name

    def _ask_password(self) -> str:
        while True:
            password = getpass.getpass(_("Password: "))
            try:
                validate_password(password)
            except ValidationError as refused:
                self._say(" ".join(refused.messages))
                continue
            if getpass.getpass(_("Once more: ")) == password:
                return password
            self._say(_("The two differ; try again."))

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()
