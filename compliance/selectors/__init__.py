"""What was judged, as the asking user may see it."""

from compliance.selectors.changes import changes_on
from compliance.selectors.counts import (
    VerdictCounts,
    counts_by_network,
    counts_by_region,
    counts_by_tier,
    verdict_counts,
)
from compliance.selectors.findings import open_findings
from compliance.selectors.lines import ResultValue, judged_at, line_verdicts, results_of
from compliance.selectors.rings import RingStateValue, SegmentStateValue, ring_states

__all__ = [
    "ResultValue",
    "RingStateValue",
    "SegmentStateValue",
    "VerdictCounts",
    "changes_on",
    "counts_by_network",
    "counts_by_region",
    "counts_by_tier",
    "judged_at",
    "line_verdicts",
    "open_findings",
    "results_of",
    "ring_states",
    "verdict_counts",
]
