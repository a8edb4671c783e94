"""A replaced router's key is refused until somebody says that it was replaced."""

from __future__ import annotations

import io

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from collectors.models import SeenHostKey
from tests.collectors.record import make_device

pytestmark = pytest.mark.django_db(databases="__all__")


def known(host: str) -> None:
    SeenHostKey.objects.create(host=host, port=22, kind="ssh-ed25519", key="AAAA", first_seen_at=timezone.now())


def test_the_key_of_a_replaced_device_is_forgotten_and_no_other() -> None:
    make_device("r1", "127.9.0.1")
    known("127.9.0.1")
    known("127.9.0.2")
    out = io.StringIO()
    call_command("forget_host_key", "r1", stdout=out)
    assert "r1" in out.getvalue()
    assert list(SeenHostKey.objects.values_list("host", flat=True)) == ["127.9.0.2"]


def test_a_device_without_a_known_key_or_without_a_record_is_told() -> None:
    make_device("r1", "127.9.0.1")
    with pytest.raises(CommandError, match="nothing to forget"):
        call_command("forget_host_key", "r1")
    with pytest.raises(CommandError, match="is recorded"):
        call_command("forget_host_key", "r2")
