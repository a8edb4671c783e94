"""The histories of ports behind one small door: in the SQL database, or in VictoriaMetrics when its address is set."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.conf import settings
from django.utils import timezone

from collectors.series.points import COLUMNS, VALUES, PortKey, RatePoint, Row, SeriesStore, SeriesUnavailable, Step
from collectors.series.sql import SqlStore
from collectors.series.victoriametrics import VictoriaMetricsStore

__all__ = [
    "COLUMNS",
    "VALUES",
    "PortKey",
    "RatePoint",
    "Row",
    "SeriesStore",
    "SeriesStoreState",
    "SeriesUnavailable",
    "Step",
    "series_store",
    "series_store_state",
]


def series_store() -> SeriesStore:
    address = settings.VICTORIAMETRICS
    return SqlStore() if address is None else VictoriaMetricsStore(address)


@dataclass(frozen=True, slots=True)
class SeriesStoreState:
    """`address` is without account and password, empty for SQL; `reason` is empty while the store answers."""

    store: str
    address: str
    is_reachable: bool
    reason: str
    rolled_up_to: dt.datetime | None


def series_store_state(now: dt.datetime | None = None) -> SeriesStoreState:
    """Asks the store just now; takes some seconds at most where it is silent."""
    store = series_store()
    try:
        newest = store.rolled_up_to(now or timezone.now())
    except SeriesUnavailable as error:
        return SeriesStoreState(store.name, store.address, False, error.message, None)
    return SeriesStoreState(store.name, store.address, True, "", newest)
