"""The judge: facts, outcomes, exemptions, results by set, findings. May run at any time and as often as one likes.

Lines go by batches, each in one short transaction that holds a line's results, verdict, history and findings
together: a judge killed halfway leaves every line either as it was or judged anew.
"""

from __future__ import annotations

import datetime as dt
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from compliance.batches import Batch, StoredResult, has_work, stored, write
from compliance.digests import digest_of
from compliance.errors import UnknownRule
from compliance.facts import Facts, Window, gather
from compliance.findings import LINE, FindingChanges, Ledger, Place
from compliance.leases import judging
from compliance.models import GroupVerdict, JudgeRun, LineVerdict, RingVerdict, Rule, RuleResult, VerdictChange
from compliance.outcomes import GroupKey, Judged, Key, Standing, judged, lasting, line_rank, overall
from compliance.reports import GroupResult, JudgeReport, LineResult
from compliance.rules import CODES, settled
from compliance.rules.end_proofs import proof_of
from compliance.rules.groups import CONTRACT, EGRESS_PAIR, RING, GroupFacts, Subject
from compliance.rules.values import EndFacts, LineFacts, Verdict

LINES_A_BATCH = 1000


def judge(
    rules: Iterable[str] | None = None, at: dt.datetime | None = None, dry: bool = False, wait_s: float = 30
) -> JudgeReport:
    """Judge every line and ring by the given rules, or by all that are active. `dry` writes nothing.

    Raises UnknownRule, and AlreadyJudging when another judge keeps at it for longer than `wait_s`.
    """
    started = time.perf_counter()
    with nullcontext() if dry else judging(wait_s):
        at = at or timezone.now()
        known = {rule.code: rule for rule in Rule.objects.filter(code__in=CODES).order_by("code")}
        run = Run(_chosen(known, rules), known, at, is_partial=rules is not None)
        run.go(dry)
        report = run.report(time.perf_counter() - started, dry)
        if not dry:
            JudgeRun.objects.create(
                started_at=at, ended_at=at + dt.timedelta(seconds=report.seconds), rules=list(report.rules),
                lines=report.lines, counts=dict(report.counts), seconds=report.seconds,
            )  # fmt: skip
    return report


def _chosen(known: Mapping[str, Rule], wanted: Iterable[str] | None) -> dict[str, Rule]:
    if wanted is None:
        return {code: rule for code, rule in known.items() if rule.is_active}
    codes = list(dict.fromkeys(wanted))
    for code in codes:
        if code not in CODES:
            said = {"code": code, "known": ", ".join(CODES)}
            raise UnknownRule(_("There is no rule %(code)s; choose from %(known)s.") % said)
        if code not in known or not known[code].is_active:
            raise UnknownRule(_("Rule %(code)s is not in force; run load_policy or activate it.") % {"code": code})
    return {code: known[code] for code in codes}


