from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.management import call_command

from tests.lab.network import LabNetwork, lab_network, why_not
from tests.lab.records import Recorded, record


@pytest.fixture(scope="module")
def whole_lab() -> Iterator[LabNetwork]:
    if reason := why_not():
        pytest.skip(reason)
    with lab_network(8) as lab:
        lab.await_neighbours()
        yield lab


@pytest.fixture
def lab(whole_lab: LabNetwork) -> Iterator[LabNetwork]:
    """The lab as it was built, whatever the test before did to it."""
    whole_lab.mend()
    yield whole_lab


@pytest.fixture
def recorded(lab: LabNetwork, transactional_db: None) -> Recorded:
    """The lab in the record, and the rules in force."""
    call_command("load_policy")
    return record(lab)
