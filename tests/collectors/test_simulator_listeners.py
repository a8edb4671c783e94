"""Probed ports of simulated devices: they answer, fall silent with their line, and answer again."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import replace

import pytest

from collectors.simulator.listeners import Listeners
from collectors.simulator.plan import PlannedListener, WrongPlan, from_json, to_json
from collectors.simulator.server import CannotServe
from collectors.transports.probes import tcp
from collectors.transports.probes.values import Question, Round
from tests.collectors.test_simulator_plan import small_plan
from tests.servers import free_port


def plan_with(port: int, *, second: int | None = None):
    plan = small_plan()
    ports = (port,) if second is None else (port, second)
    listeners = tuple(PlannedListener(p, "L-1") for p in ports)
    return replace(plan, devices=(replace(plan.devices[0], listeners=listeners), *plan.devices[1:]))


def test_a_cut_line_is_silence_and_no_refusal_and_heals():
    port = free_port()
    plan = plan_with(port)
    cut: set[str] = set()
    question = Question(plan.devices[0].address, 2, port)

    async def watch() -> list[Round]:
        found = Listeners(plan, lambda _device, line: line not in cut)
        running = asyncio.create_task(found.run())
        await asyncio.sleep(0.05)
        said = [await tcp.ask(question)]
        cut.add("L-1")
        await asyncio.sleep(0.8)
        said.append(await tcp.ask(question))
        cut.clear()
        await asyncio.sleep(0.8)
        said.append(await tcp.ask(question))
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        return said

    before, during, after = asyncio.run(watch())
    assert (len(before.rtts_ms), during, len(after.rtts_ms)) == (2, Round(2), 2)


def test_a_port_that_is_taken_is_named():
    with socket.socket() as taken:
        taken.bind((plan_with(1).devices[0].address, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CannotServe, match=f"TCP port {port} .* another program uses it"):
            Listeners(plan_with(port), lambda _device, _line: True)


def test_listeners_survive_the_plan_s_file_and_double_ports_are_refused():
    plan = plan_with(4001)
    assert from_json(to_json(plan)) == plan
    with pytest.raises(WrongPlan, match="listeners"):
        from_json(to_json(plan_with(4001, second=4001)))
