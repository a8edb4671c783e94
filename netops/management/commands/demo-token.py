"""Print an API token with all rights; refused outside a sample database."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from kernel.models import Token
from netops.accounts import sample_token_user


class Command(BaseCommand):
    help = "Prints an API token with all rights, in a sample database alone."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.IS_SAMPLE:
            raise CommandError(
                "This is not a sample database; make a token for your own account instead. "
                "(The demo's database is chosen by NETOPS_SAMPLE=1, as `make token` does.)"
            )
        _token, key = Token.issue(sample_token_user(), description="demo-token")
        self.stdout.write(key)