class Run:
    """One pass over everything. `go` compares with what stands and writes, or with `dry` only counts."""

    def __init__(
        self, rules: Mapping[str, Rule], known: Mapping[str, Rule], at: dt.datetime, *, is_partial: bool
    ) -> None:
        self.rules, self.known, self.at, self.is_partial = rules, known, at, is_partial
        self.stored = stored(is_partial=is_partial)
        self.ledger = Ledger((rules if is_partial else known).values(), at)
        standing = [subject for _code, subject in self.ledger.standing]
        self.facts: Facts = gather(at, standing=standing, window=window_of(rules))
        said = judged(self.facts, rules, at)
        self.said, self.groups = said.lines, said.groups
        self.by_line: dict[int, list[str]] = defaultdict(list)
        for circuit_id, code in self.said:
            self.by_line[circuit_id].append(code)
        self.since: dict[Key, dt.datetime] = {}
        self.group_since: dict[GroupKey, dt.datetime] = {}
        self.counts: Counter[str] = Counter()
        self.verdicts: dict[int, str] = {}
        self.totals = FindingChanges()
        self.changes = 0
        # A partial run leaves what other rules said; a full one knows every result that still has a reason.
        self.others: dict[int, list[StoredResult]] = defaultdict(list)
        self.gone: dict[int, list[int]] = defaultdict(list)
        for (circuit_id, code), row in self.stored.results.items():
            if (circuit_id, code) in self.said:
                continue
            if is_partial and code not in rules:
                self.others[circuit_id].append(row)
            else:
                self.gone[circuit_id].append(row.pk)

    def go(self, dry: bool) -> None:
        for circuit_ids in _chunks(sorted(self.facts.lines)):
            batch = Batch()
            for circuit_id in circuit_ids:
                self._line(circuit_id, batch)
            self._store(batch, dry)
        self._all_groups(dry)

    def _all_groups(self, dry: bool) -> None:
        batch = Batch()
        facts = {group.subject: group for of_kind in self.facts.groups.values() for group in of_kind}
        for (subject, code), said in self.groups.items():
            self._group(facts[subject], code, said, batch)
        kept = {s.pk for s, _code in self.groups if s.kind == RING}
        batch.gone_groups = [
            row.pk for key, row in self.stored.groups.items()
            if (key not in self.groups or not _is_kept(key[0], self.groups[key]))
            and (not self.is_partial or key[1] in self.rules)
        ]  # fmt: skip
        if not self.is_partial:
            batch.gone_rings = [row.pk for pk, row in self.stored.rings.items() if pk not in kept]
            self.ledger.suspend_inactive(self.rules, batch.findings)
        self._store(batch, dry)

    def _line(self, circuit_id: int, batch: Batch) -> None:
        line = self.facts.lines[circuit_id]
        standings = [self._result(circuit_id, code, batch) for code in self.by_line[circuit_id]]
        standings += [self._standing(row) for row in self.others[circuit_id]]
        batch.gone += self.gone[circuit_id]
        self._overall(line, standings, batch)
        place, subject = Place(line.tenant_id, line.region_id), Subject(LINE, circuit_id)
        for code in self.by_line[circuit_id]:
            if not (said := self.said[circuit_id, code]).is_part:
                self.ledger.apply((code, subject), said, place, batch.findings)

    def _result(self, circuit_id: int, code: str, batch: Batch) -> Standing:
        said, row = self.said[circuit_id, code], self.stored.results.get((circuit_id, code))
        digest = said.digest()
        since = row.since if row is not None and row.verdict == said.verdict else self.at
        self.since[circuit_id, code] = since
        if row is None or row.digest != digest:
            fresh = RuleResult(
                pk=row.pk if row else None, circuit_id=circuit_id, rule_code=code, rule_version=said.rule.version,
                verdict=said.verdict.value, is_dry_run=said.is_dry_run, explanation=said.explanation,
                inputs=dict(said.raw.inputs), evidence=said.evidence(), since=since, at=self.at,
                observations=said.raw.observations, digest=digest,
            )  # fmt: skip
            (batch.results if row else batch.new_results).append(fresh)
            if row is not None and row.verdict != said.verdict:
                batch.changes.append(
                    self._change(
                        row.verdict,
                        said.verdict,
                        said.explanation,
                        circuit_id=circuit_id,
                        rule_code=code,
                    )
                )
        return Standing(code, said.verdict, said.rule.severity, said.is_dry_run, since, said.explanation)

    def _overall(self, line: LineFacts, standings: list[Standing], batch: Batch) -> None:
        worst = overall(standings)
        if worst is None:
            verdict = Verdict.UNKNOWN if line.is_in_use else Verdict.NOT_APPLICABLE
            code = "no_rule_counts" if line.is_in_use else "not_in_use"
            worst = Standing("", verdict, Rule.Severity.MINOR, False, self.at, {"code": code, "values": {
                "status": line.status,
            }})  # fmt: skip
        self.counts[worst.verdict.value] += 1
        self.verdicts[line.circuit_id] = worst.verdict.value
        row = self.stored.lines.get(line.circuit_id)
        is_same = row is not None and (row.verdict, row.rule_code) == (worst.verdict, worst.code)
        since = row.since if row is not None and is_same else worst.since
        shown: dict[str, Any] = {
            "verdict": worst.verdict.value, "rule_code": worst.code, "proof": proof_of(line).value,
            "observed_mbps": _observed_mbps(line), "rank": line_rank(worst), "since": since,
        }  # fmt: skip
        digest = digest_of(list(shown.values()), worst.explanation["code"], lasting(worst.explanation["values"]))
        if row is not None and row.digest == digest:
            return
        fresh = LineVerdict(
            pk=row.pk if row else None, circuit_id=line.circuit_id, headline=dict(worst.explanation), at=self.at,
            digest=digest, **shown,
        )  # fmt: skip
        if row is None:
            batch.new_lines.append(fresh)
        else:
            batch.lines.append(fresh)
            if row.verdict != worst.verdict:
                batch.changes.append(
                    self._change(
                        row.verdict,
                        worst.verdict,
                        worst.explanation,
                        circuit_id=line.circuit_id,
                    )
                )

    def _group(self, group: GroupFacts, code: str, said: Judged, batch: Batch) -> None:
        subject = group.subject
        if subject.kind == RING:
            self._ring(subject, said, batch)
        elif _is_kept(subject, said):
            self._other_group(subject, code, said, batch)
        else:
            self.group_since[subject, code] = self.at
        self.ledger.apply((code, subject), said, Place(group.tenant_id, group.region_id), batch.findings)

    def _ring(self, subject: Subject, said: Judged, batch: Batch) -> None:
        row = self.stored.rings.get(subject.pk)
        digest = said.digest()
        since = row.since if row is not None and row.verdict == said.verdict else self.at
        self.group_since[subject, said.rule.code] = since
        if row is not None and row.digest == digest:
            return
        fresh = RingVerdict(
            pk=row.pk if row else None, ring_id=subject.pk, state=_ring_state(said), rule_code=said.rule.code,
            **self._columns(said, since, digest),
        )  # fmt: skip
        (batch.rings if row else batch.new_rings).append(fresh)
        if row is not None and row.verdict != said.verdict:
            batch.changes.append(self._change(row.verdict, said.verdict, said.explanation, ring_id=subject.pk))

    def _other_group(self, subject: Subject, code: str, said: Judged, batch: Batch) -> None:
        row = self.stored.groups.get((subject, code))
        digest = said.digest()
        since = row.since if row is not None and row.verdict == said.verdict else self.at
        self.group_since[subject, code] = since
        if row is None or row.digest != digest:
            fresh = GroupVerdict(
                pk=row.pk if row else None, rule_code=code, kind=subject.kind, subject_id=subject.pk,
                port=subject.port, **self._columns(said, since, digest),
            )  # fmt: skip
            (batch.groups if row else batch.new_groups).append(fresh)

    def _columns(self, said: Judged, since: dt.datetime, digest: str) -> dict[str, Any]:
        return {
            "rule_version": said.rule.version, "verdict": said.verdict.value, "is_dry_run": said.is_dry_run,
            "explanation": said.explanation, "inputs": dict(said.raw.inputs), "evidence": said.evidence(),
            "since": since, "at": self.at, "observations": said.raw.observations, "digest": digest,
        }  # fmt: skip

    def _standing(self, row: StoredResult) -> Standing:
        """What an earlier run said under a rule that this one doesn't apply."""
        rule = self.known.get(row.rule_code)
        severity = rule.severity if rule is not None else Rule.Severity.MINOR
        return Standing(row.rule_code, Verdict(row.verdict), severity, row.is_dry_run, row.since, row.explanation)

    def _change(self, before: str, after: Verdict, explanation: Mapping[str, Any], **subject: Any) -> VerdictChange:
        return VerdictChange(before=before, after=after.value, explanation=dict(explanation), at=self.at, **subject)

    def _store(self, batch: Batch, dry: bool) -> None:
        found = batch.findings
        self.changes += len(batch.changes)
        self.totals.opened += found.opened
        self.totals.changed += found.changed
        self.totals.closed += found.closed
        self.totals.suspended += found.suspended
        self.totals.recurred += found.recurred
        if not dry and has_work(batch):
            write(batch)

    def report(self, seconds: float, dry: bool) -> JudgeReport:
        lines = self.facts.lines
        names = {group.subject: group.name for of_kind in self.facts.groups.values() for group in of_kind}
        return JudgeReport(
            at=self.at, rules=tuple(self.rules), lines=len(lines),
            results=tuple(
                LineResult(lines[pk].line_no, pk, code, said.verdict, said.explanation, said.raw.inputs,
                           self.since[pk, code])
                for (pk, code), said in self.said.items()
            ),
            groups=tuple(
                GroupResult(names[subject], subject, code, said.verdict, said.explanation, said.raw.inputs,
                            self.group_since[subject, code])
                for (subject, code), said in self.groups.items()
            ),
            counts=dict(self.counts), changes=self.changes, opened=tuple(f.number for f in self.totals.opened),
            closed=self.totals.closed, suspended=self.totals.suspended, recurred=self.totals.recurred,
            seconds=round(seconds, 3), is_dry=dry,
        )  # fmt: skip


