"""Tell drift from what is in flight. Pure over `State`; `now` is a parameter.

    change          change + grace
      |  in flight  |  drift, if the two sides still differ
    --+-------------+---------------------------------------> event time, as far as both sides were read

A difference counts from the newer of the two changes. Opening and changing a drift waits for the watermark to pass
change + grace. Closing waits only until everything recorded before the change has been read (the frontier), so that a
reconciler that still reads itself into the past neither opens nor closes anything. A row that comes late is taken in
like any other, and told to `late`: its record is looked at again.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from reconciler.difference import Result
from reconciler.drift import Finding, OpenDrifts, closed, explained_again, opened_and_changed
from reconciler.explanations import Explanation, Explanations, KnownExplanations
from reconciler.grace import Policy
from reconciler.rows import Feed, Row, Subject
from reconciler.sight import Seen, root_of, see
from reconciler.state import Change, State
from reconciler.watermark import NEVER, Watermarks
from schemas.records import Drift, DriftKind

#: What is counted per entity: each look at a record by its result, and rows that came late.
Counted = Result | Literal["late"]


@dataclass(frozen=True, slots=True)
class Late:
    """A row that is older than what was judged already: where it is, and how late it was."""

    feed: Feed
    offset: int
    key: str
    event_time: datetime
    watermark: datetime


class Window:
    """One reconciler's judgement. Its memory is the `State`; a new Window over the same state goes on where it was."""

    def __init__(
        self, state: State, watermarks: Watermarks, policy: Policy, explanations: Explanations | None = None
    ) -> None:
        self._state = state
        self._marks = watermarks
        self._policy = policy
        self._explanations = explanations or KnownExplanations()
        self._to_close: list[tuple[datetime, Subject]] = []
        self._to_settle: list[tuple[datetime, Subject, Change]] = []
        self._rechecked = self._asked = NEVER
        self.counts: Counter[tuple[str, Counted]] = Counter()
        self.late: list[Late] = []  #: emptied by whoever tells them
        if not state.judged_by(policy.rules()):
            self._judge_all_again()
        for subject, change in state.waiting.items():
            self._schedule(subject, change)

    def step(self, rows: Sequence[Row], now: datetime) -> list[Drift]:
        """Take rows in, then judge what is old enough. The drifts told are in the state's outbox too."""
        self._look_for_rules(now)
        touched: dict[Subject, Change] = {}
        judged_to = self._marks.held
        for row in rows:
            if self._marks.on_row(row.feed, row.offset, row.event_time, now):
                self.counts[row.entity, "late"] += 1
                self.late.append(Late(row.feed, row.offset, row.key, row.event_time, judged_to))
            gone = row.record is None or row.record.meta.operation == "delete"
            change = Change(row.recorded_at, row.recorded_at if gone else NEVER)
            for subject in self._state.apply(row):
                touched[subject] = change.with_(touched.get(subject))
        for subject, change in touched.items():
            self._look(subject, change)
        return [*self._close(now), *self._settle(now), *self._recheck(now)]

    def _look(self, subject: Subject, change: Change) -> None:
        """After a change: wait with what differs, or is told to differ; stop waiting where nothing is to be told."""
        seen = self._see(subject)
        differs = bool(seen.comparison.differences)
        self.counts[subject.pair, "in_flight" if differs else seen.comparison.result] += 1
        newest = change.with_(seen.changed)
        if (before := self._state.waiting.get(subject)) is not None:
            newest = Change(newest.at, max(newest.gone, before.gone))
        # What was deleted waits although nothing differs: the other side's change may still come, recorded before.
        if differs or subject in self._state.open or newest.gone != NEVER:
            self._state.wait(subject, newest)
            self._schedule(subject, newest)
        else:
            self._state.stop_waiting(subject)

    def _close(self, now: datetime) -> Iterator[Drift]:
        frontier, telling = self._marks.frontier(), self._state.next_telling(now)
        while self._to_close and self._to_close[0][0] <= frontier:
            changed_at, subject = heapq.heappop(self._to_close)
            change = self._state.waiting.get(subject)
            if change is None or change.at != changed_at:
                continue  # a newer change has replaced it
            seen = self._see(subject)
            yield from self._tell(closed(self._finding(subject, seen, changed_at, telling), self._open(subject)))
            if not seen.comparison.differences:
                self._state.stop_waiting(subject)

    def _settle(self, now: datetime) -> Iterator[Drift]:
        due = self._due(self._marks.watermark(now))
        if not due:
            return
        known = self._explanations.of([subject for _, subject, _ in due])
        if known is None:  # judged as soon as it can be told what explains them
            for entry in due:
                heapq.heappush(self._to_settle, entry)
            return
        telling = self._state.next_telling(now)
        for since, subject, _ in due:
            seen = self._see(subject)
            self.counts[subject.pair, seen.comparison.result] += 1
            finding = self._finding(subject, seen, since, telling, known)
            yield from self._tell(closed(finding, self._open(subject)))
            yield from self._tell(opened_and_changed(finding, self._open(subject)))
            self._state.stop_waiting(subject)

    def _due(self, mark: datetime) -> list[tuple[datetime, Subject, Change]]:
        """Take out what is due at the mark; the moment is change + grace, as the grace is now."""
        found: list[tuple[datetime, Subject, Change]] = []
        while self._to_settle and self._to_settle[0][0] <= mark:
            _, subject, change = heapq.heappop(self._to_settle)
            if self._state.waiting.get(subject) != change:
                continue
            due = self._when(subject, change)
            if due > mark:  # the line has become slower meanwhile
                heapq.heappush(self._to_settle, (due, subject, change))
            else:
                found.append((due, subject, change))
        return found

    def _recheck(self, now: datetime) -> Iterator[Drift]:
        """Every now and then: what explains the open drifts? What is explained no longer gets its grace, then tells."""
        if now - self._rechecked < self._policy.recheck or not self._state.open:
            return
        known = self._explanations.of(list(self._state.open))
        if known is None:
            return
        self._rechecked = now
        telling = self._state.next_telling(now)
        for subject in list(self._state.open):
            for kind, drift in list(self._open(subject).items()):
                wanted = self._explained(subject, drift.account_id, known).get(kind, "")
                if wanted and wanted != drift.explained_by:
                    yield from self._tell([explained_again(drift, wanted, telling)])
                elif not wanted and drift.explained_by and subject not in self._state.waiting:
                    self._state.wait(subject, Change(now))
                    self._schedule(subject, Change(now))

    def _schedule(self, subject: Subject, change: Change) -> None:
        if subject in self._state.open:
            heapq.heappush(self._to_close, (change.at, subject))
        heapq.heappush(self._to_settle, (self._when(subject, change), subject, change))

    def _when(self, subject: Subject, change: Change) -> datetime:
        """When the record is judged: both its last change and its last deletion have had their grace."""
        slowest = self._state.latencies.slowest(subject.pair)
        usual, deleted = self._policy.grace_for(slowest, gone=False), self._policy.grace_for(slowest, gone=True)
        return max(change.at + usual, change.gone + deleted)

    def _see(self, subject: Subject) -> Seen:
        return see(self._state.sides, subject, self._policy.pilot)

    def _finding(
        self,
        subject: Subject,
        seen: Seen,
        since: datetime,
        now: datetime,
        known: Mapping[Subject, Explanation] | None = None,
    ) -> Finding:
        return Finding(
            subject=subject,
            account_id=seen.account_id,
            differences=seen.comparison.differences,
            crm_version=seen.crm.meta.version if seen.crm else None,
            erp_version=max((one.meta.version for one in seen.erp), default=None),
            since=since,
            now=now,
            explained=self._explained(subject, seen.account_id, known) if known is not None else {},
        )

    def _explained(
        self, subject: Subject, account_id: str, known: Mapping[Subject, Explanation]
    ) -> dict[DriftKind, str]:
        """What accounts for each kind of drift of the record. What is there twice, no waiting event explains."""
        found: dict[DriftKind, str] = {}
        if subject in known:
            reference = known[subject].reference
            found = dict.fromkeys(("missing_in_erp", "field_mismatch", "total_mismatch"), reference)
        elif (root := root_of(self._state.sides, subject, account_id)) is not None:
            found["missing_in_erp"] = Explanation("drift", root).reference
        return found

    def _open(self, subject: Subject) -> OpenDrifts:
        return dict(self._state.open.get(subject, {}))

    def _tell(self, drifts: list[Drift]) -> list[Drift]:
        for drift in drifts:
            self._state.tell(drift)
        return drifts

    def _look_for_rules(self, now: datetime) -> None:
        """Every now and then: is the pilot another one? Then everything waits to be judged by it."""
        if now - self._asked < self._policy.recheck:
            return
        first, self._asked = self._asked == NEVER, now
        if not first and not self._state.judged_by(self._policy.rules()):
            self._judge_all_again()
            for subject, change in self._state.waiting.items():
                self._schedule(subject, change)

    def _judge_all_again(self) -> None:
        for subject in {*self._state.sides.subjects(), *self._state.open}:
            change = self._see(subject).changed
            for drift in self._open(subject).values():
                change = Change(drift.observed_at).with_(change)
            if change is not None:
                self._state.wait(subject, change.with_(self._state.waiting.get(subject)))
