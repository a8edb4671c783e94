"""A run of so many packets, and what it took: refusals, CPU time, the slowest packet, memory."""

import os
import random
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from collectors.errors import CollectError
from tests.fuzz.targets import Endless, Sessions, decode, open_v3, spoiled_packet

PACKET_BUDGET_S = 0.25
"""CPU time of one packet; the longest that UDP carries takes a tenth of it."""
SESSION_SHARE = 0.3
SAMPLE_EVERY = 10_000
MOST_GROWTH_MB = 48
"""Of the resident memory after the first fifth of a run, when the bounded caches are nearly full."""


class Finding(AssertionError):
    """Something a packet must not do; the message holds what repeats it."""


@dataclass
class Outcome:
    packets: int = 0
    refused: int = 0
    sessions: int = 0
    sessions_ended: int = 0
    cpu_s: float = 0.0
    slowest_s: float = 0.0
    rss_mb: list[float] = field(default_factory=list)

    @property
    def growth_mb(self) -> float:
        """How far memory has risen above what it was after the first fifth."""
        if len(self.rss_mb) < 5:
            return 0.0
        return max(self.rss_mb[len(self.rss_mb) // 5 :]) - self.rss_mb[len(self.rss_mb) // 5]


def run(packets: int, seed: int, *, report: Callable[[Outcome], None] | None = None) -> Outcome:
    """Raises Finding at the first packet that breaks a rule."""
    chance, outcome = random.Random(seed), Outcome()
    sessions, sampled_at = Sessions(chance), 0
    started_s = time.process_time()
    while outcome.packets < packets:
        if chance.random() < SESSION_SHARE:
            _one_session(sessions, outcome, seed)
        else:
            _one_packet(chance, outcome)
        if outcome.packets - sampled_at >= SAMPLE_EVERY:
            sampled_at = outcome.packets
            outcome.rss_mb.append(rss_mb())
            outcome.cpu_s = time.process_time() - started_s
            if report is not None:
                report(outcome)
    outcome.cpu_s = time.process_time() - started_s
    return outcome


def _one_packet(chance: random.Random, outcome: Outcome) -> None:
    user, packet = spoiled_packet(chance)
    started_s = time.process_time()
    try:
        if user is None:
            decode(packet)
        else:
            open_v3(user, packet)
    except CollectError:
        outcome.refused += 1
    except Exception as error:
        raise Finding(f"{error!r} from a packet for {user}: {packet.hex()}") from error
    outcome.packets += 1
    _keep_time(outcome, time.process_time() - started_s, 1, f"a packet for {user}: {packet.hex()[:2000]}")


def _one_session(sessions: Sessions, outcome: Outcome, seed: int) -> None:
    started_s = time.process_time()
    where = f"a session after {outcome.packets} packets of the run with seed {seed}"
    try:
        packets, has_failed = sessions.run()
    except Endless as error:
        raise Finding(f"{error} It is {where}.") from error
    except Exception as error:
        raise Finding(f"{error!r} from {where}.") from error
    outcome.packets += packets
    outcome.sessions += 1
    outcome.sessions_ended += has_failed
    _keep_time(outcome, time.process_time() - started_s, packets, where)


def _keep_time(outcome: Outcome, took_s: float, packets: int, where: str) -> None:
    each_s = took_s / max(packets, 1)
    outcome.slowest_s = max(outcome.slowest_s, each_s)
    if each_s > PACKET_BUDGET_S:
        raise Finding(f"{each_s:.2f} s of CPU time for {where}")


def rss_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE") / 1_048_576


def traced_growth_mb(packets: int, seed: int) -> float:
    """What Python holds after a run beyond what it held before, counted object by object."""
    run(packets // 2, seed)
    return traced(lambda: run(packets // 2, seed + 1))


def traced(work: Callable[[], object]) -> float:
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[0] / 1_048_576
    finally:
        tracemalloc.stop()
