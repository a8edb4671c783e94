from __future__ import annotations

import pytest

from compliance.services import load_policy
from tests.alerts.county import County


@pytest.fixture
def county(db: None) -> County:
    load_policy(actor=None)
    return County()
