from __future__ import annotations

import pytest

from compliance.services import load_policy
from tests.compliance.world import World


@pytest.fixture
def world(db: None) -> World:
    load_policy(actor=None)
    return World()