def window_of(rules: Mapping[str, Rule]) -> Window:
    """How far back the rules look, as the city set them."""
    idle, congested = rules.get("T02"), rules.get("T03")
    return Window(
        days=settled("T02", idle.parameters if idle else {})["days"],
        working_days=settled("T03", congested.parameters if congested else {})["of_days"],
    )


def _is_kept(subject: Subject, said: Judged) -> bool:
    """Thousands of ports that pass are nobody's page; their findings say what there is to say."""
    return subject.kind in (CONTRACT, EGRESS_PAIR) or said.verdict is not Verdict.PASS


def _observed_mbps(line: LineFacts) -> int | None:
    """The slower end; None while no port tells the line's own speed."""
    if line.is_rate_limited_upstream:
        return None
    speeds = [_own_mbps(end) for end in line.own_ends if end.is_up]
    return min((speed for speed in speeds if speed), default=None)


def _own_mbps(end: EndFacts) -> int | None:
    if end.policer_mbps is not None:
        return end.policer_mbps
    return None if end.is_sub_interface else end.speed_mbps


def _ring_state(said: Judged) -> str:
    states = {
        "t08_closed": RingVerdict.State.CLOSED, "t08_protected": RingVerdict.State.PROTECTED,
        "t08_split": RingVerdict.State.SPLIT,
    }  # fmt: skip
    return states.get(said.raw.code, RingVerdict.State.UNKNOWN).value


def _chunks(pks: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(pks), LINES_A_BATCH):
        yield pks[start : start + LINES_A_BATCH]
