"""T13: a device with an address that nobody may poll. Its collecting is blocked; the finding says that and why."""

from __future__ import annotations

from collections.abc import Mapping

from compliance.rules.groups import DEVICE, DeviceFacts, GroupRule
from compliance.rules.values import Evidence, Outcome, Parameters, Verdict

CODE = "T13"
_SURE = 2  # the record or the device's own word: nobody waits for a second reading of a device that isn't read


def judge(facts: DeviceFacts, parameters: Parameters) -> tuple[Outcome, Mapping[int, Outcome]]:
    inputs = {
        "touched": [{"address": t.address, "source": t.source, "prefix": t.prefix} for t in facts.touched],
        "is_polled": facts.is_polled,
    }  # fmt: skip
    if not facts.touched:
        return Outcome(Verdict.PASS, "t13_clear", {"device": facts.name}, inputs, (), _SURE), {}
    first = facts.touched[0]
    values = {"device": facts.name, "address": first.address, "prefix": first.prefix, "count": len(facts.touched)}
    evidence = tuple(Evidence("address", t.source, t.address, facts.name, t.port) for t in facts.touched)
    code = "t13_recorded" if first.source == "recorded" else "t13_seen"
    return Outcome(Verdict.FINDING, code, values, inputs, evidence, _SURE), {}


RULE = GroupRule(CODE, DEVICE, judge, ())
