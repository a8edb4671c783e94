from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from compliance.services import load_policy


class Command(BaseCommand):
    help = "Add the documents, clauses and rules that come with the product; what is there stays as it is."

    def handle(self, *args: Any, **options: Any) -> None:
        added = load_policy(actor=None)
        self.stdout.write(
            _("Added %(documents)d documents, %(clauses)d clauses and %(rules)d rules.")
            % {"documents": added.documents, "clauses": added.clauses, "rules": added.rules}
        )
