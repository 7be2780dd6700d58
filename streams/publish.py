"""From outcomes to records on topics: encoding, partition, headers and counting in one place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from schemas import headers as names
from schemas.codec import Codec
from schemas.outcome import Record, SkipWhy
from schemas.partition import partition_for
from schemas.reasons import Reason
from schemas.records import Skipped
from schemas.topics import ACCOUNT_PARTITIONS, BY_NAME, SKIPPED
from streams.letters.fuse import Failed, Fuse
from streams.letters.letter import Failure, Original, Subject, compose
from streams.runtime import metrics
from streams.transport import Batch


@dataclass(frozen=True, slots=True)
class Publisher:
    """Emits into the running batch, so that its offset waits for the broker's confirmation."""

    codec: Codec
    agent: str
    fuse: Fuse | None = None

    def __post_init__(self) -> None:
        for reason in Reason:  # a counter that begins at its first letter has no increase to alert on
            metrics.DEAD_LETTERED.labels(self.agent, reason.value)

    def seen(self, now: datetime) -> None:
        """An event begins."""
        if self.fuse is not None:
            self.fuse.seen(now)

    def forward(self, batch: Batch, record: Record, event_id: str, traceparent: str, rules: str = "") -> None:
        """One record to its topic, in its account's partition. `rules` says which of them decided."""
        topic = BY_NAME[record.topic]
        headers = [(names.EVENT_ID, event_id.encode()), (names.TRACEPARENT, traceparent.encode())]
        if rules:
            headers.append((names.RULES, rules.encode()))
        batch.emit(
            topic.name,
            key=record.key.encode(),
            value=self.codec.encode(topic, record.value),
            partition=partition_for(record.account_id, topic.partitions),
            headers=headers,
        )
        metrics.FORWARDED.labels(self.agent, topic.name).inc()

    def letter(self, batch: Batch, original: Original, subject: Subject, failure: Failure, now: datetime) -> None:
        """A dead letter, in the account's partition, or where that is unknown in the source's. Raises FloodStopped."""
        if self.fuse is not None:
            self.fuse.letter(Failed(failure.reason, original.origin, failure.detail), now)
            metrics.LETTER_RATIO.labels(self.agent).set(self.fuse.ratio)
        letter = compose(original, subject, failure, now)
        known = partition_for(subject.account_id, ACCOUNT_PARTITIONS) if subject.account_id else None
        batch.emit(
            letter.topic,
            key=letter.key,
            value=letter.value,
            partition=original.partition % ACCOUNT_PARTITIONS if known is None else known,
            headers=letter.headers,
        )
        metrics.DEAD_LETTERED.labels(failure.stage, failure.reason.value).inc()

    def skip(
        self,
        batch: Batch,
        subject: Subject,
        origin: str,
        why: SkipWhy,
        detail: str,
        now: datetime,
        rules: str = "",
    ) -> None:
        """The record of an event that needed no effect."""
        value = Skipped(
            event_id=subject.event_id,
            entity=subject.entity,
            key=subject.key,
            account_id=subject.account_id,
            why=why.value,
            detail=detail,
            origin=origin,
            skipped_at=now,
        )
        account = subject.account_id or subject.key or subject.event_id
        record = Record(SKIPPED.name, subject.key or subject.event_id, account, value)
        self.forward(batch, record, subject.event_id, "", rules)
        metrics.SKIPPED.labels(why.value).inc()
