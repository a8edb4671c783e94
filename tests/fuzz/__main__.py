"""`python -m tests.fuzz --packets 1000000`: the long run; ends with a line of figures, or with what it found."""

import argparse
import sys
import time

from tests.fuzz.runs import MOST_GROWTH_MB, Outcome, rss_mb, run, traced_growth_mb

TRACED_PACKETS = 100_000
MOST_TRACED_MB = 32


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--packets", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    started_at = last_at = time.monotonic()

    def report(outcome: Outcome) -> None:
        nonlocal last_at
        if time.monotonic() - last_at > 30:
            last_at = time.monotonic()
            print(f"{outcome.packets:>9} packets, {outcome.cpu_s:.0f} s CPU, {outcome.rss_mb[-1]:.0f} MB", flush=True)

    outcome = run(options.packets, options.seed, report=report)
    took_s = time.monotonic() - started_at
    print(
        f"{outcome.packets} packets in {took_s:.0f} s ({outcome.cpu_s:.0f} s CPU, {outcome.packets / outcome.cpu_s:.0f} a "
        f"second of it); {outcome.refused} refused; {outcome.sessions} sessions, {outcome.sessions_ended} ended by an "
        f"error; slowest {outcome.slowest_s * 1000:.1f} ms; memory {rss_mb():.0f} MB, {outcome.growth_mb:.1f} MB above "
        "that of the first fifth"
    )
    traced_mb = traced_growth_mb(min(TRACED_PACKETS, options.packets), options.seed + 1)
    print(f"{traced_mb:.1f} MB of objects kept by another {min(TRACED_PACKETS, options.packets)} packets")
    if outcome.growth_mb > MOST_GROWTH_MB or traced_mb > MOST_TRACED_MB:
        print("Memory grows: see the figures above.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
