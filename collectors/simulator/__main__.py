"""`python -m collectors.simulator --plan FILE --port N`"""

import argparse
import asyncio
import gc
import sys
import time
from pathlib import Path

from collectors.errors import CollectError
from collectors.simulator.listeners import Listeners
from collectors.simulator.network import Network
from collectors.simulator.plan import load
from collectors.simulator.server import Server, open_socket


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m collectors.simulator",
        description="Answer SNMP for every device of a plan, each at its own loopback address.",
    )
    parser.add_argument("--plan", type=Path, required=True, help="the plan, a JSON file; faults.json lies beside it")
    parser.add_argument("--port", type=_port, required=True, help="the UDP port of all devices; 0 takes a free one")
    parser.add_argument("--bind-check", action="store_true", help="only check that the plan and the port can be used")
    asked = parser.parse_args(arguments)
    try:
        plan = load(asked.plan)
        opened = open_socket(asked.port)
    except CollectError as error:
        sys.stderr.write(f"{error.message}\n")
        return 2
    port = opened.getsockname()[1]
    if asked.bind_check:
        opened.close()
        _say(f"The plan has {len(plan.devices)} devices and UDP port {port} is free.")
        return 0
    network = Network(plan, asked.plan.parent)

    def carries(device: str, line: str) -> bool:
        network.follow_faults(time.time())
        return network.carries(device, line)

    try:
        listeners = Listeners(plan, carries)
    except CollectError as error:
        opened.close()
        sys.stderr.write(f"{error.message}\n")
        return 2

    def make_ready() -> None:
        network.follow_faults(time.time())
        network.build()
        # What is built lives as long as the process; looking through it for garbage would cost time for nothing.
        gc.collect()
        gc.freeze()
        _say(f"Simulating {len(plan.devices)} devices on UDP port {port}.")

    asyncio.run(Server(network, opened).run(make_ready, beside=listeners.run))
    return 0


def _say(sentence: str) -> None:
    sys.stdout.write(f"{sentence}\n")
    sys.stdout.flush()


def _port(written: str) -> int:
    number = int(written) if written.isdecimal() else -1
    if not 0 <= number <= 65_535:
        raise argparse.ArgumentTypeError(f"{written!r} is not a port between 0 and 65535.")
    return number


if __name__ == "__main__":
    sys.exit(main())
