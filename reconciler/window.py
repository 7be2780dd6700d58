"""Tell drift from what is in flight. Pure over `State`; `now` is a parameter.

    change          change + grace
      |  in flight  |  drift, if the two sides still differ
    --+-------------+---------------------------------------> event time, as far as both sides were read

A difference counts from the newer of the two changes. Opening and changing a drift waits for the watermark to pass
change + grace. Closing waits only until everything recorded before the change has been read (the frontier), so that a
reconciler that still reads itself into the past neither opens nor closes anything. A row that comes late is taken in
like any other: its record is looked at again.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from reconciler.compare import compare
from reconciler.difference import Comparison, Result
from reconciler.drift import Finding, OpenDrifts, closed, opened_and_changed
from reconciler.rows import Row, Subject, Version
from reconciler.rules import PAIRS, RULES_VERSION
from reconciler.state import State
from reconciler.watermark import Watermarks
from schemas.records import Drift, Invoice

#: What is counted per entity: each look at a record by its result, and rows that came late.
Counted = Result | Literal["late"]


@dataclass(frozen=True, slots=True)
class Policy:
    """`grace` is how long the line may take; `pilot` names the accounts that are in step at all, None: everybody's."""

    grace: timedelta
    pilot: frozenset[str] | None = None

    def rules(self) -> str:
        """What verdicts rest on: when it changes, everything is judged again."""
        pilot = "all" if self.pilot is None else ",".join(sorted(self.pilot))
        return f"{RULES_VERSION} {pilot}"


@dataclass(frozen=True, slots=True)
class _Seen:
    """One record as it stands on both sides."""

    comparison: Comparison
    account_id: str
    crm: Version | None
    erp: tuple[Version, ...]

    @property
    def changed_at(self) -> datetime | None:
        return max((one.recorded_at for one in (*((self.crm,) if self.crm else ()), *self.erp)), default=None)


class Window:
    """One reconciler's judgement. Its memory is the `State`; a new Window over the same state goes on where it was."""

    def __init__(self, state: State, watermarks: Watermarks, policy: Policy) -> None:
        self._state = state
        self._marks = watermarks
        self._policy = policy
        self._to_close: list[tuple[datetime, Subject]] = []
        self._to_settle: list[tuple[datetime, Subject]] = []
        self.counts: Counter[tuple[str, Counted]] = Counter()
        if not state.judged_by(policy.rules()):
            self._judge_all_again()
        for subject, changed_at in state.waiting.items():
            self._schedule(subject, changed_at)

    def step(self, rows: Sequence[Row], now: datetime) -> list[Drift]:
        """Take rows in, then judge what is old enough. The drifts told are in the state's outbox too."""
        touched: dict[Subject, datetime] = {}
        for row in rows:
            if self._marks.on_row(row.feed, row.offset, row.event_time, now):
                self.counts[row.entity, "late"] += 1
            for subject in _subjects(row, *self._state.apply(row)):
                touched[subject] = max(row.recorded_at, touched.get(subject, row.recorded_at))
        for subject, recorded_at in touched.items():
            self._look(subject, recorded_at)
        return self._settle(now)

    def _look(self, subject: Subject, recorded_at: datetime) -> None:
        """After a change: wait with what differs, or is told to differ; stop waiting where nothing is to be told."""
        seen = self._see(subject)
        differs = bool(seen.comparison.differences)
        self.counts[subject.pair, "in_flight" if differs else seen.comparison.result] += 1
        if differs or subject in self._state.open:
            changed_at = max(recorded_at, seen.changed_at or recorded_at)
            self._state.wait(subject, changed_at)
            self._schedule(subject, changed_at)
        else:
            self._state.stop_waiting(subject)

    def _settle(self, now: datetime) -> list[Drift]:
        told: list[Drift] = []
        telling = self._state.next_telling(now)
        for subject, changed_at in self._due(self._to_close, self._marks.frontier()):
            seen = self._see(subject)
            told += self._tell(closed(self._finding(subject, seen, changed_at, telling), self._open(subject)))
            if not seen.comparison.differences:
                self._state.stop_waiting(subject)
        watermark = self._marks.watermark(now)
        for subject, due in self._due(self._to_settle, watermark, self._policy.grace):
            seen = self._see(subject)
            self.counts[subject.pair, seen.comparison.result] += 1
            finding = self._finding(subject, seen, due, telling)
            told += self._tell(closed(finding, self._open(subject)))
            told += self._tell(opened_and_changed(finding, self._open(subject)))
            self._state.stop_waiting(subject)
        return told

    def _due(
        self, heap: list[tuple[datetime, Subject]], mark: datetime, grace: timedelta = timedelta(0)
    ) -> Iterable[tuple[Subject, datetime]]:
        """Take out what is due at the mark; entries that a newer change has replaced are dropped."""
        while heap and heap[0][0] + grace <= mark:
            changed_at, subject = heapq.heappop(heap)
            if self._state.waiting.get(subject) == changed_at:
                yield subject, changed_at + grace

    def _schedule(self, subject: Subject, changed_at: datetime) -> None:
        if subject in self._state.open:
            heapq.heappush(self._to_close, (changed_at, subject))
        heapq.heappush(self._to_settle, (changed_at, subject))

    def _see(self, subject: Subject) -> _Seen:
        pair = PAIRS[subject.pair]
        crm = self._state.record(pair.crm, subject.key)
        if pair.name == "invoice":
            erp = tuple(self._state.invoices_of(subject.key))
        else:
            found = self._state.record(pair.erp, subject.key)
            erp = () if found is None else (found,)
        account_id = next((one.meta.account_id for one in (crm, *erp) if one is not None), subject.key)
        if self._policy.pilot is not None and account_id not in self._policy.pilot:
            comparison = Comparison("out_of_scope")
        else:
            comparison = compare(
                pair, subject.key, crm.record if crm is not None else None, [one.record for one in erp]
            )
        return _Seen(comparison, account_id, crm, erp)

    def _finding(self, subject: Subject, seen: _Seen, since: datetime, now: datetime) -> Finding:
        return Finding(
            subject=subject,
            account_id=seen.account_id,
            differences=seen.comparison.differences,
            crm_version=seen.crm.meta.version if seen.crm else None,
            erp_version=max((one.meta.version for one in seen.erp), default=None),
            since=since,
            now=now,
        )

    def _open(self, subject: Subject) -> OpenDrifts:
        return dict(self._state.open.get(subject, {}))

    def _tell(self, drifts: list[Drift]) -> list[Drift]:
        for drift in drifts:
            self._state.tell(drift)
        return drifts

    def _judge_all_again(self) -> None:
        for subject in {*self._state.subjects(), *self._state.open}:
            changed_at = self._see(subject).changed_at
            opened = (drift.observed_at for drift in self._open(subject).values())
            at = max((*opened, *(() if changed_at is None else (changed_at,))), default=None)
            if at is not None:
                self._state.wait(subject, max(at, self._state.waiting.get(subject, at)))


def _subjects(row: Row, was: Version | None, now: Version | None) -> Iterable[Subject]:
    """The records of pairs that a row says something about."""
    match row.entity:
        case "account" | "customer":
            return (Subject("account", row.key),)
        case "opportunity":
            return (Subject("opportunity", row.key),)
        case "order":
            return (Subject("opportunity", row.key), Subject("invoice", row.key))
        case "invoice":
            orders = {one.record.order_id for one in (was, now) if one is not None and isinstance(one.record, Invoice)}
            return tuple(Subject("invoice", order) for order in sorted(filter(None, orders)))
