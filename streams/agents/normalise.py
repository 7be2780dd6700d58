"""Raw records in; canonical events, letters and skips out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from schemas import headers as names
from schemas.codec import Codec, ContractViolation, Undecodable
from schemas.contracts.check import checked
from schemas.headers import header_text
from schemas.identity import event_id_for
from schemas.outcome import Record
from schemas.reasons import Reason
from schemas.records import Stamped
from schemas.topics import CLEAN
from streams.agents.schemas_told import SchemasTold, written_by
from streams.intake.normalise import Arrival, Nothing, normalise
from streams.intake.standard import NotStandard
from streams.letters.letter import Failure, Original, Subject
from streams.publish import Publisher
from streams.runtime import metrics
from streams.runtime.clock import Clock
from streams.transport import Batch

STAGE = "normalise"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CLEAN_TOPICS = {topic.name.removeprefix("mesh."): topic.name for topic in CLEAN}


@dataclass(frozen=True, slots=True)
class NormaliseAgent:
    """One raw record gives one or more canonical events, or a letter, or a skip: never nothing."""

    codec: Codec
    clock: Clock
    publisher: Publisher
    told: SchemasTold = field(default_factory=lambda: SchemasTold(written_by(STAGE)))

    async def run(self, batch: Batch) -> None:
        """Records whose schemas the registry does not tell now are postponed."""
        await self.told.before(self.codec, batch)
        now = self.clock()
        metrics.EVENTS_READ.labels(STAGE, batch.tp.topic).inc(len(batch))
        for message in batch:
            self.publisher.seen(now)
            self._record(batch, Original.of(message), now)

    def _record(self, batch: Batch, original: Original, now: datetime) -> None:
        # The time of arrival is the record's own, so that reading it again gives the same event.
        received_at = _EPOCH + timedelta(milliseconds=original.timestamp_ms)
        arrival = Arrival(original.origin, received_at, header_text(original.headers, names.TRACEPARENT))
        try:
            found = normalise(original.topic, original.value, self.codec, arrival)
        except Undecodable as error:
            self._letter(batch, original, Reason.UNDECODABLE, error, 0, now)
            return
        except ContractViolation as error:
            found = [error]
        violated = False
        for index, item in enumerate(map(checked, found)):
            match item:
                case Nothing():
                    subject = Subject(event_id_for(original.origin, index), item.entity, item.key)
                    self.publisher.skip(batch, subject, original.origin, item.why, item.detail, now)
                case ContractViolation():
                    if not violated:  # one letter holds the whole record
                        self._letter(batch, original, Reason.CONTRACT_VIOLATION, item, index, now)
                    violated = True
                case Stamped():
                    self._forward(batch, item)

    def _letter(
        self, batch: Batch, original: Original, reason: Reason, error: Exception, index: int, now: datetime
    ) -> None:
        suggestion = error.suggestion if isinstance(error, NotStandard) else ""
        failure = Failure(reason, STAGE, f"{original.origin}: {error}", suggestion, cause=error)
        self.publisher.letter(batch, original, Subject(event_id_for(original.origin, index)), failure, now)

    def _forward(self, batch: Batch, event: Stamped) -> None:
        meta = event.meta
        topic = _CLEAN_TOPICS[f"{meta.side}.{meta.entity}"]
        record = Record(topic, meta.key, meta.account_id, event)
        self.publisher.forward(batch, record, meta.event_id, meta.traceparent)
