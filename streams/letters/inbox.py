"""Reading dead letters back: every letter on its topics, the newest of each id."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition

from schemas import headers as names
from schemas.headers import header_text
from schemas.reasons import Reason
from schemas.topics import DEAD_LETTER
from streams.letters.letter import Original


@dataclass(frozen=True, slots=True)
class LetterView:
    """A letter as people see it. Times are ISO 8601; `original` holds the bytes."""

    letter_id: str
    event_id: str
    reason: Reason
    stage: str
    sink: str
    entity: str
    key: str
    account_id: str
    detail: str
    suggestion: str
    attempts: int
    first_failed_at: str
    failed_at: str
    origin: str
    topic: str
    partition: int
    offset: int
    original: Original


def view_of(message: Any) -> LetterView:
    """A record of a dead-letter topic as a letter."""
    headers = message.headers() or ()

    def text(name: str) -> str:
        return header_text(headers, name)

    original = Original.of(message)
    return LetterView(
        letter_id=text(names.LETTER_ID),
        event_id=text(names.EVENT_ID),
        reason=Reason(text(names.REASON)),
        stage=text(names.STAGE),
        sink=text(names.SINK),
        entity=text(names.ENTITY),
        key=text(names.ENTITY_KEY),
        account_id=text(names.ACCOUNT_ID),
        detail=text(names.DETAIL),
        suggestion=text(names.SUGGESTION),
        attempts=int(text(names.ATTEMPTS) or 1),
        first_failed_at=text(names.FIRST_FAILED_AT),
        failed_at=text(names.FAILED_AT),
        origin=original.origin,
        topic=message.topic(),
        partition=message.partition(),
        offset=message.offset(),
        original=original,
    )


def read_letters(bootstrap: str, reasons: Iterable[Reason] | None = None, timeout_s: float = 30.0) -> list[LetterView]:
    """The newest letter of each id, oldest failure first. Raises KafkaException when the broker does not answer."""
    newest: dict[str, LetterView] = {}
    topics = [DEAD_LETTER[reason].name for reason in (reasons or list(Reason))]
    for message in _to_the_end(bootstrap, topics, timeout_s):
        letter = view_of(message)
        known = newest.get(letter.letter_id)
        if known is None or letter.failed_at >= known.failed_at:
            newest[letter.letter_id] = letter
    return sorted(newest.values(), key=lambda letter: letter.failed_at)


def _to_the_end(bootstrap: str, topics: list[str], timeout_s: float) -> Iterator[Any]:
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "meshline.letters",
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "enable.partition.eof": True,
            "log_level": 0,
        }
    )
    try:
        known = consumer.list_topics(timeout=timeout_s).topics
        parts = [
            TopicPartition(name, number, OFFSET_BEGINNING)
            for name in topics
            for number in getattr(known.get(name), "partitions", ())
        ]
        if not parts:
            return
        consumer.assign(parts)
        open_parts = len(parts)
        while open_parts:
            messages = consumer.consume(1000, timeout_s)
            if not messages:
                raise KafkaException(KafkaError(KafkaError._TIMED_OUT))
            for message in messages:
                error = message.error()
                if error is None:
                    yield message
                elif error.code() == KafkaError._PARTITION_EOF:
                    open_parts -= 1
                else:
                    raise KafkaException(error)
    finally:
        consumer.close()
