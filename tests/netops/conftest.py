"""A PostgreSQL server beside whatever database the suite runs on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.servers import temporary_postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    with temporary_postgres() as (url, reason):
        if url is None:
            pytest.skip(reason)
        yield url
